/**
 * The strict Slack of bench:crash in a process of its own, so that it outlives the bot. Slack's limits hold. It is told
 * where the bots listen, delivers commands to whichever takes them, and says what its channels hold.
 */
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

/** What the benchmark asks for; each question has an answer with its number. */
export type SlackQuestion = { number: number } & (
  | { bots: string[] }
  | { command: { user: string; channel: string; line: string } }
  | { messages: true }
);

/** A message of the bot's that others see too. */
export interface Posted {
  channelId: string;
  ts: string;
  threadTs: string | null;
  text: string;
  /** Of what the bot sends with it: which record, and which message of it. */
  investigation: string | null;
  purpose: string | null;
}

const [channels = 1, people = 1] = process.argv.slice(2).map(Number);
const botUserId = 'U0CRASHBOT';
const channelIds = Array.from({ length: channels }, (_, index) => `C0CRASH${String(index).padStart(3, '0')}`);
const users = Array.from({ length: people }, (_, index) => ({
  id: `U0CRASH${String(index).padStart(3, '0')}`,
  name: `person-${index}`,
  realName: `Person ${index}`,
}));
const workspace = createSlackWorkspace({
  seed: {
    botUserId,
    users,
    channels: channelIds.map((id, index) => ({
      id,
      name: `incidents-${index}`,
      members: [...users.map(({ id }) => id), botUserId],
    })),
    userGroups: [],
  },
});
const { apiUrl } = await workspace.listen();

let bots: string[] = [];
const { signingSecret, clock } = workspace;
workspace.connect({
  async deliver(parcel, late) {
    let failure: unknown = new Error('No bot listens.');
    for (const url of bots) {
      try {
        return await httpTransport(url, signingSecret, clock).deliver(parcel, late);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  },
});

function posted(): Posted[] {
  const all = channelIds.flatMap(id => workspace.state.messagesIn(id));
  return all.flatMap(message => {
    if (message.userId !== botUserId || message.onlyFor !== null) return [];
    const payload = message.metadata?.event_payload as { investigation?: string; purpose?: string } | undefined;
    return [
      {
        channelId: message.channelId,
        ts: message.ts,
        threadTs: message.threadTs,
        text: message.text,
        investigation: payload?.investigation ?? null,
        purpose: payload?.purpose ?? null,
      },
    ];
  });
}

async function answer(question: SlackQuestion): Promise<unknown> {
  if ('bots' in question) {
    bots = question.bots;
    return null;
  }
  if ('messages' in question) return posted();
  const { user, channel, line } = question.command;
  return (await workspace.command(user, channel, line)).ok;
}

process.on('message', async (question: SlackQuestion) => {
  process.send?.({ number: question.number, answer: await answer(question) });
});
process.on('disconnect', () => process.exit());
process.send?.({
  apiUrl,
  botToken: workspace.botToken,
  signingSecret,
  users: users.map(({ name }) => name),
  channels: channelIds,
});
