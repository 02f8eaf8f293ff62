/** A report's verdict as blocks. */
import type { Change, Gap, RankedCause, Report } from '../diagnosis/types.ts';
import type { Investigation } from '../investigations/types.ts';
import {
  context,
  fields,
  join,
  LIMITS,
  type Markup,
  md,
  minute,
  optional,
  type Part,
  part,
  preformatted,
  prose,
  section,
  when,
  words,
} from './blocks.ts';
import { additions, alarmLines, impactSpoken, ownership, recovery, trendNow, watching } from './standing.ts';
import {
  around,
  assertNever,
  beforeOnset,
  byNearness,
  confidenceWords,
  count,
  evidenceOf,
  gapName,
  gapsOf,
  gapWords,
  headline,
  isCarried,
  routeWords,
  shareWords,
  spanWords,
  tally,
  toldByImpact,
  whyInconclusive,
  withoutDay,
} from './words.ts';

/** How many of each the card shows; the rest is counted, and stands in the thread or the JSON report. */
const shown = { causes: 3, changes: 3, gaps: 4, gapNames: 1_500, routes: 3, excerpt: 360 } as const;

/** The card's middle: causes with evidence and fix, what changed, the figures, and what could not be read. */
export function verdictParts(investigation: Investigation, report: Report): Part[] {
  const { causes } = report.verdict;
  return [
    ...(investigation.state === 'recovered' ? [part(section(recovery(investigation)))] : []),
    ...opening(report),
    ...causes.slice(0, shown.causes).flatMap((cause, index) => causeParts(report, cause, index, causes.length)),
    ...more(causes.length - shown.causes, 'cause'),
    // With one cause, what brought it about comes before how to mend it; several are mended one by one.
    ...changeParts(report),
    ...(causes.length === 1 ? causes.flatMap(remedyParts) : []),
    part(fields(facts(investigation, report))),
    ...routeParts(report),
    ...additions(investigation),
    ...gapParts(report),
  ];
}

function opening(report: Report): Part[] {
  const { status, causes } = report.verdict;
  switch (status) {
    case 'cause_found':
      return [];
    case 'no_errors': {
      const others = causes.length === 0 ? md`` : md` Requests are refused with a 4xx, though:`;
      const span = md`${spanWords(report.window)} ${minute(report.window.end)}`;
      return [part(section(md`No request ended with a 5xx in ${span}.${others}`))];
    }
    case 'inconclusive': {
      return [part(section(md`Requests fail. ${whyInconclusive(report)}`))];
    }
    default:
      return assertNever(status);
  }
}

function causeParts(report: Report, cause: RankedCause, index: number, of: number): Part[] {
  const evidence = evidenceOf(report).get(cause.evidence[0] ?? '');
  const number = of > 1 ? md`*${index + 1}.* ` : md``;
  const share = cause.errorShare === null ? md`` : md` · explains ${shareWords(cause.errorShare)}`;
  const lines = [
    md`${number}*${words(cause.summary)}*`,
    md`Confidence: ${confidenceWords[cause.confidence]}${share}`,
    ...(evidence === undefined ? [] : [md`Evidence: ${withoutDay(evidence.text, report.generatedAt)}`]),
  ];
  const excerpt = around(evidence?.excerpt ?? '', evidence?.match, shown.excerpt);
  return [
    index === 0 ? part(section(join(lines, '\n'))) : optional(section(join(lines, '\n'))),
    ...(excerpt === '' ? [] : [optional(preformatted(excerpt, shown.excerpt + 1))]),
    ...(of > 1 ? remedyParts(cause) : []),
  ];
}

function remedyParts(cause: RankedCause): Part[] {
  const command = cause.cli === null ? [] : [preformatted(cause.cli)];
  return [optional(section(md`*Fix:* ${prose(cause.remedy)}`), ...command)];
}

function changeParts(report: Report): Part[] {
  const changes = byNearness(report.changes);
  if (changes.length === 0) return [];
  const lines = changes.slice(0, shown.changes).map(change => md`• ${changeWords(change)}`);
  return [
    optional(section(join([md`*What changed*`, ...lines], '\n'))),
    ...more(changes.length - shown.changes, 'change'),
  ];
}

function changeWords(change: Change): Markup {
  const detail = change.detail === '' ? md`` : md`: ${words(change.detail, 300)}`;
  const who = change.who === null ? 'by somebody unknown' : `by ${change.who}`;
  const made = isCarried(change) ? md`; made ${when(change.at)}` : md``;
  return md`*${words(change.event, LIMITS.name)}* on ${words(change.resource, 200)} ${words(who, 200)}, ${beforeOnset(change)} (${when(change.effectiveAt ?? change.at)})${made}${detail}`;
}

function facts(investigation: Investigation, report: Report): Markup[] {
  const { window } = report;
  const alarms = alarmLines(investigation);
  const watch = watching(investigation);
  const checked = [...report.steps, ...report.diagnoses].map(finding => finding.status);
  return [
    md`*First failing minute*\n${window.onset === null ? 'none seen in the metrics' : minute(window.onset)}`,
    md`*Trend*\n${trendNow(investigation, report)}`,
    md`*Impact*\n${impactSpoken(report)}`,
    ...(toldByImpact(report) ? [] : [md`*Looked at*\n${spanWords(window)} ${minute(window.end)}`]),
    md`*Checks*\n${tally(checked)}`,
    md`*Owner*\n${ownership(investigation)}`,
    ...(alarms.length === 0 ? [] : [md`*${alarms.length === 1 ? 'Alarm' : 'Alarms'}*\n${join(alarms, '\n')}`]),
    ...(watch === null ? [] : [md`*Watched*\n${watch}`]),
  ];
}

function routeParts(report: Report): Part[] {
  const routes = (report.impact.routes ?? []).slice(0, shown.routes);
  if (routes.length === 0) return [];
  return [optional(section(md`*Failing most:* ${routeWords(routes)}`))];
}

function gapParts(report: Report): Part[] {
  const { unread, late } = gapsOf(report);
  return [...gapList(md`*Could not be read*`, unread), ...gapList(md`*Not yet delivered*`, late)];
}

function gapList(title: Markup, gaps: readonly Gap[]): Part[] {
  const blocks = gaps.slice(0, shown.gaps).map((gap, index) => {
    const { sentence, command } = gapWords(gap);
    const line = index === 0 ? md`${title}\n• ${sentence}` : md`• ${sentence}`;
    return optional(section(line), ...(command === null ? [] : [preformatted(command)]));
  });
  return [...blocks, ...unlisted(gaps.slice(shown.gaps))];
}

/** Those without a place of their own are named all the same: some of them stand nowhere else in Slack. */
function unlisted(gaps: readonly Gap[]): Part[] {
  if (gaps.length === 0) return [];
  const names = [...new Set(gaps.map(gapName))].join(', ');
  return [optional(context(words(`and ${count(gaps.length, 'more gap')}: ${names}`, shown.gapNames)))];
}

function more(n: number, what: string): Part[] {
  return n > 0 ? [optional(context(md`and ${count(n, `more ${what}`)}, in the thread and the JSON report.`))] : [];
}

/** The first cause and its confidence. */
export function oneLineVerdict(report: Report): Markup {
  const first = report.verdict.causes[0];
  return first === undefined ? md`${headline(report)}.` : md`${headline(report)}: ${firstCause(first)}`;
}

function firstCause({ summary, confidence }: RankedCause): Markup {
  return md`${summary} Confidence: ${confidence}.`;
}

/** The same under a status line: what that says already is not said again. Begins a line of its own; empty without one. */
export function verdictLine({ state, record }: Investigation): Markup {
  if (record === null) return md``;
  if (state !== 'diagnosed') return md`\n${oneLineVerdict(record.report)}`;
  const first = record.report.verdict.causes[0];
  return first === undefined ? md`` : md`\n${firstCause(first)}`;
}
