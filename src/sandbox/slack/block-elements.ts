/**
 * The elements of Block Kit as Slack checks them: properties and limits.
 * https://docs.slack.dev/reference/block-kit/block-elements
 */
import { limits } from './limits.ts';
import { flag, integer, list, number, object, oneOf, pattern, type Rule, text, typed, where } from './schema.ts';

export const id = text(limits.id);
export const url = pattern(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be a valid URL', limits.url);
const webUrl = pattern(/^https?:\/\/\S+$/i, 'invalid_url', limits.url);
export const plain = (max: number) => object({ type: oneOf('plain_text'), text: text(max) }, { emoji: flag });
export const mrkdwn = (max: number) => object({ type: oneOf('mrkdwn'), text: text(max) }, { verbatim: flag });
export const anyText = (max: number) => typed({ plain_text: plain(max), mrkdwn: mrkdwn(max) });
const colour = oneOf('primary', 'danger');

const confirm = object(
  { text: anyText(limits.confirmText) },
  {
    title: plain(limits.confirmTitle),
    confirm: plain(limits.confirmButton),
    deny: plain(limits.confirmButton),
    style: colour,
  },
);

const slackFile = where(
  object({}, { id: text(limits.id), url: webUrl }),
  file => (file.id === undefined) !== (file.url === undefined),
  'must define either `id` or `url`',
);
export const imageSource = { image_url: webUrl, slack_file: slackFile };
export const oneImageSource = (rule: Rule) =>
  where(
    rule,
    image => (image.image_url === undefined) !== (image.slack_file === undefined),
    'must define either `slack_file` or `image_url`',
  );

const option = (label: Rule, more: Record<string, Rule> = {}) =>
  object({ text: label, value: text(limits.optionValue, 0) }, { description: plain(limits.optionText), ...more });
const plainOption = option(plain(limits.optionText));
const anyOption = option(anyText(limits.optionText));
const options = list(plainOption, limits.selectOptions);
const optionGroups = list(object({ label: plain(limits.optionText), options }), limits.selectOptions);

export const action = { type: text(limits.id) };
export const actionable = { action_id: id };
export const confirmable = { confirm };
const focusable = { focus_on_load: flag };
const placeholder = { placeholder: plain(limits.placeholder) };
const dispatchable = {
  dispatch_action_config: object(
    {},
    { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 2) },
  ),
};
const menu = { ...actionable, ...confirmable, ...focusable, ...placeholder };
const multi = { ...menu, max_selected_items: integer(1, limits.selectOptions) };
export const ids = list(id, limits.selectOptions);
const filter = object(
  {},
  {
    include: list(oneOf('im', 'mpim', 'private', 'public'), 4),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
);
const respondable = { response_url_enabled: flag };

const eitherOptions = (rule: Rule) =>
  where(
    rule,
    select => (select.options === undefined) !== (select.option_groups === undefined),
    'must define either `options` or `option_groups`',
  );

const textInput = { ...actionable, ...dispatchable, ...focusable, ...placeholder };

export const button = object(
  { ...action, text: plain(limits.buttonText) },
  {
    ...actionable,
    ...confirmable,
    value: text(limits.buttonValue, 0),
    url,
    style: colour,
    accessibility_label: text(limits.accessibilityLabel),
  },
);

export const feedbackButton = object(
  { text: plain(limits.buttonText), value: text(limits.buttonValue) },
  { accessibility_label: text(limits.accessibilityLabel) },
);

export const image = oneImageSource(object({ ...action, alt_text: text(limits.altText) }, imageSource));

export const selects: Record<string, Rule> = {
  static_select: eitherOptions(
    object(action, { ...menu, options, option_groups: optionGroups, initial_option: plainOption }),
  ),
  external_select: object(action, { ...menu, initial_option: plainOption, min_query_length: integer(0, 100) }),
  users_select: object(action, { ...menu, initial_user: id }),
  channels_select: object(action, { ...menu, ...respondable, initial_channel: id }),
  conversations_select: object(action, {
    ...menu,
    ...respondable,
    initial_conversation: id,
    default_to_current_conversation: flag,
    filter,
  }),
  multi_static_select: eitherOptions(
    object(action, { ...multi, options, option_groups: optionGroups, initial_options: options }),
  ),
  multi_external_select: object(action, { ...multi, initial_options: options, min_query_length: integer(0, 100) }),
  multi_users_select: object(action, { ...multi, initial_users: ids }),
  multi_channels_select: object(action, { ...multi, initial_channels: ids }),
  multi_conversations_select: object(action, {
    ...multi,
    initial_conversations: ids,
    default_to_current_conversation: flag,
    filter,
  }),
};

export const choices: Record<string, Rule> = {
  checkboxes: object(
    { ...action, options: list(anyOption, limits.checkboxOptions) },
    {
      ...actionable,
      ...confirmable,
      ...focusable,
      initial_options: list(anyOption, limits.checkboxOptions),
    },
  ),
  radio_buttons: object(
    { ...action, options: list(anyOption, limits.checkboxOptions) },
    { ...actionable, ...confirmable, ...focusable, initial_option: anyOption },
  ),
  datepicker: object(action, { ...menu, initial_date: pattern(/^\d{4}-\d{2}-\d{2}$/, 'must be a valid date', 10) }),
  timepicker: object(action, {
    ...menu,
    initial_time: pattern(/^\d{2}:\d{2}$/, 'must be a valid time', 5),
    timezone: text(limits.id),
  }),
  datetimepicker: object(action, {
    ...actionable,
    ...confirmable,
    ...focusable,
    initial_date_time: integer(1e9, 1e10 - 1),
  }),
};

export const overflow = object(
  {
    ...action,
    options: list(option(plain(limits.optionText), { url }), limits.overflowOptions),
  },
  { ...actionable, ...confirmable },
);

const richTextStyle = {
  style: object({}, { bold: flag, italic: flag, strike: flag, code: flag, underline: flag }),
};
const richTextItem = typed({
  text: object({ ...action, text: text(limits.messageText) }, richTextStyle),
  link: object({ ...action, url }, { ...richTextStyle, text: text(limits.text, 0), unsafe: flag }),
  emoji: object({ ...action, name: text(limits.id) }, { ...richTextStyle, unicode: text(limits.id), url }),
  user: object({ ...action, user_id: id }, richTextStyle),
  usergroup: object({ ...action, usergroup_id: id }, richTextStyle),
  channel: object({ ...action, channel_id: id }, richTextStyle),
  team: object({ ...action, team_id: id }, richTextStyle),
  broadcast: object({ ...action, range: oneOf('here', 'channel', 'everyone') }, richTextStyle),
  color: object({ ...action, value: text(limits.id) }, richTextStyle),
  date: object(
    { ...action, timestamp: number, format: text(limits.text) },
    { ...richTextStyle, url, fallback: text(limits.text, 0) },
  ),
});
const border = { border: integer(0, 1) };
const richTextItems = list(richTextItem, 10_000, 0);
const richTextSection = object({ ...action, elements: richTextItems });
const richTextPart = typed({
  rich_text_section: richTextSection,
  rich_text_quote: object({ ...action, elements: richTextItems }, border),
  rich_text_preformatted: object({ ...action, elements: richTextItems }, { ...border, language: text(limits.id) }),
  rich_text_list: object(
    {
      ...action,
      elements: list(typed({ rich_text_section: richTextSection }), 1000),
      style: oneOf('bullet', 'ordered'),
    },
    { ...border, indent: integer(0, 8), offset: integer(0, 10_000) },
  ),
});

const blockId = { block_id: id };
export const block = (required: Record<string, Rule>, optional: Record<string, Rule> = {}) =>
  object({ ...action, ...required }, { ...blockId, ...optional });

export const richText = block({ elements: list(richTextPart, 1000) });
export const onlyRichText = typed({ rich_text: richText });

export const inputs: Record<string, Rule> = {
  ...selects,
  ...choices,
  plain_text_input: object(action, {
    ...textInput,
    initial_value: text(limits.text, 0),
    multiline: flag,
    min_length: integer(0, limits.text),
    max_length: integer(1, limits.text),
  }),
  email_text_input: object(action, { ...textInput, initial_value: text(limits.text) }),
  url_text_input: object(action, { ...textInput, initial_value: text(limits.text) }),
  number_input: object(
    { ...action, is_decimal_allowed: flag },
    {
      ...textInput,
      initial_value: text(limits.id),
      min_value: text(limits.id),
      max_value: text(limits.id),
    },
  ),
  rich_text_input: object(action, {
    ...textInput,
    initial_value: onlyRichText,
    min_lines: integer(1, 100),
    max_lines: integer(1, 100),
  }),
  file_input: object(action, {
    ...actionable,
    filetypes: list(text(limits.id), 100),
    max_files: integer(1, 10),
  }),
};
