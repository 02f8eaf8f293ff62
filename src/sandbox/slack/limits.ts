/**
 * What Slack allows, in one place. Sources: https://docs.slack.dev/reference/block-kit and
 * https://docs.slack.dev/apis/web-api/rate-limits; the last group is measured rather than documented
 * (https://github.com/slackapi/bolt-js/issues/2509).
 */
export const limits = {
  blocksPerMessage: 50,
  blocksPerView: 100,
  actionsElements: 25,
  contextElements: 10,
  contextActionsElements: 5,
  sectionFields: 10,
  id: 255,
  text: 3000,
  sectionField: 2000,
  header: 150,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  accessibilityLabel: 75,
  altText: 2000,
  imageTitle: 2000,
  inputLabel: 2000,
  placeholder: 150,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  optionText: 75,
  optionValue: 75,
  selectOptions: 100,
  checkboxOptions: 10,
  overflowOptions: 5,
  tableRows: 100,
  tableColumns: 20,
  dataTableRows: 101,
  viewTitle: 24,
  viewCallbackId: 255,
  viewPrivateMetadata: 3000,
  viewStack: 3,
  viewBytes: 250_000,
  attachments: 100,
  messageText: 40_000,
  updateText: 4000,
  markdownPerMessage: 12_000,
  tableCharacters: 10_000,
  blocksCharacters: 13_000,
  metadataBytes: 8000,
  acknowledgementMs: 3000,
  triggerMs: 3000,
  responseUrlUses: 5,
  responseUrlMs: 30 * 60_000,
  /** Delays before the repeats of an event that was not answered. */
  eventRetriesMs: [0, 60_000, 5 * 60_000],
} as const;

/** Calls a minute, for each method: https://docs.slack.dev/apis/web-api/rate-limits. */
export const tiers = { tier1: 1, tier2: 20, tier3: 50, tier4: 100, special: 600 } as const;

export type Tier = keyof typeof tiers;
