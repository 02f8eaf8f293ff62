/** Investigations as they stand after their verdict: watched, recovered, handed off, asked for again. */
import type { Handoff, Investigation } from '../../src/investigations/types.ts';
import { diagnosedInvestigation, sampleChange } from './samples.ts';

const [ana, ben] = ['U0SBXANA01', 'U0SBXBEN02'];

/** Minute by minute after 14:00. */
const at = (minute: number, hour = 14) => new Date(Date.UTC(2026, 10, 22, hour, minute)).toISOString();

export function watched(): Investigation {
  return diagnosedInvestigation({
    owner: ana,
    watch: { by: null, since: at(10), nextAt: at(22), everyMinutes: 2, until: at(30, 15) },
    observation: {
      at: at(20),
      direction: 'worse',
      requests: 900,
      errors: 340,
      lastErrorAt: at(19),
      points: null,
    },
  });
}

export function recoveredRecord(): Investigation {
  return diagnosedInvestigation({
    state: 'recovered',
    owner: ana,
    recovered: { at: at(28), by: 'alarm' },
    observation: {
      at: at(40),
      direction: 'recovered',
      requests: 900,
      errors: 0,
      lastErrorAt: at(27),
      points: null,
    },
  });
}

export function fired(): Investigation {
  const occurrences = [10, 17, 25, 32].map(minute => ({ at: at(minute), by: null }));
  const base = watched();
  return {
    ...base,
    owner: null,
    trigger: { ...base.trigger, kind: 'alarm', by: null },
    occurrences,
    occurrenceCount: 4,
    alarms: [
      {
        arn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-prod-5xx',
        name: 'orders-prod-5xx',
        state: 'ALARM',
        at: at(32),
      },
    ],
    late: { at: at(31), changes: [{ ...sampleChange, event: 'PutRolePolicy', resource: 'orders-role', who: 'lena' }] },
    notes: [{ id: 'note-1', by: ben, at: at(26), text: 'Rolled back to v41; no change.', link: null }],
  };
}

export const handoff: Handoff = {
  id: 'handoff-1',
  from: ana,
  owner: ana,
  to: { kind: 'user', id: ben },
  words: {
    state: 'About a third of the requests fail.',
    impact: 'GET /orders for all customers.',
    tried: 'A roll-back to v41.',
    next: 'Give the permission back.',
    contingency: 'If it fails again, switch to the other Region.',
  },
  offeredAt: at(35),
  state: 'offered',
  remindAt: at(45),
  fallbackAt: at(55),
  reminded: false,
  fellBack: false,
  answer: null,
};

export function offered(): Investigation {
  return { ...watched(), handoffs: [handoff] };
}
