/** A SQLite file that is worked on in a thread of its own, as kysely wants it: the event loop never waits for the disk. */
import { Worker } from 'node:worker_threads';
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { threadFile } from '../files.ts';
import type { Answered, Asked } from './sqlite-worker.ts';

export interface ThreadOptions {
  file: string;
  /** Rights of the file. */
  mode: number;
  pragmas: string;
}

/** An error of the database; `errcode` is SQLite's: https://www.sqlite.org/rescode.html */
export class SqliteError extends Error {
  readonly errcode: number | null;

  constructor(message: string, errcode: number | null) {
    super(message);
    this.name = 'SqliteError';
    this.errcode = errcode;
  }
}

type Result = Exclude<Answered, { failed: unknown }>;

interface Thread {
  /** Rejects with SqliteError, or where the thread has ended. */
  ask(asked: Asked): Promise<Result>;
  hasEnded(): boolean;
  /** Resolves when it has ended, which it never should; with why. */
  ended: Promise<Error>;
}

function startThread(): Thread {
  // Flags of the process are not the thread's, and it needs no secret. What it handles is soon garbage.
  const worker = new Worker(threadFile('investigations/sqlite-worker'), {
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  /** The thread answers in order. */
  const waiting: PromiseWithResolvers<Result>[] = [];
  let ended: Error | null = null;
  const told = Promise.withResolvers<Error>();

  function end(reason: string): void {
    ended ??= new Error(`The store's thread has ended (${reason}): start the program again.`);
    told.resolve(ended);
    for (const { reject } of waiting.splice(0)) reject(ended);
  }

  worker.on('message', (answered: Answered) => {
    const first = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if ('failed' in answered) first?.reject(new SqliteError(answered.failed.message, answered.failed.errcode));
    else first?.resolve(answered);
  });
  worker.on('error', error => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', code => end(`exit code ${code}`));
  worker.unref();

  return {
    hasEnded: () => ended !== null,
    ended: told.promise,
    ask(asked) {
      if (ended !== null) return Promise.reject(ended);
      const answer = Promise.withResolvers<Result>();
      // It keeps the process alive only while somebody waits for it.
      if (waiting.push(answer) === 1) worker.ref();
      worker.postMessage(asked);
      return answer.promise;
    },
  };
}

/** A thread whose database was closed serves the next one that is opened. */
let spare: Thread | null = null;

/** The thread of a file that is open; kysely lets one query or transaction after the other have it. */
export class ThreadDriver implements Driver {
  readonly #thread: Thread;
  readonly #connection: DatabaseConnection;
  #isOpen = true;

  private constructor(thread: Thread) {
    this.#thread = thread;
    this.#connection = connectionOf(thread);
  }

  /** Rejects with SqliteError where the file cannot be opened. */
  static async open(options: ThreadOptions): Promise<ThreadDriver> {
    const thread = spare === null || spare.hasEnded() ? startThread() : spare;
    spare = null;
    try {
      await thread.ask({ kind: 'open', ...options });
    } catch (error) {
      spare = thread;
      throw error;
    }
    return new ThreadDriver(thread);
  }

  /** Resolves where the thread has ended: nothing is stored any more. */
  get ended(): Promise<Error> {
    return this.#thread.ended;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('BEGIN'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('ROLLBACK'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#thread.ask({ kind: 'close' });
    spare = this.#thread;
  }
}

function connectionOf(thread: Thread): DatabaseConnection {
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await thread.ask({ kind: 'query', sql, parameters });
      return { rows: rows as R[], ...(changes === null ? {} : { numAffectedRows: BigInt(changes) }) };
    },
    // biome-ignore lint/correctness/useYield: kysely asks for it, and the store never streams.
    async *streamQuery() {
      throw new Error('The store is not read as a stream.');
    },
  };
}
