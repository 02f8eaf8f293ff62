import type { Line, OnDate } from './types.ts';

// Slack's requests carry a signature that holds for five minutes, and so do ours to AWS.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
const refusedMs = 5 * 60_000;
const notableMs = 60_000;

export interface ClockCheck {
  /** Where the times that `source` tells go. */
  listen(source: string): OnDate;
  /** One line for each source that told a time, in the order in which they were listened to. */
  lines(): Line[];
}

/** This machine's clock against those that answered. */
export function checkClock(clock: () => Date): ClockCheck {
  const skews = new Map<string, number | null>();
  return {
    listen(source) {
      skews.set(source, null);
      return at => {
        const skew = clock().getTime() - at.getTime();
        // The way of an answer only adds to it: the smallest is nearest to the truth.
        const before = skews.get(source) ?? null;
        if (before === null || Math.abs(skew) < Math.abs(before)) skews.set(source, skew);
      };
    },
    lines: () => [...skews].flatMap(([source, skewMs]) => (skewMs === null ? [] : [lineOf(source, skewMs)])),
  };
}

function lineOf(source: string, skewMs: number): Line {
  const subject = `clock, against ${source}`;
  const off = Math.abs(skewMs);
  if (off < notableMs) return { area: 'clock', subject, status: 'ok', finding: 'The clock is right.', fix: null };
  const minutes = Math.round(off / 6_000) / 10;
  return {
    area: 'clock',
    subject,
    status: off < refusedMs ? 'warning' : 'problem',
    finding: `The clock of this machine is ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${skewMs > 0 ? 'ahead' : 'behind'}; from 5 minutes on, requests from Slack and to AWS are refused.`,
    fix: 'Set the clock of this machine by NTP (on Linux: timedatectl set-ntp true).',
  };
}
