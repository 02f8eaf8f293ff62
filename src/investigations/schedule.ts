/**
 * What of an investigation is due when, beside its runs: the watch, the recheck after CloudTrail's delivery lag, and the
 * reminders of a handoff. Pure.
 */
import type { Change, DiagnosisRecord, Observation, Report } from '../diagnosis/types.ts';
import { isOpen, isPending, resolve } from './record.ts';
import type { Handoff, Investigation, Watch } from './types.ts';

const minuteMs = 60_000;
/** Often while people look at it, less so later. */
const checkEveryMs = 2 * minuteMs;
const laterEveryMs = 5 * minuteMs;
const oftenForMs = 30 * minuteMs;
const watchForMs = 4 * 60 * minuteMs;
/**
 * CloudTrail delivers in about 5 minutes on average and does not promise it; what comes later than this is rare.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
const recheckAfterMs = 15 * minuteMs;

/** This long without an error is a recovery (diagnosis/observe.ts). */
const quietMs = 10 * minuteMs;
/** A run takes seconds, and may have waited for its turn. */
const nearlyNowMs = 5 * minuteMs;

export type Task = 'run' | 'recheck' | 'observe' | 'remind' | 'fall_back';

/** The first thing to do with it now; null: nothing is due. */
export function taskOf(investigation: Investigation, now: string): Task | null {
  if (isPending(investigation)) return 'run';
  const offer = openOffer(investigation);
  if (offer?.remindAt != null && offer.remindAt <= now) return 'remind';
  if (offer?.fallbackAt != null && offer.fallbackAt <= now) return 'fall_back';
  if (investigation.recheckAt !== null && investigation.recheckAt <= now) return 'recheck';
  if (investigation.watch !== null && investigation.watch.nextAt <= now) return 'observe';
  return null;
}

/** When the worker has to look at it again. Work that waits for a turn keeps its place, `dueAt`, in the queue. */
export function nextDue(investigation: Investigation, dueAt: string | null): string | null {
  const { updatedAt, recheckAt, watch } = investigation;
  if (isPending(investigation)) return dueAt !== null && dueAt < updatedAt ? dueAt : updatedAt;
  const offer = openOffer(investigation);
  const times = [recheckAt, watch?.nextAt, offer?.remindAt, offer?.fallbackAt].filter(at => at != null);
  return times.length === 0 ? null : times.reduce((first, at) => (at < first ? at : first));
}

/** After a run: whoever waits for the API is told how it goes on, and late changes are looked for. */
export function scheduled(investigation: Investigation, at: string): Investigation {
  const { state, record, failure, unwatched } = investigation;
  if (state !== 'diagnosed' || record === null || failure !== null) return investigation;
  const failing = record.report.verdict.status !== 'no_errors';
  return {
    ...investigation,
    watch: failing && unwatched !== true ? (investigation.watch ?? newWatch(null, at)) : investigation.watch,
    recheckAt: failing ? later(at, recheckAfterMs) : null,
  };
}

/**
 * A run after a verdict on failing requests sees none any more: that is the recovery, and what was found about the errors
 * stays on the record.
 */
export function keepingCause(before: Investigation, ended: Investigation, at: string): Investigation {
  const [found, now] = [before.record?.report, ended.record?.report];
  if (ended.failure !== null || found === undefined || now === undefined) return ended;
  if (found.verdict.status === 'no_errors' || !showsEnd(now)) return ended;
  const kept = { ...ended, record: before.record };
  // Its alarm has said so while it ran.
  if (ended.state === 'recovered') return kept;
  const { requests, errors } = now.impact;
  const { points } = now.series;
  const observation: Observation = {
    at: now.generatedAt,
    direction: 'recovered',
    requests,
    errors,
    lastErrorAt: null,
    points,
  };
  return hasEnded(ended, observation) ? recover({ ...kept, observation }, 'watch', at) : ended;
}

/** The bot, as the audit names it. */
export const itself = 'apigw-500';

/**
 * A person asked, and the first run saw no error: that is the answer, and nobody has to close it. What an alarm, or a post
 * about one, asked for stays open for its occurrences and its recovery; so does what somebody has begun to work on.
 */
export function closedQuiet(before: Investigation, ended: Investigation, at: string): Investigation {
  const { state, failure, record, trigger, alarms, occurrences, watch, notes, handoffs, reopened } = ended;
  if (state !== 'diagnosed' || isPending(ended) || failure !== null || record === null) return ended;
  const { status, causes } = record.report.verdict;
  // Without a 5xx, but with a reason for requests that are refused, there is something to do.
  if (status !== 'no_errors' || causes.length > 0 || before.record !== null || reopened !== undefined) return ended;
  const asked = ['command', 'mention', 'form', 'candidate'].includes(trigger.kind) && trigger.alarm === undefined;
  const byPeople = alarms.length === 0 && occurrences.every(({ by }) => by !== null);
  const untouched = watch === null && notes.length === 0 && handoffs.length === 0;
  return asked && byPeople && untouched ? resolve(ended, itself, at) : ended;
}

/** As long as the watch wants it without an error, up to about now, with requests: a span of the past says nothing. */
function showsEnd({ verdict, window, impact, generatedAt }: Report): boolean {
  const [start, end, now] = [window.start, window.end, generatedAt].map(time => Date.parse(time)) as [
    number,
    number,
    number,
  ];
  return (
    verdict.status === 'no_errors' && (impact.requests ?? 0) > 0 && end - start >= quietMs && now - end < nearlyNowMs
  );
}

export function watching(investigation: Investigation, by: string, on: boolean, at: string): Investigation {
  if (!isOpen(investigation)) return investigation;
  if (!on && investigation.watch === null) return investigation;
  const { unwatched: _, ...rest } = investigation;
  if (on) return { ...rest, watch: newWatch(by, at), updatedAt: at };
  return { ...rest, watch: null, unwatched: true, updatedAt: at };
}

function newWatch(by: string | null, at: string): Watch {
  const everyMinutes = checkEveryMs / minuteMs;
  return { by, since: at, nextAt: later(at, checkEveryMs), everyMinutes, until: later(at, watchForMs) };
}

/** What the watch has seen; null where the metrics could not be read, and the watch goes on. */
export function observed(investigation: Investigation, seen: Observation | null, at: string): Investigation {
  const { watch } = investigation;
  if (watch === null) return investigation;
  const observation = seen ?? investigation.observation;
  if (seen !== null && hasEnded(investigation, seen)) return recover({ ...investigation, observation }, 'watch', at);
  return { ...investigation, watch: at >= watch.until ? null : nextCheck(watch, at), observation, updatedAt: at };
}

/** A run that was wanted while the metrics were read is to be made all the same. */
function hasEnded({ state, alarms }: Investigation, { direction, at }: Observation): boolean {
  if (state !== 'diagnosed' || direction !== 'recovered') return false;
  // An alarm that fired this lately may know of errors that the metrics do not show yet.
  const since = new Date(Date.parse(at) - quietMs).toISOString();
  return !alarms.some(alarm => alarm.state === 'ALARM' && alarm.at >= since);
}

function nextCheck(watch: Watch, at: string): Watch {
  const young = Date.parse(at) - Date.parse(watch.since) < oftenForMs;
  const everyMs = young ? checkEveryMs : laterEveryMs;
  const nextAt = later(at, everyMs);
  return { ...watch, nextAt: nextAt > watch.until ? watch.until : nextAt, everyMinutes: everyMs / minuteMs };
}

/** The errors have ended: the card says so, and nothing is watched any more. */
export function recover(
  investigation: Investigation,
  by: 'alarm' | 'watch',
  at: string,
  recoveredAt = at,
): Investigation {
  if (!isOpen(investigation)) return investigation;
  const { waitingSince: _, waitingFor: __, ...rest } = investigation;
  return { ...rest, state: 'recovered', progress: [], watch: null, recovered: { at: recoveredAt, by }, updatedAt: at };
}

/** The change diagnoses were run again; null: that could not be done, and the verdict stands as it is. */
export function rechecked(
  investigation: Investigation,
  outcome: { record: DiagnosisRecord; late: Change[] } | null,
  at: string,
): Investigation {
  const done = { ...investigation, recheckAt: null, updatedAt: at };
  if (outcome === null) return done;
  const late = outcome.late.length === 0 ? investigation.late : { at, changes: outcome.late };
  return { ...done, record: outcome.record, late };
}

/** The offer that waits for an answer. */
export function openOffer(investigation: Investigation): Handoff | null {
  const last = investigation.handoffs.at(-1);
  return last?.state === 'offered' && investigation.state !== 'resolved' ? last : null;
}

function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
