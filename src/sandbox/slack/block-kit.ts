/**
 * The blocks of Block Kit as Slack checks them, by the surface that they are sent to.
 * https://docs.slack.dev/reference/block-kit/blocks
 */
import {
  action,
  actionable,
  anyText,
  block,
  button,
  choices,
  confirmable,
  feedbackButton,
  ids,
  image,
  imageSource,
  inputs,
  mrkdwn,
  oneImageSource,
  onlyRichText,
  overflow,
  plain,
  richText,
  selects,
  url,
} from './block-elements.ts';
import { limits } from './limits.ts';
import { flag, integer, list, number, object, oneOf, type Rule, text, typed, where } from './schema.ts';

const cell = typed({
  raw_text: object({ ...action, text: text(limits.text) }),
  raw_number: object({ ...action, value: number, text: text(limits.text) }),
  rich_text: richText,
});

const taskCard = block(
  {
    task_id: text(limits.id),
    title: text(limits.text),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  {
    details: onlyRichText,
    output: onlyRichText,
    sources: list(object({ type: oneOf('url'), url, text: text(limits.text) }), 50),
  },
);

const card = where(
  block(
    {},
    {
      hero_image: image,
      icon: image,
      title: mrkdwn(150),
      subtitle: mrkdwn(150),
      body: mrkdwn(200),
      actions: list(typed({ button }), 5),
    },
  ),
  value => ['hero_image', 'title', 'actions', 'body'].some(name => value[name] !== undefined),
  'must define at least one of `hero_image`, `title`, `actions` or `body`',
);

/** Blocks that may stand anywhere. */
const common: Record<string, Rule> = {
  actions: block({
    elements: list(
      typed({ button, overflow, ...selects, ...choices, rich_text_input: inputs.rich_text_input as Rule }),
      limits.actionsElements,
    ),
  }),
  context: block({
    elements: list(
      typed({ image, plain_text: plain(limits.text), mrkdwn: mrkdwn(limits.text) }),
      limits.contextElements,
    ),
  }),
  divider: block({}),
  header: block({ text: plain(limits.header) }),
  image: oneImageSource(block({ alt_text: text(limits.altText) }, { title: plain(limits.imageTitle), ...imageSource })),
  input: block(
    { label: plain(limits.inputLabel), element: typed(inputs) },
    { hint: plain(limits.inputLabel), optional: flag, dispatch_action: flag },
  ),
  rich_text: richText,
  section: where(
    block(
      {},
      {
        text: anyText(limits.text),
        fields: list(anyText(limits.sectionField), limits.sectionFields),
        accessory: typed({ button, image, overflow, ...selects, ...choices }),
        expand: flag,
      },
    ),
    section => section.text !== undefined || section.fields !== undefined,
    'must define either `text` or `fields`',
  ),
};

const messageOnly: Record<string, Rule> = {
  table: block(
    { rows: list(list(cell, limits.tableColumns), limits.tableRows) },
    {
      column_settings: list(
        object({}, { align: oneOf('left', 'center', 'right'), is_wrapped: flag }),
        limits.tableColumns,
      ),
    },
  ),
  data_table: block(
    {
      caption: text(limits.text),
      rows: list(list(cell, limits.tableColumns), limits.dataTableRows),
    },
    { page_size: integer(1, 100), row_header_column_index: integer(0, limits.tableColumns - 1) },
  ),
  markdown: block({ text: text(limits.markdownPerMessage) }),
  context_actions: block({
    elements: list(
      typed({
        feedback_buttons: object(
          { ...action, positive_button: feedbackButton, negative_button: feedbackButton },
          actionable,
        ),
        icon_button: object(
          { ...action, icon: text(limits.id), text: plain(limits.buttonText) },
          {
            ...actionable,
            ...confirmable,
            accessibility_label: text(limits.accessibilityLabel),
            value: text(limits.buttonValue),
            visible_to_user_ids: ids,
          },
        ),
      }),
      limits.contextActionsElements,
    ),
  }),
  task_card: taskCard,
  plan: block({ title: text(limits.text) }, { tasks: list(typed({ task_card: taskCard }), 50) }),
  carousel: block({ elements: list(typed({ card }), 10) }),
  container: where(
    block(
      {
        child_blocks: list(typed(common), 10),
      },
      {
        title: plain(150),
        rich_text_title: onlyRichText,
        subtitle: anyText(150),
        width: oneOf('narrow', 'standard', 'wide', 'full'),
        icon: image,
        is_collapsible: flag,
        default_collapsed: flag,
        has_header_divider: flag,
      },
    ),
    value => value.title !== undefined || value.rich_text_title !== undefined,
    'must define either `title` or `rich_text_title`',
  ),
};

const alert = block({ text: anyText(limits.text) }, { level: oneOf('default', 'info', 'warning', 'error', 'success') });

/** Blocks by the surface that they are sent to. */
export const surfaces = {
  message: typed({ ...common, ...messageOnly, card }),
  modal: typed({ ...common, alert, card }),
  home: typed({ ...common, card, carousel: messageOnly.carousel as Rule }),
} as const;

export type Surface = keyof typeof surfaces;

const viewFields = {
  private_metadata: text(limits.viewPrivateMetadata, 0),
  callback_id: text(limits.viewCallbackId, 0),
  external_id: text(limits.id, 0),
};
const viewBlocks = (surface: Rule) => list(surface, limits.blocksPerView, 0);

export const view: Rule = typed({
  home: object({ ...action, blocks: viewBlocks(surfaces.home) }, viewFields),
  modal: object(
    { ...action, title: plain(limits.viewTitle), blocks: viewBlocks(surfaces.modal) },
    {
      ...viewFields,
      close: plain(limits.viewTitle),
      submit: plain(limits.viewTitle),
      clear_on_close: flag,
      notify_on_close: flag,
    },
  ),
});
