/** Loaded into a program before it starts: its store's thread ends on SIGUSR2, as it would where it runs out of memory. */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { Worker, isMainThread } = threads;

if (isMainThread) {
  threads.Worker = class extends Worker {
    constructor(file, options) {
      super(file, options);
      if (String(file).includes('sqlite-worker')) process.once('SIGUSR2', () => void this.terminate());
    }
  };
  syncBuiltinESMExports();
}
