/** The strict workspace of bench:storm in a process of its own, with Slack's rate limits. */
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

const workspace = createSlackWorkspace({ rateLimits: 'strict' });
const { apiUrl } = await workspace.listen();
const { botToken, signingSecret, state } = workspace;
process.on('message', () => {
  const calls = workspace.calls.map(({ method, args, at, answer }) => {
    return { method, channel: String(args.channel ?? ''), at: at.getTime(), answer };
  });
  process.send?.({ calls });
});
process.on('disconnect', () => process.exit());
process.send?.({ apiUrl, botToken, signingSecret, channel: state.seed.channels[0]?.id });
