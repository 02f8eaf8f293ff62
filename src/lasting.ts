/** How long something took, and how far it is from the first error: in the same words wherever it is told. */

/** Minutes, hours or days, whichever is read most easily: `1.6 minutes`, `12 minutes`, `3 hours`. */
export function lasting(minutes: number): string {
  // The minute of the first error is all that the metrics tell, so seconds are not counted.
  if (minutes < 1) return 'less than a minute';
  // Where it is close, tenths decide.
  if (minutes < 9.95) return minutes === 1 ? '1 minute' : `${Math.round(minutes * 10) / 10} minutes`;
  if (minutes < 120.5) return counted(Math.round(minutes), 'minute');
  const hours = Math.round(minutes / 60);
  return hours <= 48 ? counted(hours, 'hour') : counted(Math.round(hours / 24), 'day');
}

/** @param minutes to the first error; negative: after it; 0: in its minute */
export function fromFirstError(minutes: number): string {
  if (minutes === 0) return 'in the minute of the first error';
  return `${lasting(Math.abs(minutes))} ${minutes > 0 ? 'before' : 'after'} the first error`;
}

function counted(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : `${noun}s`}`;
}
