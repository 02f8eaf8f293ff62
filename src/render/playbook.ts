/** The two messages of the thread with a row and a button for each check: the playbook's steps, and the diagnoses. */
import type { Change, Diagnosis, Finding, FindingStatus, Step } from '../diagnosis/types.ts';
import type { Investigation, Press } from '../investigations/types.ts';
import {
  button,
  compose,
  context,
  LIMITS,
  type Markup,
  type Message,
  md,
  optional,
  type Part,
  part,
  person,
  section,
  table,
  when,
  words,
} from './blocks.ts';
import { checkId } from './ids.ts';
import { assertNever, beforeOnset, byNearness, count, statusWords, tally, utc, whereabouts } from './words.ts';

/** What is shown of a check before it has an outcome; the playbook's own definitions are such. */
export type Check = Pick<Step | Diagnosis, 'group' | 'number' | 'title' | 'question'>;

const groups = {
  step: { title: 'Playbook', what: 'steps', name: 'Step' },
  diagnosis: { title: 'Diagnoses', what: 'diagnoses', name: 'Diagnosis' },
} as const;

const glyphs: Record<FindingStatus, string> = {
  problem: '🔴',
  warning: '🟡',
  ok: '🟢',
  unknown: '❔',
  not_applicable: '➖',
};

/** Glyph and words; the glyph never stands alone. */
export function statusLabel(status: FindingStatus): string {
  return `${glyphs[status]} ${statusWords[status]}`;
}

/** The findings that are shown now: of the run under way, else of the last one. */
export function currentFindings(investigation: Investigation): Finding[] {
  if (investigation.state === 'investigating') return investigation.progress;
  return investigation.record?.findings ?? [];
}

export function findingOf(investigation: Investigation, check: string): Finding | undefined {
  return currentFindings(investigation).find(finding => checkId(finding) === check);
}

export function checkName(check: { group: Finding['group']; number: number | null; title: string }): string {
  return check.group === 'extended' ? check.title : `${groups[check.group].name} ${check.number}: ${check.title}`;
}

/** One message for the nine steps, or for the five diagnoses. */
export function playbookMessage(
  investigation: Investigation,
  checks: readonly Check[],
  group: 'step' | 'diagnosis',
): Message {
  const { title, what } = groups[group];
  const { apiName, stage } = investigation.target;
  const where = whereabouts(investigation.target);
  const own = checks.filter(check => check.group === group);
  const findings = currentFindings(investigation).filter(finding => finding.group === group);
  const summary = findings.length === 0 ? 'none done yet' : tally(findings.map(finding => finding.status));
  const rows = own.map(check => part(row(investigation, check)));
  const done = `${findings.length} of ${own.length} ${what} done`;
  return compose(
    `${title} for ${apiName}, stage ${stage} (${where}): ${findings.length === 0 ? done : `${done}; ${summary}`}.`,
    [
      part(
        section(
          md`*${title}* for ${words(apiName, LIMITS.name)}, stage ${words(stage, LIMITS.name)} (${where}) · ${summary}`,
        ),
      ),
      ...rows,
      ...(group === 'diagnosis' ? [...changeRows(investigation), ...widerRows(investigation)] : []),
    ],
    left => md`_${left} more rows have no room here; the JSON report has them all._`,
  );
}

// A row must always fit, whatever the length of its sentence: nine of them share one message.
const rowSentence = 420;

function row(investigation: Investigation, check: Check) {
  const id = checkId(check);
  const finding = findingOf(investigation, id);
  const press = investigation.presses[id];
  const title = md`*${String(check.number)} · ${words(check.title, LIMITS.name)}*`;
  if (press?.state === 'running') {
    const state = investigation.waitingSince === undefined ? 'Running again, by' : 'Waiting for a turn, pressed by';
    return section(md`${title} · ⏳ ${state} ${person(press.by)}${sentence(finding)}`);
  }
  if (finding === undefined) return section(md`${title} · ${pendingWords(investigation)}`);
  const state = md`${title} · ${statusLabel(finding.status)}${sentence(finding)}${pressed(press)}`;
  return section(state, checkButton(investigation, check));
}

function sentence(finding: Finding | undefined): Markup {
  return finding === undefined ? md`` : md`\n${words(finding.summary, rowSentence)}`;
}

export const checkButtonText = { show: 'Show evidence', run: 'Show and run again' } as const;

function checkButton(investigation: Investigation, check: Check) {
  // A closed investigation keeps its evidence, and a run under way brings every check anew.
  const readOnly = investigation.state !== 'diagnosed';
  const name = `${groups[check.group === 'diagnosis' ? 'diagnosis' : 'step'].name} ${check.number}`;
  return button({
    id: checkId(check),
    text: readOnly ? checkButtonText.show : checkButtonText.run,
    value: investigation.id,
    label: readOnly ? `${name}: show the evidence` : `${name}: show the evidence and run it again`,
  });
}

function pendingWords(investigation: Investigation): string {
  switch (investigation.state) {
    case 'investigating':
      return investigation.waitingSince === undefined ? '⏳ Running' : '⏳ Waiting for a turn';
    case 'diagnosed':
    case 'recovered':
    case 'resolved':
      return '➖ Not run';
    default:
      return assertNever(investigation.state);
  }
}

/** Who ran it again, and when. */
export function pressed(press: Press | undefined): Markup {
  if (press === undefined) return md``;
  switch (press.state) {
    case 'running':
      return md`\n_⏳ Running again, by ${person(press.by)}._`;
    case 'done':
      return md`\n_Run again by ${person(press.by)}, ${when(press.at)}._`;
    case 'failed':
      return md`\n_The run asked for by ${person(press.by)} could not be finished, ${when(press.at)}; press again._`;
    default:
      return assertNever(press.state);
  }
}

/** How many changes the thread lists; the JSON report has them all. */
const changesShown = 20;

/** All that changed, nearest before the first error first; the card has only the first few. */
function changeRows({ state, record }: Investigation): Part[] {
  if (state === 'investigating' || record === null) return [];
  const changes = byNearness(record.report.changes);
  if (changes.length === 0) return [];
  const shown = changes.slice(0, changesShown);
  const what = ({ event, resource }: Change) => `${event} on ${resource}`;
  const who = (change: Change) => change.who ?? 'somebody unknown';
  const rows = shown.map(change => [
    what(change),
    who(change),
    beforeOnset(change),
    utc(change.effectiveAt ?? change.at),
  ]);
  const lines = shown.map(change =>
    context(md`• ${words(what(change), LIMITS.cell)} by ${words(who(change), LIMITS.cell)}, ${beforeOnset(change)}`),
  );
  const more = changes.length - shown.length;
  return [
    table(md`*What changed*`, [['What', 'Who', 'When it took effect', 'At'], ...rows], lines),
    ...(more > 0 ? [optional(context(md`and ${count(more, 'more change')}, in the JSON report.`))] : []),
  ];
}

/** What the 30-minute pass found, where it ran; and of a canary release, where there is one. */
function widerRows(investigation: Investigation): Part[] {
  const wider = currentFindings(investigation).filter(finding => finding.group === 'extended');
  if (wider.length === 0) return [];
  const isWide = investigation.record?.report.window.extendedTo != null;
  const title = isWide ? md`*Wider look, over 30 minutes:* nothing above explained the errors.` : md`*Besides*`;
  return [
    part(section(title)),
    ...wider.map(finding =>
      optional(
        section(md`*${words(finding.title, LIMITS.name)}* · ${statusLabel(finding.status)}${sentence(finding)}`),
      ),
    ),
  ];
}
