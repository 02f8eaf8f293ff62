/** The one message of an investigation that the channel sees; edited in place, everything else is in its thread. */
import type { Report } from '../diagnosis/types.ts';
import type { Investigation } from '../investigations/types.ts';
import {
  code,
  compose,
  context,
  header,
  join,
  LIMITS,
  type Markup,
  type Message,
  md,
  minute,
  optional,
  type Part,
  part,
  person,
  section,
  words,
} from './blocks.ts';
import { cardButtons } from './card-buttons.ts';
import { slashCommand } from './ids.ts';
import { type Check, currentFindings } from './playbook.ts';
import { failedFor, firstAsked, recovery, repeated } from './standing.ts';
import { oneLineVerdict, verdictParts } from './verdict.ts';
import { assertNever, headline, named, place, tally } from './words.ts';

export function card(investigation: Investigation, checks: readonly Check[]): Message {
  const { target } = investigation;
  const status = statusOf(investigation);
  const title = `${status.glyph} ${status.words}: `;
  return compose(
    fallbackText(investigation, status, checks),
    [
      part(
        header(`${title}${named(target, LIMITS.header - title.length)}`),
        context(words(place(target), 2 * LIMITS.name)),
      ),
      ...body(investigation, checks),
      optional(context(footer(investigation))),
      ...cardButtons(investigation),
    ],
    left => md`_${left} more parts have no room here; the thread and the JSON report have them._`,
  );
}

type Phase =
  | 'waiting'
  | 'investigating'
  | 'failed'
  | 'recovered'
  | 'resolved'
  | 'cause_found'
  | 'no_errors'
  | 'inconclusive';

interface Status {
  phase: Phase;
  glyph: string;
  words: string;
}

const glyphs: Record<Phase, string> = {
  waiting: '⏳',
  investigating: '⏳',
  failed: '⚠️',
  recovered: '🟢',
  resolved: '☑️',
  cause_found: '🔴',
  no_errors: '🟢',
  inconclusive: '❔',
};

/** The status line of the card, in words; also for lists. */
export function statusOf(investigation: Investigation): Status {
  const phase = phaseOf(investigation);
  return { phase, glyph: glyphs[phase], words: statusLine(phase, investigation) };
}

function phaseOf(investigation: Investigation): Phase {
  switch (investigation.state) {
    case 'investigating':
      return investigation.waitingSince === undefined ? 'investigating' : 'waiting';
    case 'recovered':
      return investigation.state;
    case 'resolved':
      return isQuiet(investigation) ? 'no_errors' : 'resolved';
    case 'diagnosed':
      if (investigation.failure !== null || investigation.record === null) return 'failed';
      return investigation.record.report.verdict.status;
    default:
      return assertNever(investigation.state);
  }
}

/** Nobody closed it: there was nothing to investigate. */
function isQuiet({ resolved, record }: Investigation): boolean {
  return resolved?.by === 'apigw-500' && record !== null;
}

function statusLine(phase: Phase, investigation: Investigation): string {
  const { record } = investigation;
  switch (phase) {
    case 'waiting':
      return 'Waiting for a turn';
    case 'investigating':
      return record === null ? 'Investigating' : 'Investigating again';
    case 'failed':
      return 'The diagnosis could not be finished';
    case 'recovered': {
      const after = failedFor(investigation);
      return after === null ? 'Recovered' : `Recovered after ${after}`;
    }
    case 'resolved':
      return 'Resolved';
    case 'cause_found':
    case 'no_errors':
    case 'inconclusive':
      return record === null ? '' : headline(record.report);
    default:
      return assertNever(phase);
  }
}

function fallbackText(investigation: Investigation, status: Status, checks: readonly Check[]): string {
  const { target } = investigation;
  const detail = fallbackDetail(investigation, status.phase, checks);
  return `${status.words}: ${target.apiName}, stage ${target.stage} (${place(target)}). ${detail}`;
}

function fallbackDetail(investigation: Investigation, phase: Phase, checks: readonly Check[]): string {
  if (phase === 'investigating') return progressWords(investigation, checks);
  if (phase === 'failed') return investigation.failure ?? '';
  const first = investigation.record?.report.verdict.causes[0];
  return first === undefined ? '' : `${first.summary} Confidence: ${first.confidence}.`;
}

function progressWords(investigation: Investigation, checks: readonly Check[]): string {
  const done = investigation.progress.filter(finding => finding.group !== 'extended').length;
  const { waitingFor } = investigation;
  const waits = waitingFor === undefined ? '' : ` Waiting for ${waitingFor}.`;
  return `${done} of ${checks.length} checks are done.${waits}`;
}

function body(investigation: Investigation, checks: readonly Check[]): Part[] {
  const { record } = investigation;
  const phase = phaseOf(investigation);
  switch (phase) {
    case 'waiting':
      return [
        part(section(md`The diagnosis starts as soon as others have finished; only so many run at once.`)),
        ...before(record?.report),
      ];
    case 'investigating':
      return [part(section(progress(investigation, checks))), ...before(record?.report)];
    case 'failed':
      return [
        part(section(md`${investigation.failure ?? 'No result was stored.'} Press *Run again* to try once more.`)),
        ...before(record?.report),
      ];
    case 'resolved':
      return [
        part(section(resolution(investigation))),
        ...(investigation.recovered === undefined ? [] : [optional(section(recovery(investigation)))]),
        ...(record === null ? [] : [part(section(oneLineVerdict(record.report)))]),
      ];
    case 'recovered':
    case 'cause_found':
    case 'no_errors':
    case 'inconclusive':
      // It may have recovered before any run came to an end.
      if (record === null) return [part(section(recovery(investigation)))];
      return [
        ...(investigation.state === 'resolved' ? [part(section(quiet(investigation)))] : []),
        ...verdictParts(investigation, record.report),
      ];
    default:
      return assertNever(phase);
  }
}

function progress(investigation: Investigation, checks: readonly Check[]): Markup {
  const found = currentFindings(investigation);
  const problems = found.filter(finding => finding.status === 'problem').slice(0, 3);
  const lines = problems.map(finding => md`• ${finding.summary}`);
  const so = found.length === 0 ? md`` : md` So far: ${tally(found.map(finding => finding.status))}.`;
  return join([md`${progressWords(investigation, checks)}${so}`, ...lines], '\n');
}

/** The verdict of the run before stays readable while a new one is under way. */
function before(report: Report | undefined): Part[] {
  if (report === undefined) return [];
  return [optional(section(md`*Previous run* (${minute(report.generatedAt)}): ${oneLineVerdict(report)}`))];
}

function resolution({ resolved }: Investigation): Markup {
  return resolved === undefined ? md`Closed.` : md`Closed by ${person(resolved.by)}, ${minute(resolved.at)}.`;
}

/** The answer is given, so it is not left open; how to ask again. */
function quiet({ target }: Investigation): Markup {
  const command = code(`${slashCommand} ${target.apiId} ${target.stage}`, LIMITS.excerpt);
  return md`There is nothing to investigate, so this is closed. To look again, type ${command}; *Reopen* keeps it open, to be watched.`;
}

function footer(investigation: Investigation): Markup {
  const { id, trigger, reopened } = investigation;
  const again = repeated(investigation);
  const more = again === null ? md`` : md` · ${again}`;
  const back = reopened === undefined ? md`` : md` · opened again by ${person(reopened.by)}, ${minute(reopened.at)}`;
  // Whoever asks last is not who asked: the first one reads the card, too.
  const { by, at } = firstAsked(investigation) ?? trigger;
  const rerun = trigger.kind === 'rerun' ? md` · run again by ${person(trigger.by)}, ${minute(trigger.at)}` : md``;
  const started = by === null ? md`Started by an alarm` : md`Asked by ${person(by)}`;
  return md`${started}, ${minute(at)}${more}${rerun}${back} · investigation ${id}`;
}
