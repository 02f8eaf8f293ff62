/** How an investigation passes on: the button and the command, the forms, and the receiver's answer. */
import type { App, BlockAction, ButtonAction, ViewSubmitAction } from '@slack/bolt';
import { answerable } from '../investigations/handoffs.ts';
import type { Answerer, Handoff, HandoffWords, Investigation, Receiver } from '../investigations/types.ts';
import { formContext, mostInForm, type Typed, typedIn } from '../render/forms.ts';
import {
  acceptForm,
  acceptTitle,
  declineForm,
  declineTitle,
  handoffForm,
  handoffTitle,
  readHandoffForm,
  type SentHandoff,
  suggestedWords,
} from '../render/handoff-form.ts';
import {
  answerReply,
  chooseHandoffReply,
  handoffUsageReply,
  nothingToHandOffReply,
  type Offered,
  offeredReply,
} from '../render/handoff-replies.ts';
import { actionIds, answerField, viewIds } from '../render/ids.ts';
import { goneReply, note } from '../render/replies.ts';
import { Refused } from './answers.ts';
import { contextOf, openForm, type Shown, settleForm } from './forms.ts';
import { type Here, investigationOf, type Surface, wherePressed, whereSent } from './surface.ts';

const noWords: HandoffWords = { state: '', impact: '', tried: '', next: '', contingency: '' };

export function registerHandoffActions(app: App, surface: Surface): readonly string[] {
  app.action<BlockAction<ButtonAction>>(actionIds.handoff, async ({ ack, body, action }) => {
    await ack();
    const here = wherePressed(body, surface);
    const [id, receiverId] = (action.value ?? '').split(' ');
    await openForm(surface, body.trigger_id, handoffTitle, async () => {
      const investigation = await investigationOf(surface, here, id);
      return formFor(surface, here, [investigation], receiverOf(receiverId) ?? themselves(investigation, here));
    });
  });

  app.action<BlockAction<ButtonAction>>(actionIds.handoffAll, async ({ ack, body }) => {
    await ack();
    const here = wherePressed(body, surface);
    await openForm(surface, body.trigger_id, handoffTitle, async () => {
      const { teamId, userId } = here;
      await surface.permit({ channelId: null, userId, own: true });
      const filter = { teamId, owner: userId };
      const [mine, total] = await Promise.all([
        surface.investigations.listOpen(filter, mostInForm),
        surface.investigations.countOpen(filter),
      ]);
      if (mine.length === 0) return { say: nothingToHandOffReply('mine') };
      return formFor(surface, here, mine, null, total);
    });
  });

  for (const [actionId, title, formOf] of [
    [actionIds.handoffAccept, acceptTitle, acceptForm],
    [actionIds.handoffDecline, declineTitle, declineForm],
  ] as const) {
    app.action<BlockAction<ButtonAction>>(actionId, async ({ ack, body, action }) => {
      await ack();
      const here = wherePressed(body, surface);
      const [id, handoffId = ''] = (action.value ?? '').split(' ');
      const what = actionId === actionIds.handoffAccept ? 'accepted' : 'declined';
      await openForm(surface, body.trigger_id, title, async () => {
        const investigation = await investigationOf(surface, here, id);
        const by = await answererOf(surface, investigation, handoffId, here.userId);
        const may = answerable(investigation, handoffId, by);
        const handoff = investigation.handoffs.find(one => one.id === handoffId);
        if (may.outcome !== 'done' || handoff === undefined) {
          const link = await surface.publisher.permalink(investigation.id);
          return { say: answerReply(investigation, may, what, link) };
        }
        return { form: formOf(investigation, handoff, contextOf(here)) };
      });
    });
  }
  const { handoff, handoffAll, handoffAccept, handoffDecline } = actionIds;
  return [handoff, handoffAll, handoffAccept, handoffDecline];
}

export function registerHandoffViews(app: App, surface: Surface): readonly string[] {
  app.view<ViewSubmitAction>(viewIds.handoff, async ({ ack, body, view }) => {
    const sent = readHandoffForm(view.state.values as Typed);
    if ('errors' in sent) return ack({ response_action: 'errors', errors: sent.errors });
    const here = whereSent(body, surface);
    const ids = formContext(view.private_metadata)?.investigations ?? [];
    await settleForm(surface, { ack, body }, handoffTitle, () => offer(surface, here, ids, sent));
  });

  for (const [viewId, title, what] of [
    [viewIds.handoffAccept, acceptTitle, 'accepted'],
    [viewIds.handoffDecline, declineTitle, 'declined'],
  ] as const) {
    app.view<ViewSubmitAction>(viewId, async ({ ack, body, view }) => {
      const words = typedIn(view.state.values as Typed, answerField);
      if (words === '') return ack({ response_action: 'errors', errors: { [answerField]: 'Say it in one line.' } });
      const here = whereSent(body, surface);
      const context = formContext(view.private_metadata);
      await settleForm(surface, { ack, body }, title, async () => {
        const investigation = await investigationOf(surface, here, context?.investigations[0]);
        const handoffId = context?.handoff ?? '';
        const by = await answererOf(surface, investigation, handoffId, here.userId);
        const { accept, decline } = surface.investigations;
        const answer = await (what === 'accepted' ? accept : decline)(investigation.id, handoffId, by, words);
        const link = await surface.publisher.permalink(investigation.id);
        return { say: answerReply(investigation, answer, what, link) };
      });
    });
  }
  return [viewIds.handoff, viewIds.handoffAccept, viewIds.handoffDecline];
}

const listedAtMost = 20;

/** `/apigw-500 handoff @user`: a form where one investigation is open here, a choice where several are. */
export async function handoffCommand(
  surface: Surface,
  here: Here,
  words: readonly string[],
  triggerId: string,
): Promise<void> {
  const [name, ...more] = words;
  const to = mentioned(name);
  const { teamId, channelId } = here;
  if (to === null || more.length > 0) {
    await surface.permit(here);
    return surface.answers.tell(here, handoffUsageReply());
  }
  // Nothing of it is shown before the person is let in; the form has to be opened within three seconds.
  const open = await surface.investigations.listOpen({ teamId, channelId }, listedAtMost);
  const [only, ...others] = open;
  if (only === undefined || others.length > 0) {
    await surface.permit(here);
    return surface.answers.tell(
      here,
      only === undefined ? nothingToHandOffReply('channel') : chooseHandoffReply(open, to),
    );
  }
  await openForm(surface, triggerId, handoffTitle, async () => {
    const investigation = await investigationOf(surface, here, only.id);
    return formFor(surface, here, [investigation], to);
  });
}

/** What Slack makes of `@ana` and of `@oncall`; an id works too. */
function mentioned(word: string | undefined): Receiver | null {
  const [, user, group] =
    /^<(?:@([UW][A-Z0-9]{2,20})|!subteam\^(S[A-Z0-9]{2,20}))(?:\|[^>]*)?>$/.exec(word ?? '') ?? [];
  return receiverOf(user ?? group ?? word);
}

function receiverOf(id: string | undefined): Receiver | null {
  if (id === undefined || !/^[UWS][A-Z0-9]{2,20}$/.test(id)) return null;
  return { kind: id.startsWith('S') ? 'group' : 'user', id };
}

/** Whoever presses it on what is not theirs wants to take it over, most likely. */
function themselves({ owner }: Investigation, { userId }: Here): Receiver | null {
  return owner === userId ? null : { kind: 'user', id: userId };
}

async function formFor(
  surface: Surface,
  here: Here,
  investigations: readonly Investigation[],
  to: Receiver | null,
  total = investigations.length,
): Promise<Shown> {
  const [only, ...others] = investigations;
  const words = only !== undefined && others.length === 0 ? suggestedWords(only) : noWords;
  const groups = await groupsOf(surface);
  return { form: handoffForm({ investigations, total, groups, to, words, context: contextOf(here) }) };
}

async function groupsOf({ members, log }: Surface) {
  return members.groups().catch((error: unknown) => {
    log.warn({ err: error }, 'Slack does not tell which user groups there are; the form asks for an id.');
    return null;
  });
}

async function offer(surface: Surface, here: Here, ids: readonly string[], { to, words }: SentHandoff): Promise<Shown> {
  if (ids.length === 0) return { say: goneReply() };
  const investigations = await Promise.all(
    ids.map(id =>
      investigationOf(surface, here, id).catch((error: unknown) => {
        if (error instanceof Refused) return error;
        throw error;
      }),
    ),
  );
  const found = investigations.filter((one): one is Investigation => !(one instanceof Refused));
  const refused = investigations.find((one): one is Refused => one instanceof Refused);
  if (found.length === 0) return { say: refused?.reply ?? goneReply() };
  const problem = await receiverProblem(surface, to, here.userId);
  if (problem !== null) {
    const groups = await groupsOf(surface);
    return { form: handoffForm({ investigations: found, groups, to, words, problem, context: contextOf(here) }) };
  }
  const offers: Offered[] = [];
  for (const investigation of found) {
    const own = found.length === 1 && ids.length === 1 ? words : { ...suggestedWords(investigation), ...told(words) };
    const outcome = await surface.investigations.offer(investigation.id, here.userId, to, own);
    const archived = outcome !== 'gone' && (await surface.channels.isArchived(investigation.conversation.channelId));
    offers.push({ investigation, outcome, archived });
  }
  return { say: offeredReply(offers, to, ids.length - found.length) };
}

/** What one form says of many; state and impact are each record's own. */
function told({ tried, next, contingency }: HandoffWords) {
  return { tried, next, contingency };
}

/** Why this receiver cannot have it; null where they can. */
async function receiverProblem(surface: Surface, to: Receiver, by: string): Promise<string | null> {
  if (to.kind === 'user') return to.id === by ? null : personProblem(surface, to.id);
  try {
    const members = await surface.members.inGroup(to.id, 0);
    return members.size > 0 ? null : 'Nobody is in this user group, so nobody could accept. Choose another one.';
  } catch (error) {
    surface.log.warn({ err: error }, 'The members of a user group could not be read, so nothing is offered to it.');
    return 'Slack does not tell who is in this user group, so nobody could accept: the group may be gone, or the app lacks usergroups:read. Choose a person.';
  }
}

async function personProblem(surface: Surface, userId: string): Promise<string | null> {
  try {
    const standing = await surface.members.standing(userId);
    if (standing === 'gone') return 'This person has left the workspace, so they cannot accept. Choose somebody else.';
    if (standing === 'app') return 'This is an app, not a person, so it cannot accept. Choose a person.';
  } catch (error) {
    surface.log.warn({ err: error }, 'Slack does not tell who a receiver is, so nothing is offered to them.');
    return 'Slack does not tell who this is just now. Try again in a minute, or choose somebody else.';
  }
  const why = await surface.whyNot(userId);
  return why === null ? null : 'This person may not use this app, so they could not accept. Choose somebody else.';
}

/** The person with the groups that the handoff asks about; where Slack does not tell, nobody is taken for a member. */
async function answererOf(
  surface: Surface,
  investigation: Investigation,
  handoffId: string,
  userId: string,
): Promise<Answerer> {
  const handoff: Handoff | undefined = investigation.handoffs.find(one => one.id === handoffId);
  if (handoff === undefined || handoff.to.kind === 'user') return { userId, groups: [] };
  try {
    const members = await surface.members.inGroup(handoff.to.id, 0);
    return { userId, groups: members.has(userId) ? [handoff.to.id] : [] };
  } catch (error) {
    surface.log.error({ err: error }, 'The members of a user group could not be read, so nobody may answer for it.');
    throw new Refused(
      note(
        'This handoff is for a user group, and Slack does not tell who is in it just now, so I cannot take your answer. Try again in a minute; if it lasts, ask who runs the app to check its usergroups:read scope.',
      ),
    );
  }
}
