/** The whole record as Markdown, for a post-mortem. Untrusted text can neither format, nor link, nor hold HTML. */
import type { Change, Evidence, ReportedFinding } from '../diagnosis/types.ts';
import type { AuditEntry } from '../investigations/audit-types.ts';
import type { Handoff, Investigation } from '../investigations/types.ts';
import { fromFirstError } from '../lasting.ts';
import { causeName } from './cause-name.ts';
import { address, code, safe, verbatim } from './markdown-text.ts';
import { assertNever, count, gapWords, headline, impactWords, patternWords, place, statusWords, utc } from './words.ts';

/** `audit`: oldest first. */
export function markdownOf(
  investigation: Investigation,
  audit: readonly AuditEntry[],
  names: Names = new Map<string, string>(),
): string {
  const { id, target } = investigation;
  const who = namedBy(names);
  return [
    `# Incident: ${safe(target.apiName)}, stage ${safe(target.stage)}`,
    `${safe(place(target))}\\\nInvestigation ${safe(id)}, ${safe(investigation.state)}, as of ${utc(investigation.updatedAt)}. All times are UTC.`,
    ...verdict(investigation),
    ...block('Timeline', timeline(investigation, audit, who)),
    ...block('What changed', (investigation.record?.report.changes ?? []).map(changeLine)),
    ...checks(investigation),
    ...block(
      'Tried by people',
      investigation.notes.map(note => {
        const source = note.link === null ? '' : ` (<${address(note.link)}>)`;
        return `- ${utc(note.at)}, ${who(note.by)}: ${safe(note.text)}${source}`;
      }),
    ),
    ...block(
      'Handoffs',
      investigation.handoffs.flatMap(handoff => handoffLines(handoff, who)),
    ),
    ...block(
      'Feedback',
      investigation.feedback.map(({ by, at, answer, cause, words }) => {
        const about = cause === null ? '' : ` (about ${code(cause)})`;
        return `- ${utc(at)}, ${who(by)}: ${answer}${about}${words === null ? '' : `, ${safe(words)}`}`;
      }),
    ),
    ...block(
      'Audit',
      audit.map(entry => auditLine(entry, who, names)),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
}

/** How people and groups are called; who is not known keeps the id. */
export type Names = ReadonlyMap<string, string>;

type Who = (id: string) => string;

function namedBy(names: Names): Who {
  return id => {
    const name = names.get(id);
    if (name !== undefined) return safe(name);
    if (/^[UW][A-Z0-9]{2,20}$/.test(id)) return `Slack user ${id}`;
    return /^S[A-Z0-9]{2,20}$/.test(id) ? `Slack group ${id}` : safe(id);
  };
}

/** Ids of people and groups, also in a sentence. */
const idPattern = /\b[UWS][A-Z0-9]{7,20}\b/g;

/** Whom the export of it speaks of: users (U…, W…) and groups (S…). */
export function idsIn(investigation: Investigation, audit: readonly AuditEntry[]): string[] {
  const { notes, handoffs, feedback, resolved } = investigation;
  const told = [
    ...notes.map(({ by }) => by),
    ...handoffs.flatMap(({ from, to, answer }) => [from, to.id, answer?.by ?? '']),
    ...feedback.map(({ by }) => by),
    resolved?.by ?? '',
    ...audit.flatMap(({ who, detail }) => [who, detail]),
  ];
  return [...new Set(told.flatMap(text => text.match(idPattern) ?? []))];
}

function verdict({ record, failure }: Investigation): string[] {
  if (failure !== null) return ['## Verdict', `The diagnosis could not be finished: ${safe(failure)}`];
  if (record === null) return ['## Verdict', 'There is none yet.'];
  const { report } = record;
  const { causes, gaps, ruledOut } = report.verdict;
  return [
    '## Verdict',
    `**${safe(headline(report))}.** Impact: ${safe(impactWords(report))}. Errors: ${safe(patternWords(report))}.`,
    ...causes.flatMap(({ id, confidence, summary, remedy, cli, evidence }) => [
      `### ${causeName(id)} (${code(id)}, confidence: ${confidence})\n\n${safe(summary)}\n\nFix: ${safe(remedy)}${evidence.length === 0 ? '' : `\n\nEvidence: ${evidence.map(safe).join(', ')}`}`,
      ...(cli === null ? [] : [verbatim(cli)]),
    ]),
    ...block(
      'Ruled out',
      ruledOut.map(one => `- ${causeName(one.id)}: ${safe(one.because)}`),
    ),
    ...block(
      'Could not be read',
      gaps.map(gap => {
        const { sentence, command } = gapWords(gap);
        return `- ${safe(sentence)}${command === null ? '' : ` ${code(command)}`}`;
      }),
    ),
  ];
}

/** What happened and what was done, in one order. */
function timeline(investigation: Investigation, audit: readonly AuditEntry[], who: Who): string[] {
  const { record, createdAt, recovered, resolved, notes, late } = investigation;
  const events: [at: string, what: string][] = [
    ...(record?.report.window.onset == null
      ? []
      : [[record.report.window.onset, 'First failing minute.'] as [string, string]]),
    ...(record?.report.changes ?? []).map((change): [string, string] => [
      change.effectiveAt ?? change.at,
      `Change: ${safe(change.event)} on ${safe(change.resource)} by ${safe(change.who ?? 'somebody unknown')}.`,
    ]),
    [createdAt, 'Investigation opened.'],
    ...(record === null
      ? []
      : [[record.report.generatedAt, `Diagnosis finished: ${safe(headline(record.report))}.`] as [string, string]]),
    ...(late === null
      ? []
      : [[late.at, `CloudTrail delivered ${count(late.changes.length, 'more change')}.`] as [string, string]]),
    ...notes.map((note): [string, string] => [note.at, `Note by ${who(note.by)}: ${safe(note.text)}`]),
    ...audit
      .filter(({ action }) => !['opened', 'note_added', 'denied', 'exported', 'recovered'].includes(action))
      // The last closing is told from the record, which knows it without an audit too.
      .filter(({ action, at }) => action !== 'resolved' || at !== resolved?.at)
      .map((entry): [string, string] => [entry.at, `${actionWords(entry.action)} by ${actor(entry, who)}.`]),
    ...(recovered === undefined ? [] : [[recovered.at, `Recovered, told by the ${recovered.by}.`] as [string, string]]),
    ...(resolved === undefined ? [] : [[resolved.at, `Closed by ${who(resolved.by)}.`] as [string, string]]),
  ];
  return events.toSorted(([a], [b]) => Date.parse(a) - Date.parse(b)).map(([at, what]) => `- ${utc(at)}: ${what}`);
}

function changeLine(change: Change): string {
  const { event, resource, who, detail, minutesBeforeOnset: minutes } = change;
  const when = minutes === null ? '' : `, ${fromFirstError(minutes)}`;
  const effective = change.effectiveAt === null ? 'not in effect' : `in effect ${utc(change.effectiveAt)}`;
  return `- ${utc(change.at)}: ${safe(event)} on ${safe(resource)} by ${safe(who ?? 'somebody unknown')}, ${effective}${when}. ${safe(detail)}`;
}

function checks({ record }: Investigation): string[] {
  if (record === null) return [];
  const { steps, diagnoses, extended } = record.report;
  return [...findings('Playbook', steps), ...findings('Diagnoses', diagnoses), ...findings('Extended', extended)];
}

function findings(title: string, all: readonly ReportedFinding[]): string[] {
  if (all.length === 0) return [];
  return [
    `## ${title}`,
    ...all.flatMap(finding => {
      const number = finding.number === undefined ? '' : `${finding.number}. `;
      const head = `### ${number}${safe(finding.title)}: ${statusWords[finding.status]}`;
      return [`${head}\n\n${safe(finding.summary)}`, ...finding.evidence.flatMap(evidenceParts)];
    }),
  ];
}

function evidenceParts({ id, text, source, resource, at, link, cli, excerpt }: Evidence): string[] {
  const when = at === null ? '' : `, ${utc(at)}`;
  const url = link === null ? '' : address(link);
  return [
    `- ${safe(id)}: ${safe(text)} (${safe(source)}, ${safe(resource)}${when})${url === '' ? '' : ` <${url}>`}`,
    ...(excerpt === undefined || excerpt === '' ? [] : [verbatim(excerpt)]),
    ...(cli === null ? [] : [verbatim(cli)]),
  ];
}

function handoffLines({ from, to, offeredAt, state, answer, words }: Handoff, who: Who): string[] {
  const said: [string, string][] = [
    ['State', words.state],
    ['Impact', words.impact],
    ['Tried', words.tried],
    ['Next', words.next],
    ['Contingency', words.contingency],
  ];
  return [
    `- ${utc(offeredAt)}: ${who(from)} to ${who(to.id)}, ${outcome(state)}${answer === null ? '' : ` by ${who(answer.by)} at ${utc(answer.at)}${answer.words === '' ? '' : `: ${safe(answer.words)}`}`}`,
    ...said.filter(([, text]) => text !== '').map(([name, text]) => `  - ${name}: ${safe(text)}`),
  ];
}

function outcome(state: Handoff['state']): string {
  switch (state) {
    case 'offered':
      return 'not answered yet';
    case 'superseded':
      return 'taken back';
    case 'accepted':
    case 'declined':
      return state;
    case 'taken':
      return 'taken over';
    default:
      return assertNever(state);
  }
}

function auditLine(entry: AuditEntry, who: Who, names: Names): string {
  const { at, action, via, detail } = entry;
  const more = detail === '' ? '' : `: ${safe(detail.replace(idPattern, id => names.get(id) ?? id))}`;
  return `- ${utc(at)}: ${actionWords(action)} by ${actor(entry, who)} (${safe(via)})${more}`;
}

function actionWords(action: AuditEntry['action']): string {
  const words = action.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function actor({ who: id }: AuditEntry, who: Who): string {
  return id === 'alarm' ? 'an alarm' : who(id);
}
