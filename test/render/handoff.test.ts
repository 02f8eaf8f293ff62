import { describe, expect, it } from 'vitest';
import { handoffMessage } from '../../src/render/handoff.ts';
import { readable } from '../support/readable.ts';
import { sampleChange, sampleGap, sampleRecord } from '../support/samples.ts';
import { handoff, offered } from '../support/standings.ts';

describe('the handoff message', () => {
  const shown = (more = {}, verdict = {}, state: 'offered' | 'declined' = 'offered') => {
    const answer = { by: 'U0SBXBEN02', at: handoff.offeredAt, words: 'I am on a plane.' };
    return readable(
      handoffMessage({
        investigation: { ...offered(), record: sampleRecord(more, verdict) },
        handoff: state === 'offered' ? handoff : { ...handoff, state, answer },
        cardLink: null,
      }),
    );
  };

  it('counts the checks as the card does', () => {
    expect(shown()).toContain('*Checks:* 1 problem, 13 OK, last run');
  });

  it('names what was ruled out in words, and counts what it has no room for', () => {
    const because = 'It was looked at.';
    const ids = ['waf-blocked', 'throttled', 'backend-5xx', 'vpc-link-unavailable', 'api-not-deployed'] as const;
    expect(shown({}, { ruledOut: ids.map(id => ({ id, because })) })).toContain(
      '*Ruled out:* WAF blocked (It was looked at); Throttled (It was looked at); Backend 5xx (It was looked at); and 2 more',
    );
  });

  it('tells the nearest changes first, as the card does, and how many more there are', () => {
    const changes = [40, 30, 20, 3].map(minutesBeforeOnset => ({ ...sampleChange, minutesBeforeOnset }));
    expect(shown({ changes })).toContain(
      '*What changed:* RemovePermission on orders-prod by deploy-pipeline, 3 minutes before the first error; ',
    );
    expect(shown({ changes })).toContain('30 minutes before the first error; and 1 more');
  });

  it('tells what AWS has not delivered yet from what could not be read, each once', () => {
    const late = { ...sampleGap, source: 'cloudtrail:LookupEvents', reason: 'delivery_lag', permission: null };
    const text = shown({}, { gaps: [sampleGap, sampleGap, late] });
    expect(text).toContain(
      '*Could not be read:* logs:FilterLogEvents (access denied; missing permission: logs:FilterLogEvents)\n',
    );
    expect(text).toContain('*Not yet delivered:* cloudtrail:LookupEvents\n');
  });

  it('ends a reason with one full stop', () => {
    expect(shown({}, {}, 'declined')).toContain('_I am on a plane_. It was offered by');
  });
});
