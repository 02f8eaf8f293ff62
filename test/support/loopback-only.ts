import { afterEach } from 'vitest';
import { reached } from './loopback-guard.ts';

/** A test that reaches for the network beyond this machine fails, also where its code survives the refusal. */
afterEach(() => {
  const hosts = reached.splice(0);
  if (hosts.length > 0) throw new Error(`The test reached for ${hosts.join(', ')}; tests talk to loopback only.`);
});
