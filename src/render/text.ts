/** The terminal's view of a report: what the card and its thread say, without markup. */
import type { Candidate, Gap, RankedCause, Report, ReportedFinding } from '../diagnosis/types.ts';
import {
  around,
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
  patternWords,
  place,
  printable,
  routeWords,
  seconds,
  shareWords,
  spanWords,
  spoken,
  statusWords,
  tally,
  toldByImpact,
  utc,
  whyInconclusive,
  withoutDay,
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
    ...wrap(`${headline(report)}: ${target.apiName}, stage ${target.stage}`, '', options.width).map(line =>
      paint('bold', line),
    ),
    ...wrap(place(target), '', options.width),
    '',
    ...verdict.causes.flatMap((cause, index) => causeLines(report, cause, index, options)),
    ...closing(report, options),
    ...block('What changed', changeLines(report), options),
    ...block('Figures', figureLines(report), options),
    ...findingLines('Playbook', report.steps, options),
    ...findingLines('Diagnoses', report.diagnoses, options),
    ...findingLines(
      report.window.extendedTo === null ? 'Besides' : 'Wider look, over 30 minutes',
      report.extended,
      options,
    ),
    ...gapLines('Could not be read', gaps.unread, options),
    ...gapLines('Not yet delivered', gaps.late, options),
    ...block(
      'Ruled out',
      verdict.ruledOut.map(item => `${item.id}: ${item.because}`),
      options,
    ),
    ...wrap(statsLine(report), '', options.width).map(line => paint('dim', line)),
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
  const share = cause.errorShare === null ? '' : `; explains ${shareWords(cause.errorShare)}`;
  const number = report.verdict.causes.length > 1 ? `${index + 1}. ` : '';
  return [
    ...wrap(`${number}${cause.summary}`, '', options.width).map(line => paint('bold', line)),
    ...wrap(`Cause: ${cause.id}. Confidence: ${confidenceWords[cause.confidence]}${share}.`, '   ', options.width),
    ...(evidence === undefined
      ? []
      : wrap(`Evidence: ${withoutDay(evidence.text, report.generatedAt)}`, '   ', options.width)),
    ...verbatim(around(evidence?.excerpt ?? '', evidence?.match, excerptLength)),
    ...pointer('Check by hand:', evidence?.cli ?? null),
    ...pointer('In the console:', evidence?.link ?? null),
    ...wrap(`Fix: ${cause.remedy}`, '   ', options.width),
    ...verbatim(cause.cli),
    '',
  ];
}

/** A log line is shown around the words that decided; the command below it shows all of it. */
const excerptLength = 360;

/** A command or an address on a line of its own, unbroken. */
function pointer(title: string, text: string | null): string[] {
  return text === null ? [] : [`   ${title}`, ...verbatim(text)];
}

function closing(report: Report, options: TextOptions): string[] {
  if (report.verdict.causes.length > 0 || report.verdict.status === 'no_errors') return [];
  return [...wrap(`Requests fail. ${whyInconclusive(report)}`, '', options.width), ''];
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
  const routes = (impact.routes ?? []).slice(0, 3);
  return [
    `First failing minute: ${window.onset === null ? 'none seen in the metrics' : utc(window.onset)}`,
    `Trend: ${patternWords(report)}`,
    `Impact: ${impactWords(report)}`,
    ...(routes.length === 0 ? [] : [`Failing most: ${routeWords(routes)}`]),
    ...(toldByImpact(report) ? [] : [`Looked at: ${spanWords(window)} ${utc(window.end)}`]),
    `Checks: ${tally([...report.steps, ...report.diagnoses].map(finding => finding.status))}`,
  ];
}

function findingLines(title: string, findings: readonly ReportedFinding[], options: TextOptions): string[] {
  if (findings.length === 0) return [];
  const paint = painter(options.colour);
  const rows = findings.flatMap(finding => {
    const number = finding.number === undefined ? '' : `${finding.number} `;
    const status = statusWords[finding.status];
    const name = wrap(`${number}${finding.title}: ${status}`, '  ', options.width);
    return [
      // The words of a status stand at the end of a line, or are wrapped and stay plain.
      ...name.map(line =>
        line.endsWith(status) ? `${line.slice(0, -status.length)}${paint(statusStyles[finding.status], status)}` : line,
      ),
      ...wrap(finding.summary, '     ', options.width),
    ];
  });
  return [paint('bold', title), ...rows, ''];
}

function block(title: string, items: readonly string[], options: TextOptions): string[] {
  if (items.length === 0) return [];
  return [painter(options.colour)('bold', title), ...items.flatMap(item => wrap(item, '  ', options.width)), ''];
}

function gapLines(title: string, gaps: readonly Gap[], options: TextOptions): string[] {
  if (gaps.length === 0) return [];
  const rows = gaps.flatMap(gap => {
    const { sentence, command } = gapWords(gap);
    return [...wrap(sentence, '  ', options.width), ...verbatim(command)];
  });
  return [painter(options.colour)('bold', title), ...rows, ''];
}

function statsLine({ stats, generatedAt }: Report): string {
  return `${count(stats.awsCalls.total, 'AWS call')} in ${seconds(stats.durationMs)}, ${utc(generatedAt)}`;
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
  const room = width - columns(indent);
  let line = '';
  let used = 0;
  for (const word of spoken(text).split(' ')) {
    const needed = columns(word);
    if (line !== '' && used + 1 + needed > room) {
      lines.push(`${indent}${line}`);
      // What continues is set in, so that a list can still be told apart.
      line = `  ${word}`;
      used = 2 + needed;
    } else {
      used = line === '' ? needed : used + 1 + needed;
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, `${indent}${line}`];
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

const narrow = /^[ -~]*$/;

function columns(text: string): number {
  if (narrow.test(text)) return text.length;
  let total = 0;
  for (const { segment } of graphemes.segment(text)) total += wide.test(segment) ? 2 : 1;
  return total;
}

function painter(colour: boolean): (style: Style, text: string) => string {
  return (style, text) => (colour ? `\u001b[${ansi[style]}m${text}\u001b[0m` : text);
}
