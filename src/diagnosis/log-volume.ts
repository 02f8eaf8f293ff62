import { countLogLines, dollarsPerGb, type LineCounts } from '../aws/log-insights.ts';
import { type Aspect, claim } from './aspects.ts';
import { classifyLine } from './classify-line.ts';
import { attempt, type Notebook, type Reading } from './finding.ts';
import { failureTerms } from './log-patterns.ts';
import type { FailedRequest, Failures } from './signals.ts';
import type { CauseId, Run } from './types.ts';
import { counted, excerpt, listed, utc } from './wording.ts';

/** All lines of an execution log that tell of a failure, counted where there are more than are read one by one. */
export interface LogVolume {
  logGroup: string;
  counts: Reading<LineCounts>;
}

/** null where the log was read whole. Two calls of Logs Insights and a second or two, else none. */
export async function readLogVolume({ aws, window }: Run, failures: Failures | null): Promise<LogVolume | null> {
  const cut = failures?.sources.find(one => one.kind === 'execution' && one.state === 'read' && !one.complete);
  if (cut?.logGroup == null) return null;
  const query = { start: window.start, end: window.end, terms: failureTerms };
  return { logGroup: cut.logGroup, counts: await attempt(countLogLines(aws.send, cut.logGroup, query)) };
}

/** Sentences that are shown. */
const shownCap = 5;

/** What the counts say beside the requests that were read: how many there are, and causes that none of those has. */
export function volumeAspects(
  volume: LogVolume | null,
  requests: readonly FailedRequest[],
  { target, window }: Run,
  notes: Notebook,
): Aspect[] {
  if (volume?.counts.value == null) return [];
  const { sentences, bytesScanned } = volume.counts.value;
  const lines = sentences.reduce((all, one) => all + one.lines, 0);
  const evidence = notes.note({
    text: `Logs Insights counted ${counted(lines, 'line')} that tell of a failure in ${volume.logGroup} between ${utc(window.start)} and ${utc(window.end)}; it scanned ${size(bytesScanned)}, which costs an estimated $${dollars(bytesScanned)} at $${dollarsPerGb} a GB.`,
    source: 'logs:StartQuery',
    resource: volume.logGroup,
    excerpt: sentences
      .slice(0, shownCap)
      .map(one => `${one.lines} × ${excerpt(one.text, 200)}`)
      .join('\n'),
  });
  const read = new Set(requests.flatMap(({ cause, possible }) => [cause, ...possible]));
  const further = new Map<CauseId, number>();
  for (const { text, lines: count } of sentences) {
    const { cause } = classifyLine(text);
    if (cause !== null && !read.has(cause)) further.set(cause, (further.get(cause) ?? 0) + count);
  }
  if (further.size === 0) return [];
  const named = listed([...further].map(([cause, count]) => `${cause} (${counted(count, 'line')})`));
  return [
    {
      status: 'warning',
      sentence: `The part of the log of stage ${target.stage} that was not read tells of ${named}, too.`,
      claims: [...further.keys()].map(cause => claim(cause, 'symptom', [evidence], {})),
    },
  ];
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function dollars(bytes: number): string {
  return ((bytes / 1e9) * dollarsPerGb).toFixed(4);
}
