/**
 * The strict workspace in a process of its own, which also types the commands: signed as Slack signs them, each at its
 * time whatever has become of those before it, and timed from sending to the answer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

/** What the benchmark asks for. */
export interface Load {
  /** `POST /slack/events` of the bot. */
  url: string;
  perSecond: number;
  /** After `/apigw-500`, in order. */
  commands: string[];
}

export interface Latencies {
  /** One for each command that was acknowledged, in order of sending. */
  ms: number[];
  /** Those that were not, in the words that the person sees. */
  failed: string[];
}

const clock = () => new Date();
const number = (index: number) => String(index).padStart(2, '0');
const users = Array.from({ length: 20 }, (_, index) => ({
  id: `U0BENCH0${number(index)}`,
  name: `person-${index}`,
  realName: `Person ${index}`,
}));
const botUserId = 'U0SBXBOT04';
const channels = Array.from({ length: 10 }, (_, index) => ({
  id: `C0BENCH0${number(index)}`,
  name: `incidents-${index}`,
  members: [...users.map(({ id }) => id), botUserId],
}));
const workspace = createSlackWorkspace({ clock, seed: { users, channels, botUserId } });
const served = await workspace.listen();

async function run({ url, perSecond, commands }: Load): Promise<Latencies> {
  const http = httpTransport(url, workspace.signingSecret, clock);
  const ms: number[] = [];
  workspace.connect({
    async deliver(parcel, late) {
      const sent = performance.now();
      const reply = await http.deliver(parcel, late);
      if (reply.acknowledged && parcel.kind === 'slash_commands') ms.push(performance.now() - sent);
      return reply;
    },
  });
  const failed: string[] = [];
  const began = performance.now();
  const sent = commands.map(async (line, index) => {
    await delay(Math.max(0, began + (index * 1_000) / perSecond - performance.now()));
    const user = `person-${index % users.length}`;
    const shown = await workspace.command(user, `incidents-${index % channels.length}`, `/apigw-500 ${line}`);
    if (!shown.ok) failed.push(shown.error);
  });
  await Promise.all(sent);
  return { ms, failed };
}

process.on('message', (load: Load) => {
  run(load).then(
    latencies => process.send?.(latencies),
    error => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
process.send?.({
  SLACK_BOT_TOKEN: workspace.botToken,
  SLACK_SIGNING_SECRET: workspace.signingSecret,
  SLACK_API_URL: served.apiUrl,
});
