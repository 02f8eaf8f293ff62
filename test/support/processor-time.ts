import { cpuUsage } from 'node:process';

/** Milliseconds that this process has been at work: what else the machine does, and how it shares it out, do not count. */
export function workedMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1_000;
}
