/** Relative times of a world: `-12m`, `-1h30m`, `0s`, `+30s`, measured from the world's time zero. */
import { z } from 'zod';

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const offsetPattern = /^[+-]?(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** Milliseconds of `-1h30m`; the sign holds for the whole. */
export function offsetMs(text: string): number {
  let total = 0;
  for (const [, amount = '0', unit = 'ms'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitsMs[unit] ?? 1);
  }
  return text.startsWith('-') ? -total : total;
}

/** A moment, as milliseconds from time zero once parsed. */
export const moment = z
  .string()
  .regex(offsetPattern, 'must be a time relative to the start, such as -12m, -3d or 0s')
  .transform(offsetMs);

/** A length of time, in milliseconds once parsed. */
export const duration = z
  .string()
  .regex(durationPattern, 'must be a length of time, such as 20s or 5m')
  .transform(offsetMs);
