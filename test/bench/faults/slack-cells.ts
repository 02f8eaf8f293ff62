/** Every Slack method that the bot calls, failing in each of its ways, while somebody does what makes the call. */
import type { Fault, RecordedCall } from '../../../src/sandbox/slack/web-api.ts';
import { readable } from '../../support/readable.ts';
import { type Act, acts, prepared } from './acts.ts';
import { type Bot, whispers } from './bot.ts';

interface SlackError {
  fault: Fault | string;
  /** It goes by: what was asked for is done in the end. */
  passes: boolean;
  /** How many calls fail; a refusal stays until somebody mends it. */
  times: number;
  methods: RegExp;
}

const all = /./;
const inChannels = /^(chat\.|conversations\.(history|replies|info|members))/;

/**
 * https://docs.slack.dev/reference/methods, the errors of each method's page; the last three come from the network. Blocks
 * that a workspace refuses are refused twice: plain text has none.
 */
export const slackErrors: Readonly<Record<string, SlackError>> = {
  ratelimited: { fault: { retryAfterSeconds: 3 }, passes: true, times: 2, methods: all },
  internal_error: { fault: 'internal_error', passes: true, times: 2, methods: all },
  'HTTP 503': { fault: { status: 503 }, passes: true, times: 4, methods: all },
  'connection reset': { fault: 'reset', passes: true, times: 4, methods: all },
  'answer lost': { fault: 'lost', passes: true, times: 1, methods: all },
  missing_scope: {
    fault: { error: 'missing_scope', detail: { needed: 'chat:write', provided: 'commands' } },
    passes: false,
    times: Number.POSITIVE_INFINITY,
    methods: /^(?!auth\.test|apps\.|views\.|response_url|upload)/,
  },
  token_revoked: {
    fault: 'token_revoked',
    passes: false,
    times: Number.POSITIVE_INFINITY,
    methods: /^(?!response_url|upload)/,
  },
  not_in_channel: { fault: 'not_in_channel', passes: false, times: Number.POSITIVE_INFINITY, methods: inChannels },
  channel_not_found: {
    fault: 'channel_not_found',
    passes: false,
    times: Number.POSITIVE_INFINITY,
    methods: inChannels,
  },
  is_archived: { fault: 'is_archived', passes: false, times: Number.POSITIVE_INFINITY, methods: /^chat\./ },
  invalid_blocks: { fault: 'invalid_blocks', passes: true, times: 2, methods: /^chat\.(postMessage|update)$/ },
  msg_blocks_too_long: {
    fault: 'msg_blocks_too_long',
    passes: true,
    times: 2,
    methods: /^chat\.(postMessage|update)$/,
  },
  expired_trigger_id: { fault: 'expired_trigger_id', passes: false, times: 1, methods: /^views\.open$/ },
};

export interface SlackCell {
  kind: 'slack';
  /** Method; `*`: all of them. */
  row: string;
  column: string;
  act: string;
}

/** `called`: methods, each with the act that it is to fail in. */
export function slackCells(called: readonly (readonly [method: string, act: string])[]): SlackCell[] {
  const revoked: SlackCell = { kind: 'slack', row: '*', column: 'token_revoked', act: 'ask for what is not there' };
  const cells = called.flatMap(([row, act]) =>
    Object.entries(slackErrors)
      .filter(([, { methods }]) => methods.test(row))
      .map(([column]): SlackCell => ({ kind: 'slack', row, column, act })),
  );
  return [...cells, revoked];
}

/** Methods that each act calls, by the first act that does, and by those that ask for it. */
export async function recordSlack(): Promise<[method: string, act: string][]> {
  const called = new Map<string, string>();
  const again: [string, string][] = [];
  for (const [name, act] of Object.entries(acts)) {
    const bot = await prepared(act);
    try {
      const before = act.fromStart ? 0 : bot.workspace.calls.length;
      await act.run(bot);
      if (!(await bot.until(() => act.done(bot)))) throw new Error(`Undisturbed, this does not end: ${name}.`);
      const methods = new Set(bot.workspace.calls.slice(before).map(({ method }) => method));
      for (const method of act.also ?? []) {
        if (!methods.has(method)) throw new Error(`Undisturbed, ${method} is not called: ${name}.`);
        if (called.has(method)) again.push([method, name]);
      }
      for (const method of methods) if (!called.has(method)) called.set(method, name);
    } finally {
      await bot.stop();
    }
  }
  return [...called, ...again];
}

/** Why the cell is a hole; null: it is none. */
export async function runSlackCell({ row, column, act: name }: SlackCell): Promise<string | null> {
  const act = acts[name];
  const error = slackErrors[column];
  if (act === undefined || error === undefined) throw new RangeError(`There is no cell ${row} ${column}.`);
  const bot = await prepared(act, workspace => {
    if (row === '*') workspace.revoke();
    else workspace.fail(row, error.fault, error.times);
  });
  try {
    const before = { calls: bot.workspace.calls.length, told: toldTo(bot, act).length };
    let refused = '';
    await act.run(bot).catch(reason => {
      refused = String(reason.message);
    });
    if (act.fromStart && refused !== '') return startRefused(refused, column);
    const tells = () => toldTo(bot, act).length > before.told;
    const ends = () =>
      act.done(bot) || (!error.passes && failed(bot, row, column)) || (act.private === true && tells());
    if (!(await bot.until(ends))) return `It does not end; ${row} was called ${count(bot, row)} times.`;
    if (count(bot, row) === 0 && row !== 'response_url') return 'The method was not called.';
    if (doubled(bot)) return 'There are two cards.';
    if (error.passes) return act.done(bot) || tells() ? null : 'What was asked for is not done, and nobody is told.';
    return (await toldOf(bot, row, column, act.done(bot) || tells() || act.stands?.(bot) === true)) ?? null;
  } finally {
    await bot.stop();
  }
}

/** A start that Slack refuses ends the program, with the reason. */
function startRefused(message: string, column: string): string | null {
  return /token|Slack/.test(message) ? null : `The start failed with "${message}" for ${column}.`;
}

const isOf = (row: string, { method }: RecordedCall) => row === '*' || method === row;
const count = ({ workspace }: Bot, row: string) => workspace.calls.filter(call => isOf(row, call)).length;

function failed({ workspace }: Bot, row: string, column: string): boolean {
  return workspace.calls.some(call => isOf(row, call) && call.answer === column);
}

function doubled(bot: Bot): boolean {
  const roots = bot.workspace
    .messages('ben', 'incidents')
    .filter(one => one.threadTs === null && one.onlyFor === null && /Cause found|Investigating/.test(one.text));
  return roots.length > 1;
}

/** What the person of the act alone is told. */
function toldTo(bot: Bot, { by }: Act): string[] {
  return [...whispers(bot, by), ...bot.workspace.directMessages(by)]
    .map(readable)
    .concat(JSON.stringify(bot.workspace.modal(by)));
}

/** A refusal that stays is told to who asked, counted by method, in the log, and by /readyz where the token is meant. */
async function toldOf(bot: Bot, row: string, column: string, answered: boolean): Promise<string | null> {
  await bot.until(() => bot.logged.some(line => line.includes(column)));
  const loud = bot.logged.filter(line => /^(warn|error)$/.test(JSON.parse(line).level) && line.includes(column));
  if (loud.length === 0) return `The log does not tell of ${column}.`;
  if (column === 'missing_scope' && !loud.some(line => line.includes('chat:write'))) return 'Nothing names the scope.';
  const { body } = await bot.get('/metrics');
  const counted = row === '*' ? `error="${column}"` : `method="${row}",error="${column}"`;
  if (!body.includes(counted)) return 'It is not counted.';
  if (row === '*' && (await bot.get('/readyz')).status !== 503) return '/readyz says that all is well.';
  const tellable = !/^chat\.postEphemeral$/.test(row);
  return answered || !tellable ? null : 'Nobody is told.';
}
