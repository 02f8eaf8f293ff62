/**
 * `npm run bench:faults [-- --json]`: every declared read of AWS and every Slack method that the bot calls fails in turn,
 * in each of its ways, while the whole bot runs over the embedded AWS and the strict workspace.
 *
 * The cells come from the declared reads (src/aws/operations.ts) and from the calls that undisturbed runs make; a declared
 * read that no run makes is a hole. A cell is a hole where it ends without a final card, or where neither the card nor its
 * thread names the source that failed and, for a denial, the permission. "There is no such thing" is an answer of AWS
 * and no failed source: there, a final card is enough. Where Slack goes on refusing, no card can be: then whoever asked
 * has to be told in private, and the log and the metrics have to name the method and the error. What passes by itself
 * (429, an internal error, a broken connection) has to end with what was asked for, once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { operationNames } from '../../src/aws/operations.ts';
import { type Cell, type Outcome, recordedCells } from './faults/cells.ts';
import { show } from './report.ts';

const cells = await recordedCells();
const workers = Math.min(4, availableParallelism());
const shares = Array.from({ length: workers }, (_, index) => cells.filter((_cell, at) => at % workers === index));
const outcomes = (await Promise.all(shares.map(inProcess))).flat();

const holes = [
  ...operationNames
    .filter(operation => !cells.some(cell => cell.row === operation))
    .map(operation => ({ row: operation, column: 'any', hole: 'No run makes this read.' })),
  ...cells.flatMap(cell => {
    const outcome = outcomes.find(one => isSame(one.cell, cell));
    const hole = outcome === undefined ? 'It did not end.' : outcome.hole;
    return hole === null ? [] : [{ row: cell.row, column: cell.column, hole }];
  }),
];
if (process.argv.includes('--json')) show({ cells: cells.length, holes }, []);
else {
  for (const kind of ['aws', 'slack'] as const) console.table(matrix(cells.filter(cell => cell.kind === kind)));
  for (const { row, column, hole } of holes) console.log(`${row}, ${column}: ${hole}`);
  console.log(`${cells.length} cells, ${holes.length} holes`);
}

async function inProcess(share: Cell[]): Promise<Outcome[]> {
  const worker = fork(new URL('./faults/worker.ts', import.meta.url));
  const ended: Outcome[] = [];
  worker.on('message', message => ended.push(message as Outcome));
  worker.send({ cells: share });
  await once(worker, 'exit');
  return ended;
}

function isSame(a: Cell, b: Cell): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** `.` where all is well, a blank where there is no such error. */
function matrix(all: readonly Cell[]): Record<string, Record<string, string>> {
  const columns = [...new Set(all.map(cell => cell.column))];
  const rows = [...new Set(all.map(cell => cell.row))];
  return Object.fromEntries(
    rows.map(row => [
      row,
      Object.fromEntries(
        columns.map(column => {
          const cell = all.find(one => one.row === row && one.column === column);
          const isHole = holes.some(one => one.row === row && one.column === column);
          return [column, cell === undefined ? '' : isHole ? 'HOLE' : '.'];
        }),
      ),
    ]),
  );
}
