/** The form that an app opens in front of a person. */
import { act } from './api.js';
import { renderBlocks } from './blocks.js';
import { hold, valuesIn, waiting } from './controls.js';
import { byId, h, keepingFocus } from './dom.js';
import { textOf } from './mrkdwn.js';
import { store } from './store.js';

let shownId = null;

/** Draws the view in front, or closes what was open. What was typed stays where a view is replaced by its successor. */
export function drawModal(errors = {}) {
  const dialog = byId('modal');
  const modal = store.modal?.id === store.staleModal ? null : store.modal;
  if (modal === null) {
    shownId = null;
    if (dialog.open) dialog.close();
    return;
  }
  const typed = modal.id === shownId ? valuesIn(dialog) : {};
  const surface = {
    errors,
    press: (actionId, input = null) =>
      act('press-view', { user: store.me, where: 'modal', actionId, input, others: valuesIn(dialog) }),
  };
  const { view } = modal;
  const submit = view.submit
    ? h('button', { class: 'button primary', 'data-key': 'submit' }, textOf(view.submit))
    : null;
  const form = h(
    'form',
    { novalidate: true },
    h('header', {}, h('h2', { id: 'modal-title', tabindex: -1 }, textOf(view.title))),
    h('div', { class: 'modal-body' }, renderBlocks(view.blocks, surface)),
    h(
      'div',
      { class: 'dialog-actions' },
      h(
        'button',
        { type: 'button', class: 'button', 'data-key': 'close', onclick: close },
        view.close ? textOf(view.close) : 'Close',
      ),
      submit,
    ),
  );
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (submit === null) return;
    const shown = await waiting(submit, () => act('submit', { user: store.me, inputs: valuesIn(dialog) }));
    if (shown.error === 'form') {
      drawModal(shown.fields);
      dialog.querySelector('[aria-invalid="true"]')?.focus();
    }
  });
  keepingFocus(dialog, () => dialog.replaceChildren(form));
  for (const [actionId, value] of Object.entries(typed)) {
    const field = dialog.querySelector(`[data-action-id="${CSS.escape(actionId)}"]`);
    if (field) hold(field, value);
  }
  if (!dialog.open) dialog.showModal();
  if (modal.id !== shownId) (dialog.querySelector('input, textarea, select') ?? dialog.querySelector('h2')).focus();
  shownId = modal.id;
}

function close() {
  return act('close', { user: store.me });
}

byId('modal').addEventListener('cancel', event => {
  event.preventDefault();
  close();
});
