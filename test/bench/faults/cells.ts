/** All cells: what can fail, and each of its ways to. */
import { type AwsCell, awsCells, runAwsCell } from './aws-cells.ts';
import { finalCard, whispers } from './bot.ts';
import { recordSlack, runSlackCell, type SlackCell, slackCells } from './slack-cells.ts';
import { openStory, storyNames } from './stories.ts';

export type Cell = AwsCell | SlackCell;

/** A cell, and why it is a hole; null: it is none. */
export interface Outcome {
  cell: Cell;
  hole: string | null;
}

/** Runs every story and act once, undisturbed: what they call is what can fail. */
export async function recordedCells(): Promise<Cell[]> {
  const reads = new Map<string, string>();
  for (const name of storyNames) {
    for (const operation of await callsOf(name)) if (!reads.has(operation)) reads.set(operation, name);
  }
  return [...awsCells(reads), ...slackCells(await recordSlack())];
}

async function callsOf(story: string): Promise<Set<string>> {
  const bot = await openStory(story);
  try {
    await bot.start();
    await bot.ask();
    const ended = await bot.until(() => finalCard(bot) !== null || whispers(bot, 'ana').length > 0);
    if (!ended) throw new Error(`Undisturbed, this does not end: ${story}.`);
    return new Set(bot.wire.calls(bot.scenario.id).map(call => call.operation));
  } finally {
    await bot.stop();
  }
}

/** `lanes` cells at once, each with a bot of its own. */
export async function runCells(
  cells: readonly Cell[],
  lanes: number,
  ended: (outcome: Outcome) => void = () => undefined,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = [...cells];
  async function lane(): Promise<void> {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      const outcome = { cell, hole: await holeOf(cell) };
      outcomes.push(outcome);
      ended(outcome);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

/** Longer than any cell waits by itself. */
const patienceMs = 90_000;

async function holeOf(cell: Cell): Promise<string | null> {
  const running = cell.kind === 'aws' ? runAwsCell(cell) : runSlackCell(cell);
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`It hangs for more than ${patienceMs / 1_000} seconds.`), patienceMs);
  const ended = running.catch((error: Error) => `It was cut off: ${error.message}`);
  return Promise.race([ended, late.promise]).finally(() => clearTimeout(timer));
}
