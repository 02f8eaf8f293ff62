/** Every declared read of AWS, failing in each of its ways, in a world where it is really made. */
import { type OperationName, operationNames, permissionOf, sourceOf } from '../../../src/aws/operations.ts';
import { missing } from '../../../src/sandbox/aws/denials.ts';
import type { Faults } from '../../../src/sandbox/aws/world/faults.ts';
import type { Scenario } from '../../../src/sandbox/scenario.ts';
import { readable } from '../../support/readable.ts';
import { type Bot, finalCard, whispers } from './bot.ts';
import { openStory } from './stories.ts';

export const awsErrors = ['access_denied', 'throttled', 'timeout', '500', 'not_found', 'malformed'] as const;
export type AwsError = (typeof awsErrors)[number];

export interface AwsCell {
  kind: 'aws';
  /** Operation. */
  row: OperationName;
  column: AwsError;
  story: string;
}

/** One cell for each error that AWS documents for each operation that a story has called. */
export function awsCells(called: ReadonlyMap<string, string>): AwsCell[] {
  return operationNames.flatMap(row => {
    const story = called.get(row);
    if (story === undefined) return [];
    return awsErrors
      .filter(column => column !== 'not_found' || missing(row) !== null)
      .map((column): AwsCell => ({ kind: 'aws', row, column, story }));
  });
}

/** Why the cell is a hole; null: it is none. */
export async function runAwsCell({ row, column, story }: AwsCell): Promise<string | null> {
  const bot = await openStory(story, scenario => failing(scenario, row, column));
  try {
    await bot.start();
    await bot.ask();
    const told = () => finalCard(bot) !== null || whispers(bot, 'ana').length > 0;
    if (!(await bot.until(told))) return 'It ends without a final card.';
    if (!bot.wire.calls(bot.scenario.id).some(call => call.operation === row)) return 'The read was not made.';
    return unnamed(seen(bot), row, column);
  } finally {
    await bot.stop();
  }
}

function failing(scenario: Scenario, row: OperationName, column: AwsError): Scenario {
  const faults: Faults = { ...scenario.world.faults };
  if (column === 'throttled') faults.throttled = { [row]: 'always' };
  else {
    const key = {
      access_denied: 'denied',
      timeout: 'hanging',
      '500': 'failing',
      not_found: 'missing',
      malformed: 'malformed',
    } as const;
    faults[key[column]] = [row];
  }
  return { ...scenario, world: { ...scenario.world, faults } };
}

/** All that the channel and the asker read. */
function seen({ workspace }: Bot): string {
  return workspace.messages('ana', 'incidents').map(readable).join('\n');
}

/** That there is no such thing is an answer: the diagnosis goes by it, and no source has failed. */
function unnamed(text: string, row: OperationName, column: AwsError): string | null {
  if (column === 'not_found') return null;
  if (column === 'access_denied' && !text.includes(permissionOf(row))) return `Nothing names ${permissionOf(row)}.`;
  return text.includes(sourceOf(row)) ? null : `Nothing names ${sourceOf(row)}.`;
}
