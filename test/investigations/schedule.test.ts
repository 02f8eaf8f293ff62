/** The watch, the recheck after CloudTrail's delivery lag, and how they are due. */
import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/diagnosis/types.ts';
import { openInvestigation } from '../../src/investigations/record.ts';
import { closedQuiet, keepingCause, nextDue, observed, taskOf, watching } from '../../src/investigations/schedule.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import { alarmSubmission, conversation, notice, orders, record, start, submission } from './data.ts';
import { diagnosed, observation, onlyOpen } from './fixtures.ts';

const minuteMs = 60_000;
const at = (minutes: number) => new Date(start.getTime() + minutes * minuteMs).toISOString();

/** Failing, and watched since the start. */
function watched(): Investigation {
  const { trigger } = submission('one');
  const opened = openInvestigation('id', trigger, conversation, orders, at(0));
  const done: Investigation = { ...opened, state: 'diagnosed', record: record('r', trigger, orders, []) };
  return watching(done, 'U1', true, at(0));
}

describe('a run after the fix', () => {
  /** As it stands once a run has seen no error in the given minutes, which end `ago` minutes before it. */
  function clean({ requests = 100, minutes = 15, ago = 0, over = {} as Partial<Investigation> } = {}): Investigation {
    const before = watched();
    const seen = record('clean', before.trigger, orders, []);
    const end = Date.parse(seen.report.generatedAt) - ago * minuteMs;
    seen.report.window = {
      ...seen.report.window,
      start: new Date(end - minutes * minuteMs).toISOString(),
      end: new Date(end).toISOString(),
    };
    seen.report.verdict = { ...seen.report.verdict, status: 'no_errors' };
    seen.report.impact = { ...seen.report.impact, requests, errors: 0 };
    return { ...before, record: seen, ...over };
  }

  test('is the recovery, and the record keeps what was found', () => {
    expect(keepingCause(watched(), clean(), at(1))).toMatchObject({
      state: 'recovered',
      recovered: { at: at(1), by: 'watch' },
      watch: null,
      record: { report: { id: 'r' } },
      observation: { direction: 'recovered', requests: 100, errors: 0 },
    });
  });

  test('that its alarm has ended meanwhile keeps what was found, too', () => {
    const ended = clean({ over: { state: 'recovered', recovered: { at: at(0), by: 'alarm' } } });
    expect(keepingCause(watched(), ended, at(1))).toMatchObject({
      state: 'recovered',
      recovered: { by: 'alarm' },
      record: { report: { id: 'r' } },
    });
  });

  const alarm = { arn: 'a', name: 'a', state: 'ALARM' as const, at: at(0) };
  test.each([
    ['nobody asked anything of the API', clean({ requests: 0 })],
    ['a span of the past was looked at', clean({ ago: 60 })],
    ['only the last minutes were looked at', clean({ minutes: 5 })],
    ['its alarm has just fired', clean({ over: { alarms: [alarm] } })],
    ['the run failed', clean({ over: { failure: 'It stopped.' } })],
    ['a check is still wanted', clean({ over: { state: 'investigating' } })],
  ])('is none where %s', (_, ended) => {
    expect(keepingCause(watched(), ended, at(1))).toBe(ended);
  });

  test('is none where nothing failed before', () => {
    const ended = clean();
    expect(keepingCause(clean(), ended, at(1))).toBe(ended);
  });
});

describe('a first run that sees no error', () => {
  const { trigger } = submission('one');
  const opened = openInvestigation('id', trigger, conversation, orders, at(0));
  function quiet(over: Partial<Investigation> = {}): Investigation {
    const seen = record('quiet', trigger, orders, []);
    seen.report.verdict = { ...seen.report.verdict, status: 'no_errors' };
    return { ...opened, state: 'diagnosed', record: seen, ...over };
  }

  test('is the answer to who asked, and closes it', () => {
    expect(closedQuiet(opened, quiet(), at(1))).toMatchObject({
      state: 'resolved',
      resolved: { by: 'apigw-500', at: at(1) },
      record: { report: { id: 'quiet' } },
    });
  });

  const note = { id: 'n', by: 'U1', at: at(1), text: 'I look.', link: null };
  test.each([
    ['an alarm asked', quiet({ alarms: [{ arn: 'a', name: 'a', state: 'ALARM', at: at(0) }] })],
    ['a machine asked, too', quiet({ occurrences: [{ at: at(0), by: null }] })],
    ['a post about an alarm was asked about', quiet({ trigger: { ...trigger, kind: 'reaction' } })],
    ['somebody has begun to work on it', quiet({ notes: [note] })],
    ['somebody watches it', quiet({ watch: watched().watch })],
    ['it was opened again', quiet({ reopened: { by: 'U1', at: at(0) } })],
    ['a check is still wanted', quiet({ presses: { 'step:4': { by: 'U1', at: at(0), state: 'running' } } })],
    ['the run failed', quiet({ failure: 'It stopped.' })],
    ['it has recovered', quiet({ state: 'recovered' })],
  ])('leaves it open where %s', (_, ended) => {
    expect(closedQuiet(opened, ended, at(1))).toBe(ended);
  });

  test('leaves it open where requests are refused with a 4xx, and after a verdict on errors', () => {
    const refused = quiet();
    if (refused.record === null) throw new Error('It has a record.');
    refused.record.report.verdict.causes = [{ id: 'waf-blocked' } as never];
    expect(closedQuiet(opened, refused, at(1))).toBe(refused);
    const again = quiet();
    expect(closedQuiet(watched(), again, at(1))).toBe(again);
  });
});

describe('a watch', () => {
  test('checks every 2 minutes, after half an hour every 5, and ends after 4 hours', () => {
    const times: string[] = [];
    let current = watched();
    while (current.watch !== null) {
      const { nextAt, everyMinutes } = current.watch;
      expect(everyMinutes).toBe(times.length < 15 ? 2 : 5);
      expect(nextDue(current, null)).toBe(nextAt);
      expect(taskOf(current, nextAt)).toBe('observe');
      times.push(nextAt);
      current = observed(current, observation('steady'), nextAt);
    }
    const early = Array.from({ length: 15 }, (_, index) => at(2 * (index + 1)));
    const late = Array.from({ length: 42 }, (_, index) => at(35 + 5 * index));
    expect(times).toEqual([...early, ...late]);
    expect(times.at(-1)).toBe(at(240));
    expect(current.state).toBe('diagnosed');
    expect(taskOf(current, at(999))).toBeNull();
  });

  test('that sees the end while somebody asked again, or an alarm has just fired, leaves the run to be made', () => {
    const seen = observation('recovered');
    const asked = observed({ ...watched(), state: 'investigating' }, seen, at(2));
    expect(asked).toMatchObject({ state: 'investigating', observation: seen });
    const alarm = { arn: 'a', name: 'a', state: 'ALARM' as const, at: seen.at };
    expect(observed({ ...watched(), alarms: [alarm] }, seen, at(2)).state).toBe('diagnosed');
    expect(observed({ ...watched(), alarms: [{ ...alarm, state: 'OK' }] }, seen, at(2)).state).toBe('recovered');
  });

  test('goes on where the metrics cannot be read, and keeps what it saw', () => {
    const seen = observed(watched(), observation('better'), at(2));
    const unread = observed(seen, null, at(4));
    expect(unread.observation?.direction).toBe('better');
    expect(unread.watch?.nextAt).toBe(at(6));
  });

  test('starts over for whoever asks, and stops when told to', () => {
    const again = watching(watched(), 'U2', true, at(100));
    expect(again.watch).toMatchObject({ by: 'U2', since: at(100), nextAt: at(102), everyMinutes: 2, until: at(340) });
    const stopped = watching(again, 'U2', false, at(101));
    expect(stopped.watch).toBeNull();
    expect(watching(stopped, 'U2', false, at(102))).toBe(stopped);
  });

  test('that somebody has stopped does not begin again with a run by a button, but with who asks anew', async () => {
    const bench = await diagnosed();
    const { investigations, id } = bench;
    const watch = async () => (await investigations.get(id))?.watch ?? null;
    await investigations.watch(id, 'U2', false);
    await investigations.rerun(id, 'U1');
    await investigations.idle();
    expect(bench.service.diagnosed).toHaveLength(2);
    expect(await watch()).toBeNull();

    await investigations.submit(submission('again'));
    await investigations.idle();
    expect(await watch()).toMatchObject({ by: null });

    // Also for an alarm that fires, and for who presses Watch.
    await investigations.watch(id, 'U2', false);
    await investigations.submit(alarmSubmission('fired', notice(1)));
    await investigations.idle();
    await investigations.rerun(id, 'U1');
    await investigations.idle();
    expect(await watch()).toMatchObject({ by: null });
    await investigations.watch(id, 'U2', false);
    await investigations.watch(id, 'U2', true);
    await investigations.rerun(id, 'U1');
    await investigations.idle();
    expect(await watch()).toMatchObject({ by: 'U2' });
  });

  test('that somebody stops while a run is under way stays stopped when it ends', async () => {
    const bench = await diagnosed();
    const gate = Promise.withResolvers<void>();
    bench.service.gate = gate.promise;
    await bench.investigations.rerun(bench.id, 'U1');
    await bench.investigations.watch(bench.id, 'U2', false);
    gate.resolve();
    await bench.investigations.idle();
    expect(await bench.investigations.get(bench.id)).toMatchObject({ state: 'diagnosed', watch: null });
  });

  test('begins by itself after a failing verdict, sees the recovery and ends it', async () => {
    const { investigations, clock, service, id } = await diagnosed();
    expect((await investigations.get(id))?.watch).toMatchObject({ by: null, nextAt: at(2) });
    service.observation = () => observation('worse');
    clock.advance(2 * minuteMs);
    await investigations.idle();
    expect(await investigations.get(id)).toMatchObject({ state: 'diagnosed', observation: { direction: 'worse' } });
    service.observation = () => observation('recovered');
    clock.advance(2 * minuteMs);
    await investigations.idle();
    expect(await investigations.get(id)).toMatchObject({
      state: 'recovered',
      watch: null,
      recovered: { at: at(4), by: 'watch' },
    });
    const last = (await investigations.audit(id)).at(-1);
    expect(last).toMatchObject({ who: 'apigw-500', action: 'recovered', via: 'timer' });
  });
});

describe('the recheck', () => {
  const change: Change = {
    at: at(-3),
    effectiveAt: at(-3),
    who: 'alice',
    event: 'RemovePermission20150331v2',
    resource: 'orders-prod',
    detail: '',
    minutesBeforeOnset: 3,
  };

  test('is made once, 15 minutes after a verdict, and keeps the changes that came late', async () => {
    const { investigations, clock, service, id } = await diagnosed();
    service.late = () => [change];
    clock.advance(15 * minuteMs);
    await investigations.idle();
    expect(await investigations.get(id)).toMatchObject({ late: { at: at(15), changes: [change] }, recheckAt: null });
    clock.advance(30 * minuteMs);
    await investigations.idle();
    expect(service.rechecked).toHaveLength(1);
  });

  test('that fails leaves the verdict as it is', async () => {
    const bench = await diagnosed();
    const { investigations, clock, service, id } = bench;
    const before = (await onlyOpen(bench)).record;
    service.recheck = async () => {
      throw new Error('AWS does not answer.');
    };
    clock.advance(15 * minuteMs);
    await investigations.idle();
    expect(await investigations.get(id)).toMatchObject({ record: before, late: null, recheckAt: null });
  });

  test('also comes after the alarm has recovered, because what was going on may be known only then', async () => {
    const { investigations, clock, service, id } = await diagnosed();
    service.observation = () => observation('recovered');
    clock.advance(2 * minuteMs);
    await investigations.idle();
    service.late = () => [change];
    clock.advance(13 * minuteMs);
    await investigations.idle();
    expect(await investigations.get(id)).toMatchObject({ state: 'recovered', late: { changes: [change] } });
  });
});
