/** How an investigation stands beside its report: recovery, trend, alarms, owner, watch, and what people and CloudTrail added. */
import type { Report } from '../diagnosis/types.ts';
import type { Handoff, Investigation, Note, Occurrence } from '../investigations/types.ts';
import { lasting } from '../lasting.ts';
import { group, join, LIMITS, type Markup, md, minute, optional, type Part, person, section, words } from './blocks.ts';
import { beforeOnset, byNearness, count, impactParts, patternWords, percent, times, whole } from './words.ts';

/** How long it failed; null while it does, and where nobody knows when it began. */
export function failedFor({ recovered, record }: Investigation): string | null {
  const onset = record?.report.window.onset ?? null;
  if (recovered === undefined || onset === null) return null;
  const minutes = Math.round((Date.parse(recovered.at) - Date.parse(onset)) / 60_000);
  return minutes > 0 ? lasting(minutes) : null;
}

/** When it recovered, after how long, and what said so. */
export function recovery(investigation: Investigation): Markup {
  const { recovered } = investigation;
  if (recovered === undefined) return md`The errors have ended.`;
  const after = failedFor(investigation);
  const seen = recovered.by === 'alarm' ? 'its alarm says so' : 'the metrics show no error since';
  const ended = after === null ? 'The errors have ended' : `The errors have ended after ${after}`;
  return md`${ended}, ${minute(recovered.at)}: ${seen}.`;
}

const directions = {
  worse: 'getting worse',
  steady: 'steady',
  better: 'getting better',
  recovered: 'no errors any more',
  unknown: 'unknown: the metrics tell too little',
} as const;

/** Where the errors are going, as last observed; before the first check, as the report saw it. */
export function trendNow({ observation, state, recovered }: Investigation, report: Report): Markup {
  // What the report saw is over, and nobody has looked at the metrics since.
  if (state === 'recovered' && recovered?.by === 'alarm' && !(observation !== null && observation.at >= recovered.at)) {
    return md`ended`;
  }
  if (observation === null || observation.at <= report.generatedAt) return md`${patternWords(report)}`;
  const { requests, errors, at, direction, recent } = observation;
  // What was seen is of the last minutes, not of all that were read.
  if (recent !== undefined) {
    const now = recent.errorShare === null ? 'no requests' : `${percent(recent.errorShare)} of requests fail`;
    return md`${directions[direction]}; now ${now} (${minute(recent.end)})`;
  }
  const figures = requests === null || errors === null ? '' : `; ${failedWords(errors, requests)}`;
  return md`${directions[direction]}${figures}, as of ${minute(at)}`;
}

/** How many requests failed, and in which time. */
export function impactSpoken(report: Report): Markup {
  const { figures, span } = impactParts(report);
  return span === null ? md`${figures}` : md`${figures} in ${span.words} ${minute(span.end)}`;
}

function failedWords(errors: number, requests: number): string {
  const last = `of the last ${count(requests, 'request')} failed`;
  if (errors === 0 || requests === 0) return `${errors === 0 ? 'none' : whole(errors)} ${last}`;
  return `${whole(errors)} ${last} (${percent(errors / requests)})`;
}

/** Who or what asked first, and when; null where so many have since that it is not known any more. */
export function firstAsked({ occurrences, occurrenceCount }: Investigation): Occurrence | null {
  return occurrenceCount > occurrences.length ? null : (occurrences[0] ?? null);
}

/** `fired 4 times, last …`, `asked for twice, last by …`; null where it was asked for once. */
export function repeated({ occurrences, occurrenceCount }: Investigation): Markup | null {
  const last = occurrences.at(-1);
  if (occurrenceCount < 2 || last === undefined) return null;
  const byAlarms = occurrences.every(({ by }) => by === null);
  const byPeople = occurrences.every(({ by }) => by !== null);
  const what = byAlarms ? 'fired' : byPeople ? 'asked for' : 'fired or asked for';
  const by = byAlarms ? md`` : md` by ${person(last.by)},`;
  return md`${what} ${times(occurrenceCount)}, last${by} ${minute(last.at)}`;
}

/** Alarms by their newest state; one line each. */
export function alarmLines({ alarms }: Investigation): Markup[] {
  const states = { ALARM: 'in alarm', OK: 'OK', INSUFFICIENT_DATA: 'without data' } as const;
  return alarms
    .slice(-alarmsShown)
    .map(({ name, state, at }) => md`${words(name, LIMITS.name)}: ${states[state]} since ${minute(at)}`);
}

const alarmsShown = 3;

/** Until a handoff is accepted, the owner stays. */
export function ownership({ owner, handoffs }: Investigation): Markup {
  const holder = owner === null ? md`nobody yet` : person(owner);
  const offer = handoffs.at(-1);
  return offer?.state === 'offered' ? md`${holder}, offered to ${receiverOf(offer)}` : holder;
}

function receiverOf({ to }: Handoff): Markup {
  return to.kind === 'user' ? person(to.id) : group(to.id);
}

/** null where nobody watches. */
export function watching({ watch }: Investigation): Markup | null {
  if (watch === null) return null;
  const who = watch.by === null ? md`` : md`, for ${person(watch.by)}`;
  // A record from before this was stored does not say how often.
  const often = watch.everyMinutes === undefined ? md`` : md`every ${watch.everyMinutes} min, `;
  return md`${often}until ${minute(watch.until)}${who}; next check ${minute(watch.nextAt)}`;
}

/** How many of each the card shows; the newest. */
const shown = { notes: 2, late: 3 } as const;

/** What came after the verdict: changes that CloudTrail delivered late, and what people tried. */
export function additions({ late, notes }: Investigation): Part[] {
  return [...lateParts(late), ...noteParts(notes)];
}

function lateParts(late: Investigation['late']): Part[] {
  if (late === null || late.changes.length === 0) return [];
  const changes = byNearness(late.changes);
  const lines = changes
    .slice(0, shown.late)
    .map(
      change =>
        md`• *${words(change.event, LIMITS.name)}* on ${words(change.resource, 200)} by ${words(change.who ?? 'somebody unknown', 200)}, ${beforeOnset(change)}`,
    );
  const more = changes.length > shown.late ? [md`and ${count(changes.length - shown.late, 'more change')}`] : [];
  return [optional(section(join([md`*Delivered by CloudTrail since*, ${minute(late.at)}`, ...lines, ...more], '\n')))];
}

function noteParts(notes: readonly Note[]): Part[] {
  if (notes.length === 0) return [];
  const lines = notes
    .slice(-shown.notes)
    .map(note => md`• ${words(note.text, 300)} (${person(note.by)}, ${minute(note.at)})`);
  const more = notes.length > shown.notes ? [md`and ${count(notes.length - shown.notes, 'earlier note')}`] : [];
  return [optional(section(join([md`*Notes*`, ...lines, ...more], '\n')))];
}
