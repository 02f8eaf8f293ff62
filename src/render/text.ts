/** The terminal's view of a report: what the card and its thread say, without markup. */
import type { Candidate, RankedCause, Report, ReportedFinding } from '../diagnosis/types.ts';
import {
  beforeOnset,
  byNearness,
  candidateWords,
  confidenceWords,
  count,
  evidenceOf,
  gapsOf,
  gapWords,
  headline,
  impactWords,
  isCarried,
  oneLine,
  patternWords,
  percent,
  place,
  printable,
  spoken,
  statusWords,
  tally,
  utc,
  whyInconclusive,
} from './words.ts';

export interface TextOptions {
  /** Columns; prose is wrapped, but log lines and commands are never broken. */
  width: number;
  colour: boolean;
}

const ansi = { bold: '1', red: '31', green: '32', yellow: '33', dim: '2' } as const;
type Style = keyof typeof ansi;

const statusStyles: Record<ReportedFinding['status'], Style> = {
  problem: 'red',
  warning: 'yellow',
  ok: 'green',
  unknown: 'yellow',
  not_applicable: 'dim',
};

/** The whole report; ends with a line break. */
export function reportText(report: Report, options: TextOptions): string {
  const paint = painter(options.colour);
  const { target, verdict } = report;
  const gaps = gapsOf(report);
  const lines = [
    paint('bold', `${headline(report)}: ${oneLine(target.apiName)}, stage ${oneLine(target.stage)}`),
    oneLine(place(target)),
    '',
    ...verdict.causes.flatMap((cause, index) => causeLines(report, cause, index, options)),
    ...closing(report, options),
    ...block('What changed', changeLines(report), options),
    ...block('Figures', figureLines(report), options),
    ...findingLines('Playbook', report.steps, options),
    ...findingLines('Diagnoses', report.diagnoses, options),
    ...findingLines('Wider look, over 30 minutes', report.extended, options),
    ...block('Could not be read', gaps.unread.map(gapWords), options),
    ...block('Not yet delivered', gaps.late.map(gapWords), options),
    ...block(
      'Ruled out',
      verdict.ruledOut.map(item => `${item.id}: ${item.because}`),
      options,
    ),
    paint('dim', statsLine(report)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Why there is no report: nothing, or more than one thing, fits. Ends with a line break. */
export function candidatesText(sentence: string, candidates: readonly Candidate[], options: TextOptions): string {
  const rows = candidates.map(candidate => `${candidate.apiName}: ${candidateWords(candidate)}`);
  return `${[...wrap(sentence, '', options.width), ...rows.flatMap(row => wrap(row, '  ', options.width))].join('\n')}\n`;
}

function causeLines(report: Report, cause: RankedCause, index: number, options: TextOptions): string[] {
  const paint = painter(options.colour);
  const evidence = evidenceOf(report).get(cause.evidence[0] ?? '');
  const share = cause.errorShare === null ? '' : `; in ${percent(cause.errorShare)} of the failing requests`;
  const number = report.verdict.causes.length > 1 ? `${index + 1}. ` : '';
  return [
    ...wrap(`${number}${cause.summary}`, '', options.width).map(line => paint('bold', line)),
    ...wrap(`Cause: ${cause.id}. Confidence: ${confidenceWords[cause.confidence]}${share}.`, '   ', options.width),
    ...(evidence === undefined ? [] : wrap(`Evidence: ${evidence.text}`, '   ', options.width)),
    ...verbatim(evidence?.excerpt ?? null),
    ...wrap(`Fix: ${cause.remedy}`, '   ', options.width),
    ...verbatim(cause.cli),
    '',
  ];
}

function closing(report: Report, options: TextOptions): string[] {
  if (report.verdict.causes.length > 0 || report.verdict.status === 'no_errors') return [];
  return [...wrap(`Requests fail, but no cause could be shown. ${whyInconclusive(report)}`, '', options.width), ''];
}

function changeLines(report: Report): string[] {
  return byNearness(report.changes).map(change => {
    const detail = change.detail === '' ? '' : `: ${change.detail}`;
    const made = isCarried(change) ? `; made ${utc(change.at)}` : '';
    return `${change.event} on ${change.resource} by ${change.who ?? 'somebody unknown'}, ${beforeOnset(change)} (${utc(change.effectiveAt ?? change.at)})${made}${detail}`;
  });
}

function figureLines(report: Report): string[] {
  const { window, impact } = report;
  const routes = (impact.routes ?? []).slice(0, 3).map(route => `${route.method} ${route.path} (${route.errors})`);
  return [
    `First failing minute: ${window.onset === null ? 'none seen in the metrics' : utc(window.onset)}`,
    `Pattern: ${patternWords(report)}`,
    `Requests: ${impactWords(impact)}`,
    ...(routes.length === 0 ? [] : [`Failing most: ${routes.join(', ')}`]),
    `Looked at: ${utc(window.extendedTo ?? window.start)} to ${utc(window.end)}`,
    `Checks: ${tally([...report.steps, ...report.diagnoses].map(finding => finding.status))}`,
  ];
}

function findingLines(title: string, findings: readonly ReportedFinding[], options: TextOptions): string[] {
  if (findings.length === 0) return [];
  const paint = painter(options.colour);
  const rows = findings.flatMap(finding => {
    const number = finding.number === undefined ? '' : `${finding.number} `;
    const name = `  ${number}${oneLine(finding.title)}: `;
    return [
      `${name}${paint(statusStyles[finding.status], statusWords[finding.status])}`,
      ...wrap(finding.summary, '     ', options.width),
    ];
  });
  return [paint('bold', title), ...rows, ''];
}

function block(title: string, items: readonly string[], options: TextOptions): string[] {
  if (items.length === 0) return [];
  return [painter(options.colour)('bold', title), ...items.flatMap(item => wrap(item, '  ', options.width)), ''];
}

function statsLine({ stats, generatedAt }: Report): string {
  const seconds = (stats.durationMs / 1000).toFixed(1);
  return `${count(stats.awsCalls.total, 'AWS call')} in ${seconds} s, ${utc(generatedAt)}`;
}

/** Log lines and commands as they stand, so that they can be copied. */
function verbatim(text: string | null): string[] {
  if (text === null || text.trim() === '') return [];
  return printable(text)
    .trim()
    .split('\n')
    .map(line => `      ${line}`);
}

/** Wraps at `width` columns; a word that is longer stands on a line of its own, whole. */
function wrap(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of spoken(text).split(' ')) {
    if (line !== '' && columns(indent) + columns(line) + 1 + columns(word) > width) {
      lines.push(`${indent}${line}`);
      // What continues is set in, so that a list can still be told apart.
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, `${indent}${line}`];
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

function columns(text: string): number {
  let total = 0;
  for (const { segment } of graphemes.segment(text)) total += wide.test(segment) ? 2 : 1;
  return total;
}

function painter(colour: boolean): (style: Style, text: string) => string {
  return (style, text) => (colour ? `\u001b[${ansi[style]}m${text}\u001b[0m` : text);
}
