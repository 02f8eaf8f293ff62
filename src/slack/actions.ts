import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { actionIds, actionPatterns, numberOf } from '../render/ids.ts';
import { checkButtonText } from '../render/playbook.ts';
import { choiceGoneReply, chosenReply, goneReply, otherOpenReply, runningReply } from '../render/replies.ts';
import { registerHandoffActions } from './handoffs.ts';
import { registerRecordActions } from './record-actions.ts';
import { investigationOf, type Surface, wherePressed } from './surface.ts';

/** The buttons. A value that comes back is an id to look up, and nothing more. */
export function registerActions(app: App, surface: Surface): readonly string[] {
  const { investigations, answers, permit } = surface;

  app.action<BlockAction<ButtonAction>>(actionPatterns.check, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    // What the label says is what happens, also where the record is another one by now.
    const outcome =
      action.text.text === checkButtonText.show
        ? 'shown'
        : await investigations.press(id, action.action_id, here.userId);
    if (outcome !== 'gone') await investigations.show(id, action.action_id);
    if (outcome === 'gone') await answers.tell(here, goneReply());
    if (outcome === 'running') await answers.tell(here, runningReply());
  });

  app.action<BlockAction<ButtonAction>>(actionIds.rerun, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    const outcome = await investigations.rerun(id, here.userId);
    if (outcome !== 'started') await answers.tell(here, outcome === 'gone' ? goneReply() : runningReply());
  });

  app.action<BlockAction<ButtonAction>>(actionIds.resolve, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    if ((await investigations.resolve(id, here.userId)) === 'gone') await answers.tell(here, goneReply());
  });

  app.action<BlockAction<ButtonAction>>(actionIds.reopen, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    const answer = await investigations.reopen(id, here.userId);
    if (answer.outcome === 'gone') await answers.tell(here, goneReply());
    if (answer.outcome !== 'other') return;
    const { investigation } = answer;
    // Where else it was asked for may be a private channel.
    const same = investigation.conversation.channelId === here.channelId;
    const url = same ? await surface.publisher.permalink(investigation.id) : null;
    await answers.tell(here, otherOpenReply(investigation, url, same));
  });

  app.action<BlockAction<ButtonAction>>(actionIds.open, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const { id } = await investigationOf(surface, here, action.value);
    if ((await investigations.openThread(id, here.userId)) === 'gone') await answers.tell(here, goneReply());
  });

  app.action<BlockAction<ButtonAction>>(actionPatterns.candidate, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    await permit(here);
    const outcome = await investigations.choose(action.value ?? '', numberOf(action.action_id), here.userId, here);
    // A message that others see is in the payload; a private one is only named.
    const by = body.message === undefined ? null : here.userId;
    await answers.tell(here, outcome === 'ok' ? chosenReply(by) : choiceGoneReply(), { replace: true });
  });

  // A button that opens an address is a press all the same; unanswered, Slack shows a warning beside it.
  app.action(actionPatterns.link, async ({ ack }) => ack());

  const { rerun, resolve, reopen, open } = actionIds;
  return [
    rerun,
    resolve,
    reopen,
    open,
    ...registerHandoffActions(app, surface),
    ...registerRecordActions(app, surface),
    ...[actionPatterns.check, actionPatterns.candidate, actionPatterns.link].map(pattern => pattern.source),
  ];
}
