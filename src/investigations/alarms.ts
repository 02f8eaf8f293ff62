/** What an alarm does to the investigation that it fired for. Pure. */
import type { AlarmNotice, DiagnosisRequest, Trigger } from '../diagnosis/types.ts';
import { askAgain, isOpen, occurredAgain } from './record.ts';
import { recover } from './schedule.ts';
import type { AlarmState, Investigation } from './types.ts';

/** After a recovery, an alarm within this time is the same incident. */
export const cooldownMs = 30 * 60_000;
/** A verdict younger than this answers an alarm that fires again. */
const freshForMs = 10 * 60_000;

/** The alarm that asked is known to the investigation, by its newest state: SNS keeps no order. */
export function knowing(investigation: Investigation, notice: AlarmNotice | undefined): Investigation {
  if (notice === undefined || investigation.alarms.some(one => one.arn === notice.arn && one.at > notice.at)) {
    return investigation;
  }
  const { arn, name, state, at } = notice;
  const others = investigation.alarms.filter(alarm => alarm.arn !== arn);
  const newest: AlarmState = { arn, name, state, at };
  return { ...investigation, alarms: [...others, newest] };
}

/** True for what SNS delivers late or again: the investigation knows a newer state of this alarm, or this one. */
export function isStale({ alarms }: Investigation, { arn, at, state }: AlarmNotice): boolean {
  const known = alarms.find(alarm => alarm.arn === arn);
  return known !== undefined && (known.at > at || (known.at === at && known.state === state));
}

/** It fired again: an occurrence, and a run where the last verdict is old or there is none. */
export function firedAgain(investigation: Investigation, trigger: Trigger, at: string): Investigation {
  const { record, failure, state } = investigation;
  const known = knowing(investigation, trigger.alarm);
  if (state === 'investigating') return occurredAgain(known, trigger, at);
  const verdictAt = record === null || failure !== null ? null : Date.parse(record.report.generatedAt);
  const fresh = verdictAt !== null && Date.parse(at) - verdictAt < freshForMs;
  return fresh && state === 'diagnosed' ? occurredAgain(known, trigger, at) : reopened(known, trigger, at);
}

/** Asked for again, also after it had recovered. */
export function reopened(investigation: Investigation, trigger: Trigger, at: string): Investigation {
  const { recovered, ...open } = askAgain(investigation, trigger, at);
  return recovered === undefined ? open : { ...open, reopenedAt: at };
}

/** The alarm is in another state; with the last of them at rest, the investigation has recovered. */
export function alarmChanged(investigation: Investigation, notice: AlarmNotice, at: string): Investigation {
  if (isStale(investigation, notice) || investigation.state === 'resolved') return investigation;
  return calmed({ ...knowing(investigation, notice), updatedAt: at }, at);
}

/**
 * Recovered, where all of its alarms are at rest. The first run is waited for, so that the card can say what was going
 * on; it is called again when that has ended.
 */
export function calmed(investigation: Investigation, at: string): Investigation {
  const { alarms, state, record } = investigation;
  if (!isOpen(investigation)) return investigation;
  if (alarms.length === 0 || alarms.some(alarm => alarm.state !== 'OK')) return investigation;
  if (state === 'investigating' && record === null) return investigation;
  const last = alarms.reduce((newest, alarm) => (alarm.at > newest ? alarm.at : newest), '');
  return recover(investigation, 'alarm', at, last < at ? last : at);
}

/**
 * Whether a machine tells again what is known: the post of another app about a firing alarm, beside the alarm's own
 * message, whichever comes first.
 */
export function isEcho(investigation: Investigation, { kind, request, alarm }: Trigger): boolean {
  const { alarms, trigger: before } = investigation;
  if (!isOpen(investigation)) return false;
  if (kind === 'post') return alarms.some(({ name, state }) => state === 'ALARM' && namesAlarm(request, name));
  if (alarm === undefined || alarms.some(({ arn }) => arn === alarm.arn)) return false;
  return ['post', 'reaction', 'shortcut'].includes(before.kind) && namesAlarm(before.request, alarm.name);
}

function namesAlarm({ target, alternatives = [] }: DiagnosisRequest, name: string): boolean {
  return [target, ...alternatives].some(one => /^(?:arn:[^:]+:cloudwatch:.*:)?alarm:(.+)$/.exec(one)?.[1] === name);
}
