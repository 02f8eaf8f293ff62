/** What people add to a record: notes, the watch, whether the cause was right, and the export of all of it. */
import type { App, BlockAction, ButtonAction, ViewSubmitAction } from '@slack/bolt';
import type { Feedback } from '../investigations/types.ts';
import { watchButtonText } from '../render/card-buttons.ts';
import { formContext, type Typed, typedIn } from '../render/forms.ts';
import { actionIds, actionPatterns, answerField, noteFields, viewIds } from '../render/ids.ts';
import { feedbackForm, feedbackTitle, noteForm, noteTitle } from '../render/modals.ts';
import { goneReply, note } from '../render/replies.ts';
import { createExport } from './export.ts';
import { contextOf, openForm, settleForm } from './forms.ts';
import { investigationOf, type Surface, wherePressed, whereSent } from './surface.ts';

export function registerRecordActions(app: App, surface: Surface): readonly string[] {
  const { investigations, answers } = surface;
  const exportRecord = createExport(surface);

  app.action<BlockAction<ButtonAction>>(actionIds.note, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    await openForm(surface, body.trigger_id, noteTitle, async () => {
      return { form: noteForm([await investigationOf(surface, here, action.value)], contextOf(here)) };
    });
  });

  app.action<BlockAction<ButtonAction>>(actionIds.watch, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    // What the label says is what happens, also where the record is another one by now.
    const on = action.text.text !== watchButtonText.stop;
    if ((await investigations.watch(id, here.userId, on)) === 'gone') await answers.tell(here, goneReply());
  });

  app.action<BlockAction<ButtonAction>>(actionPatterns.feedback, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const answer = action.action_id.slice('feedback:'.length) as Feedback['answer'];
    if (answer === 'another') {
      return openForm(surface, body.trigger_id, feedbackTitle, async () => {
        return { form: feedbackForm(await investigationOf(surface, here, action.value), contextOf(here)) };
      });
    }
    const { id } = await investigationOf(surface, here, action.value);
    const outcome = await investigations.feedback(id, here.userId, answer, null);
    await answers.tell(here, outcome === 'gone' ? goneReply() : thanks);
  });

  app.action<BlockAction<ButtonAction>>(actionIds.export, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    await exportRecord(here, await investigationOf(surface, here, action.value));
  });

  return [actionIds.note, actionIds.watch, actionIds.export, actionPatterns.feedback.source];
}

const thanks = note('Thank you: it is stored with the investigation, and the card shows it.');
const noted = note('Noted: it is in the thread, under what people tried.');

export function registerRecordViews(app: App, surface: Surface): readonly string[] {
  app.view<ViewSubmitAction>(viewIds.note, async ({ ack, body, view }) => {
    const text = typedIn(view.state.values as Typed, noteFields.text);
    if (text === '') return ack({ response_action: 'errors', errors: { [noteFields.text]: 'Say what was tried.' } });
    const here = whereSent(body, surface);
    const context = formContext(view.private_metadata);
    const chosen = typedIn(view.state.values as Typed, noteFields.investigation);
    await settleForm(surface, { ack, body }, noteTitle, async () => {
      const { id } = await investigationOf(surface, here, chosen === '' ? context?.investigations[0] : chosen);
      const outcome = await surface.investigations.note(id, here.userId, text, context?.link ?? null);
      return { say: outcome === 'gone' ? goneReply() : noted };
    });
  });

  app.view<ViewSubmitAction>(viewIds.feedback, async ({ ack, body, view }) => {
    const words = typedIn(view.state.values as Typed, answerField);
    if (words === '') return ack({ response_action: 'errors', errors: { [answerField]: 'Say what it was.' } });
    const here = whereSent(body, surface);
    const context = formContext(view.private_metadata);
    await settleForm(surface, { ack, body }, feedbackTitle, async () => {
      const { id } = await investigationOf(surface, here, context?.investigations[0]);
      const outcome = await surface.investigations.feedback(id, here.userId, 'another', words);
      return { say: outcome === 'gone' ? goneReply() : thanks };
    });
  });
  return [viewIds.note, viewIds.feedback];
}
