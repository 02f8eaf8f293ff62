/** Forms as they are opened and answered: at once, and filled when what they say is known. */
import type { ModalView } from '@slack/types';
import type { Message } from '../render/blocks.ts';
import { saidForm, waitingForm } from '../render/forms.ts';
import { failureReply, note, slackErrorWords } from '../render/replies.ts';
import { Refused } from './answers.ts';
import { failureOf } from './errors.ts';
import { addressOf, type Here, type Surface } from './surface.ts';

/** What a form carries of where it was opened. */
export function contextOf({ channelId, threadTs, responseUrl }: Here) {
  return { channelId: channelId === '' ? null : channelId, threadTs, responseUrl };
}

/** A form, or a sentence in its place. */
export type Shown = { form: ModalView } | { say: Message };

/** Opens a form within Slack's three seconds and fills it when `fill` has ended; a refusal is said in it. */
export async function openForm(
  surface: Surface,
  triggerId: string,
  title: string,
  fill: () => Promise<Shown>,
): Promise<void> {
  const { view } = await surface.client.views.open({ trigger_id: triggerId, view: waitingForm(title) });
  if (view?.id === undefined) throw new Error('Slack did not say which form it opened.');
  await put(surface, view.id, view.hash ?? null, title, await outcomeOf(surface, fill));
}

interface Submission {
  /** Acknowledges; the modal shows `view` instead. */
  ack(response: { response_action: 'update'; view: ModalView }): Promise<void>;
  body: { view: { id: string; private_metadata?: string } };
}

/** Acknowledges a form at once and says in it what came of it; whoever has closed it is told elsewhere. */
export async function settleForm(
  surface: Surface,
  { ack, body }: Submission,
  title: string,
  work: () => Promise<Shown>,
): Promise<void> {
  await ack({ response_action: 'update', view: waitingForm(title) });
  const outcome = await outcomeOf(surface, work);
  const seen = await put(surface, body.view.id, null, title, outcome);
  if (!seen && 'say' in outcome) await surface.answers.tell(addressOf(body), outcome.say);
}

async function outcomeOf(surface: Surface, work: () => Promise<Shown>): Promise<Shown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return { say: error.reply };
    surface.log.error({ err: error }, 'A form could not be answered.');
    const failure = failureOf(error);
    return { say: failure.kind === 'refused' ? note(slackErrorWords(failure)) : failureReply() };
  }
}

/** False where it is not open any more. */
async function put(
  { client }: Surface,
  viewId: string,
  hash: string | null,
  title: string,
  shown: Shown,
): Promise<boolean> {
  const view = 'form' in shown ? shown.form : saidForm(title, shown.say);
  try {
    await client.views.update({ view_id: viewId, view, ...(hash === null ? {} : { hash }) });
    return true;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'refused' && ['not_found', 'hash_conflict', 'view_not_found'].includes(failure.code)) {
      return false;
    }
    throw error;
  }
}
