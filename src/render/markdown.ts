/**
 * The whole record as Markdown, for a post-mortem. Untrusted text is escaped, so that it can neither format, nor link,
 * nor hold HTML: https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
import type { Change, Evidence, ReportedFinding } from '../diagnosis/types.ts';
import type { AuditEntry } from '../investigations/audit-types.ts';
import type { Handoff, Investigation } from '../investigations/types.ts';
import {
  assertNever,
  gapWords,
  headline,
  impactWords,
  oneLine,
  patternWords,
  place,
  printable,
  statusWords,
  utc,
} from './words.ts';

/** `audit`: oldest first. */
export function markdownOf(investigation: Investigation, audit: readonly AuditEntry[]): string {
  const { id, target } = investigation;
  return [
    `# Incident: ${safe(target.apiName)}, stage ${safe(target.stage)}`,
    `${safe(place(target))}\\\nInvestigation ${safe(id)}, ${safe(investigation.state)}, as of ${utc(investigation.updatedAt)}. All times are UTC.`,
    ...verdict(investigation),
    ...block('Timeline', timeline(investigation, audit)),
    ...block('What changed', (investigation.record?.report.changes ?? []).map(changeLine)),
    ...checks(investigation),
    ...block(
      'Tried by people',
      investigation.notes.map(note => {
        const source = note.link === null ? '' : ` (<${address(note.link)}>)`;
        return `- ${utc(note.at)}, ${safe(note.by)}: ${safe(note.text)}${source}`;
      }),
    ),
    ...block('Handoffs', investigation.handoffs.flatMap(handoffLines)),
    ...block(
      'Feedback',
      investigation.feedback.map(({ by, at, answer, cause, words }) => {
        const about = cause === null ? '' : ` (about ${safe(cause)})`;
        return `- ${utc(at)}, ${safe(by)}: ${answer}${about}${words === null ? '' : `, ${safe(words)}`}`;
      }),
    ),
    ...block('Audit', audit.map(auditLine)),
  ]
    .join('\n\n')
    .concat('\n');
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
}

/** One line of text, with every character escaped that Markdown or HTML reads. */
function safe(text: string): string {
  return (
    oneLine(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_{}[\]()#+!|~-]/g, '\\$&')
      // An address would become a link by itself, and a mention would reach somebody where it is pasted.
      .replace(/:\/\//g, ':&#8203;//')
      .replaceAll('@', '&#64;')
  );
}

/** Text as it stands; the fence is longer than any in it. */
function verbatim(text: string): string {
  const body = printable(text).trim();
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${body}\n${fence}`;
}

function address(url: string): string {
  return /^https?:\/\//.test(url) ? printable(url).replace(/[\s<>]/g, encodeURIComponent) : '';
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
      `### ${safe(id)} (confidence: ${confidence})\n\n${safe(summary)}\n\nFix: ${safe(remedy)}${evidence.length === 0 ? '' : `\n\nEvidence: ${evidence.map(safe).join(', ')}`}`,
      ...(cli === null ? [] : [verbatim(cli)]),
    ]),
    ...block(
      'Ruled out',
      ruledOut.map(one => `- ${safe(one.id)}: ${safe(one.because)}`),
    ),
    ...block(
      'Could not be read',
      gaps.map(gap => {
        const { sentence, command } = gapWords(gap);
        return `- ${safe(sentence)}${command === null ? '' : ` ${safe(command)}`}`;
      }),
    ),
  ];
}

/** What happened and what was done, in one order. */
function timeline(investigation: Investigation, audit: readonly AuditEntry[]): string[] {
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
      : [[late.at, `${late.changes.length} late change events delivered by CloudTrail.`] as [string, string]]),
    ...notes.map((note): [string, string] => [note.at, `Note by ${safe(note.by)}: ${safe(note.text)}`]),
    ...audit
      .filter(({ action }) => !['opened', 'note_added', 'denied', 'exported', 'recovered'].includes(action))
      // The last closing is told from the record, which knows it without an audit too.
      .filter(({ action, at }) => action !== 'resolved' || at !== resolved?.at)
      .map((entry): [string, string] => [entry.at, `${entry.action.replaceAll('_', ' ')}, ${safe(entry.who)}`]),
    ...(recovered === undefined ? [] : [[recovered.at, `Recovered, told by the ${recovered.by}.`] as [string, string]]),
    ...(resolved === undefined ? [] : [[resolved.at, `Closed by ${safe(resolved.by)}.`] as [string, string]]),
  ];
  return events.toSorted(([a], [b]) => Date.parse(a) - Date.parse(b)).map(([at, what]) => `- ${utc(at)}: ${what}`);
}

function changeLine(change: Change): string {
  const { event, resource, who, detail, minutesBeforeOnset: minutes } = change;
  const when =
    minutes === null ? '' : `, ${Math.abs(minutes)} min ${minutes >= 0 ? 'before' : 'after'} the first error`;
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

function handoffLines({ from, to, offeredAt, state, answer, words }: Handoff): string[] {
  const said: [string, string][] = [
    ['State', words.state],
    ['Impact', words.impact],
    ['Tried', words.tried],
    ['Next', words.next],
    ['If', words.contingency],
  ];
  return [
    `- ${utc(offeredAt)}: ${safe(from)} to ${safe(to.id)}, ${outcome(state)}${answer === null ? '' : ` by ${safe(answer.by)} at ${utc(answer.at)}${answer.words === '' ? '' : `: ${safe(answer.words)}`}`}`,
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

function auditLine({ at, who, action, via, detail }: AuditEntry): string {
  return `- ${utc(at)}: ${safe(who)}, ${safe(action)}, by ${safe(via)}${detail === '' ? '' : `: ${safe(detail)}`}`;
}
