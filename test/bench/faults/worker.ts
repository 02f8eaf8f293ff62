/** Runs the cells that it is sent, in a process of its own, and sends back what came of them. */
import { type Cell, runCells } from './cells.ts';

const lanes = 4;

process.once('message', async ({ cells }: { cells: Cell[] }) => {
  await runCells(cells, lanes, outcome => process.send?.(outcome));
  // What hangs must not keep the process.
  process.disconnect();
  process.exit();
});
