/** What people press, choose and fill in. */
import { byId, h } from './dom.js';
import { withMenu } from './menu.js';
import { decoded, textOf } from './mrkdwn.js';

/** People and channels for menus; set once the workspace is known. `here` is the conversation that is looked at. */
export const lists = { users: [], channels: [], here: null };

/**
 * @param {{ id?: string, described?: string | null, invalid?: boolean, tells?: boolean }} [label] of a field in a form;
 *   `tells`: the app hears of each change, as it does of everything that stands in no form
 */
export function control(element, surface, label = {}) {
  const attributes = {
    id: label.id,
    'aria-describedby': label.described,
    'aria-invalid': label.invalid ? 'true' : null,
    'data-key': element.action_id,
    'data-action-id': element.action_id,
  };
  const acts = label.id === undefined || label.tells === true;
  if (element.type === 'button') return button(element, surface, attributes);
  if (element.type === 'overflow') return overflow(element, surface, attributes);
  if (/_select$/.test(element.type)) return menu(element, surface, attributes, acts);
  if (element.type === 'checkboxes' || element.type === 'radio_buttons')
    return boxes(element, surface, attributes, acts);
  return textField(element, surface, attributes, acts);
}

function button(element, surface, attributes) {
  const name = decoded(element.text.text);
  const node = h(
    element.url ? 'a' : 'button',
    {
      ...attributes,
      ...(element.url
        ? { href: webAddress(element.url), target: '_blank', rel: 'noopener noreferrer' }
        : { type: 'button' }),
      class: `button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label ? `${name}. ${element.accessibility_label}` : null,
    },
    h('span', {}, textOf(element.text)),
  );
  node.addEventListener('click', async () => {
    if (node.getAttribute('aria-disabled') === 'true') return;
    if (element.confirm && !(await confirmed(element.confirm))) return;
    await waiting(node, () => surface.press(element.action_id));
  });
  return node;
}

/** Marks a control as waiting until the app has acknowledged; a failure stays beside it, as in a real client. */
export async function waiting(node, deed) {
  node.setAttribute('aria-disabled', 'true');
  node.setAttribute('aria-busy', 'true');
  node.parentElement?.querySelector('.failed')?.remove();
  const shown = await deed();
  node.removeAttribute('aria-disabled');
  node.removeAttribute('aria-busy');
  if (!shown.ok && shown.error !== 'form')
    node.after(h('span', { class: 'failed', role: 'alert' }, `⚠ ${shown.error}`));
  return shown;
}

function overflow(element, surface, attributes) {
  const toggle = h('button', { ...attributes, type: 'button', class: 'button', 'aria-label': 'More' }, '⋯');
  const items = element.options.map(option => ({
    label: textOf(option.text),
    act: () => waiting(toggle, () => surface.press(element.action_id, option.value)),
  }));
  return withMenu(toggle, items, { label: 'More' });
}

function menu(element, surface, attributes, acts) {
  const many = element.type.startsWith('multi_');
  const kind = element.type.replace(/^multi_/, '').replace(/_select$/, '');
  const option = item => h('option', { value: item.value }, decoded(item.text.text));
  const choices = {
    users: () => lists.users.map(user => h('option', { value: user.id }, user.realName)),
    channels: () => lists.channels.map(channel => h('option', { value: channel.id }, `#${channel.name}`)),
    conversations: () => lists.channels.map(channel => h('option', { value: channel.id }, `#${channel.name}`)),
  }[kind];
  const groups = element.option_groups ?? [];
  const children = choices
    ? choices()
    : [
        ...(element.options ?? []).map(option),
        ...groups.map(group => h('optgroup', { label: decoded(group.label.text) }, group.options.map(option))),
      ];
  const empty = h('option', { value: '' }, element.placeholder ? decoded(element.placeholder.text) : 'Choose…');
  const node = h(
    'select',
    { ...attributes, multiple: many, 'aria-label': attributes.id ? null : (element.placeholder?.text ?? 'Choose') },
    many ? null : empty,
    children,
  );
  const initial = [
    element.initial_option?.value,
    element.initial_user,
    element.initial_channel,
    element.initial_conversation ?? (element.default_to_current_conversation ? (lists.here ?? undefined) : undefined),
  ]
    .concat(
      element.initial_options?.map(item => item.value),
      element.initial_users,
      element.initial_channels,
      element.initial_conversations,
    )
    .filter(value => value !== undefined);
  for (const item of node.options)
    item.selected = initial.includes(item.value) || (initial.length === 0 && !many && item.value === '');
  if (acts) node.addEventListener('change', () => waiting(node, () => surface.press(element.action_id, heldBy(node))));
  return node;
}

function boxes(element, surface, attributes, acts) {
  const type = element.type === 'checkboxes' ? 'checkbox' : 'radio';
  const initial = [element.initial_option?.value, ...(element.initial_options ?? []).map(item => item.value)];
  const { id, ...rest } = attributes;
  const group = h(
    'div',
    { ...rest, class: 'boxes', 'data-boxes': type },
    element.options.map((option, index) =>
      h(
        'label',
        {},
        h('input', {
          type,
          id: index === 0 ? id : null,
          name: element.action_id,
          value: option.value,
          checked: initial.includes(option.value),
        }),
        h('span', {}, textOf(option.text), option.description ? h('small', {}, textOf(option.description)) : null),
      ),
    ),
  );
  if (acts)
    group.addEventListener('change', () => waiting(group, () => surface.press(element.action_id, heldBy(group))));
  return group;
}

const inputTypes = {
  number_input: 'number',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

function textField(element, surface, attributes, acts) {
  const common = {
    ...attributes,
    placeholder: element.placeholder ? decoded(element.placeholder.text) : null,
    autofocus: element.focus_on_load === true,
    value:
      element.initial_value ?? element.initial_date ?? element.initial_time ?? localTime(element.initial_date_time),
  };
  const node = element.multiline
    ? h('textarea', { ...common, rows: 4 })
    : h('input', { ...common, type: inputTypes[element.type] ?? 'text' });
  if (acts) node.addEventListener('change', () => waiting(node, () => surface.press(element.action_id, heldBy(node))));
  return node;
}

/** Seconds since 1970 as `datetime-local` has them. */
function localTime(seconds) {
  if (seconds === undefined) return '';
  const offsetMs = new Date(seconds * 1000).getTimezoneOffset() * 60_000;
  return new Date(seconds * 1000 - offsetMs).toISOString().slice(0, 16);
}

/** What a control holds now: a text, several, or null. */
export function heldBy(node) {
  if (node.type === 'datetime-local') {
    return node.value === '' ? null : String(Math.floor(new Date(node.value).getTime() / 1000));
  }
  if (node.dataset.boxes) {
    const checked = [...node.querySelectorAll('input:checked')].map(box => box.value);
    return node.dataset.boxes === 'radio' ? (checked[0] ?? null) : checked;
  }
  if (node.multiple) return [...node.selectedOptions].map(option => option.value);
  return node.value === '' ? null : node.value;
}

/** Puts back what a control held before it was drawn anew. */
export function hold(node, value) {
  const chosen = value === null ? [] : [value].flat();
  if (node.dataset.boxes) {
    for (const box of node.querySelectorAll('input')) box.checked = chosen.includes(box.value);
  } else if (node.multiple) {
    for (const option of node.options) option.selected = chosen.includes(option.value);
  } else if (node.type === 'datetime-local') node.value = localTime(value === null ? undefined : Number(value));
  else node.value = value ?? '';
}

/** Values of all fields below a node, by action id. */
export function valuesIn(container) {
  const fields = container.querySelectorAll('select, textarea, .boxes, input:not(.boxes input)');
  return Object.fromEntries(
    [...fields].filter(node => node.dataset.actionId).map(node => [node.dataset.actionId, heldBy(node)]),
  );
}

function webAddress(url) {
  return /^https?:\/\//i.test(url) ? url : null;
}

/** Asks before something that the app wants confirmed; false where the person says no. */
function confirmed(confirm) {
  const dialog = byId('confirm');
  const say = (text, fallback) => (text ? textOf(text) : fallback);
  return new Promise(resolve => {
    dialog.replaceChildren(
      h(
        'form',
        { method: 'dialog' },
        h('h2', { id: 'confirm-title' }, say(confirm.title, 'Are you sure?')),
        h('div', { class: 'prose' }, textOf(confirm.text)),
        h(
          'div',
          { class: 'dialog-actions' },
          h('button', { class: 'button', value: 'no' }, say(confirm.deny, 'Cancel')),
          h(
            'button',
            { class: `button ${confirm.style ?? 'primary'}`, value: 'yes', autofocus: true },
            say(confirm.confirm, 'Yes'),
          ),
        ),
      ),
    );
    dialog.returnValue = 'no';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    dialog.showModal();
  });
}
