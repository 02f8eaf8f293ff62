/** Holds the database's connection, in a thread of its own: SQLite waits for the disk with every commit. */
import { chmodSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

/** Worked off and answered in order. */
export type Asked =
  | { kind: 'open'; file: string; mode: number; pragmas: string }
  | { kind: 'query'; sql: string; parameters: readonly unknown[] }
  | { kind: 'close' };

/** `rows` of what answers rows; else how many were changed. */
export type Answered = { rows: unknown[]; changes: number | null } | { failed: Failure };

/** What is left of an error of SQLite's beyond the thread. */
export interface Failure {
  message: string;
  /** https://www.sqlite.org/rescode.html; null: not SQLite's. */
  errcode: number | null;
}

interface Prepared {
  statement: StatementSync;
  answersRows: boolean;
}

/** The store asks with some fifty texts; those with lists of their own length come and go. */
const keptStatements = 200;

let database: DatabaseSync | null = null;
const prepared = new Map<string, Prepared>();

function answer(asked: Asked): Answered {
  try {
    switch (asked.kind) {
      case 'open':
        open(asked);
        return { rows: [], changes: null };
      case 'query':
        return query(asked.sql, asked.parameters as readonly SQLInputValue[]);
      case 'close':
        close();
        return { rows: [], changes: null };
    }
  } catch (error) {
    const { errcode = null } = error as { errcode?: number };
    return { failed: { message: error instanceof Error ? error.message : String(error), errcode } };
  }
}

function open({ file, mode, pragmas }: Extract<Asked, { kind: 'open' }>): void {
  database = new DatabaseSync(file);
  try {
    // SQLite gives its WAL and shared memory the rights of the file itself.
    chmodSync(file, mode);
    database.exec(pragmas);
  } catch (error) {
    close();
    throw error;
  }
}

function close(): void {
  prepared.clear();
  database?.close();
  database = null;
}

function query(sql: string, parameters: readonly SQLInputValue[]): Answered {
  const { statement, answersRows } = prepare(sql);
  if (answersRows) return { rows: statement.all(...parameters), changes: null };
  return { rows: [], changes: Number(statement.run(...parameters).changes) };
}

/** The least used statement makes room. */
function prepare(sql: string): Prepared {
  if (database === null) throw new Error('The store is closed.');
  const known = prepared.get(sql);
  prepared.delete(sql);
  const statement = known?.statement ?? database.prepare(sql);
  const ready = known ?? { statement, answersRows: statement.columns().length > 0 };
  prepared.set(sql, ready);
  const [oldest] = prepared.keys();
  if (prepared.size > keptStatements && oldest !== undefined) prepared.delete(oldest);
  return ready;
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answer(asked)));
