import { cwd, env, getActiveResourcesInfo } from 'node:process';
import { afterAll, expect, vi } from 'vitest';

/** The files of the suite share a process: one that leaves something behind for the next fails itself. */
const before = state();

// What is being closed takes a turn or two of the loop until it is gone.
afterAll(() => vi.waitFor(() => expect(state()).toEqual(before), { timeout: 5_000, interval: 5 }));

function state() {
  const resources = getActiveResourcesInfo();
  return {
    cwd: cwd(),
    env: { ...env },
    fakeTimers: vi.isFakeTimers(),
    fetch: globalThis.fetch,
    servers: resources.filter(name => name === 'TCPServerWrap').length,
    children: resources.filter(name => name === 'ProcessWrap').length,
  };
}
