/**
 * Posts that somebody asks about, or that speak for themselves: one trigger for each, whoever and whatever asks. The
 * text is untrusted; what it means is looked up in AWS.
 */
import { noOverrides } from '../diagnosis/request.ts';
import type { DiagnosisRequest, Trigger } from '../diagnosis/types.ts';
import type { Accepted, Conversation } from '../investigations/types.ts';
import { askedAlreadyReply, nothingInPostReply, ownPostReply, restingPostReply } from '../render/post-replies.ts';
import { type Post, readPost } from '../webhooks/post.ts';
import type { Here, Surface } from './surface.ts';

/** What is needed of a message, as events, shortcuts and the Web API have it. */
export interface SlackMessage {
  ts: string;
  /** Its thread's; of the root itself too, once there are replies. */
  thread_ts?: string | undefined;
  /** null or left out: a person's. */
  bot_id?: string | null | undefined;
  user?: string | undefined;
}

/** A post older than this is about what was then, not about now. */
const agedMs = 30 * 60_000;
/** Who asks about a post again after this time, asks anew; until then, many who react at once are one. */
const askedAgainMs = 2 * 60_000;
/** What is looked at before such a post, and after it. */
const aroundMs = 15 * 60_000;

/** A person asks about a post. Where nothing is started, they are told in private why. */
export async function askAbout(
  surface: Surface,
  kind: 'reaction' | 'shortcut',
  message: SlackMessage,
  asker: Omit<Here, 'threadTs'>,
): Promise<void> {
  const { answers, identity } = surface;
  // Private messages in a thread without replies are not shown: https://docs.slack.dev/reference/methods/chat.postEphemeral
  const here = { ...asker, threadTs: null };
  if (isOwn(message, identity())) return answers.tell(here, ownPostReply());
  const post = readPost(message);
  const [target] = post.targets;
  if (post.state === 'ok') return answers.tell(here, restingPostReply(target ?? null));
  if (target === undefined) return answers.tell(here, nothingInPostReply());
  const conversation = { ...asker, threadTs: threadOf(message) };
  const { repeated, firstAt } = await submit(surface, kind, message, conversation, post, target);
  if (!repeated) return;
  const ageMs = surface.clock().getTime() - Date.parse(firstAt);
  if (ageMs > askedAgainMs) {
    // It may have been refused then, or have ended since; where it is open, they are told where.
    const turn = Math.floor(surface.clock().getTime() / askedAgainMs);
    await submit(surface, kind, message, conversation, post, target, `:${turn}`);
    return;
  }
  // Many may react to one post; whoever opens a menu for it expects to hear something.
  if (kind === 'shortcut') await answers.tell(here, askedAlreadyReply(target));
}

/** Another app has posted where that is enough. Only what is plainly an alarm that fires starts anything. */
export async function hear(
  surface: Surface,
  message: SlackMessage,
  where: Pick<Conversation, 'teamId' | 'channelId'>,
): Promise<void> {
  if (message.bot_id == null || isOwn(message, surface.identity())) return;
  const post = readPost(message);
  const [target] = post.targets;
  if (!post.looksLikeAlarm || post.state !== 'alarm' || target === undefined) return;
  const conversation = { ...where, threadTs: threadOf(message), responseUrl: null, userId: null };
  await keepTrying(surface, () => submit(surface, 'post', message, conversation, post, target));
}

/** Nobody waits who could ask again: the store has a minute to come back. The same post is accepted once, however often. */
async function keepTrying({ after }: Surface, accept: () => Promise<unknown>): Promise<void> {
  for (const pauseMs of [2_000, 5_000, 10_000, 20_000, 30_000]) {
    try {
      await accept();
      return;
    } catch {
      const passed = Promise.withResolvers<void>();
      after(pauseMs, passed.resolve);
      await passed.promise;
    }
  }
  await accept();
}

async function submit(
  { investigations, clock }: Surface,
  kind: Trigger['kind'],
  message: SlackMessage,
  conversation: Conversation,
  post: Post,
  target: string,
  turn = '',
): Promise<Accepted> {
  const now = clock();
  const request: DiagnosisRequest = {
    target,
    ...(post.targets.length > 1 ? { alternatives: post.targets.slice(1) } : {}),
    stage: post.stage,
    region: post.region,
    accountId: post.accountId,
    span: spanOf(message, now),
    overrides: noOverrides,
  };
  return investigations.submit({
    // A post is one trigger, by whichever way it comes.
    key: `post:${conversation.channelId}:${message.ts}${turn}`,
    trigger: { kind, by: conversation.userId, at: now.toISOString(), request },
    conversation,
  });
}

function spanOf({ ts }: SlackMessage, now: Date): DiagnosisRequest['span'] {
  const at = Number(ts) * 1_000;
  if (!(now.getTime() - at > agedMs)) return { minutes: aroundMs / 60_000 };
  return { from: new Date(at - aroundMs).toISOString(), to: new Date(at + aroundMs).toISOString() };
}

/** The answer stands where the post is: in its own thread, or in the one that it is a reply of. */
function threadOf({ ts, thread_ts }: SlackMessage): string {
  return thread_ts ?? ts;
}

function isOwn({ bot_id, user }: SlackMessage, { botId, botUserId }: { botId: string; botUserId: string }): boolean {
  return bot_id === botId || user === botUserId;
}
