import { redact } from '../redact.ts';
import { logGroupOfArn } from './logs.ts';
import type { Send } from './send.ts';
import { UnreadError } from './unread.ts';

export interface CountQuery {
  /** ISO 8601, both included. */
  start: string;
  end: string;
  /** Texts of which a line holds at least one. */
  terms: readonly string[];
}

export interface LineCounts {
  /** What stands behind the request's id, secrets masked; the most frequent first. */
  sentences: { text: string; lines: number }[];
  bytesScanned: number;
}

/**
 * What Logs Insights costs for a GB scanned, in US dollars: the price of us-east-1 and most Regions, for an estimate.
 * https://aws.amazon.com/cloudwatch/pricing/
 */
export const dollarsPerGb = 0.005;

const sentenceCap = 50;
/** The quota of GetQueryResults paces them: about eight seconds. */
const pollCap = 20;

/**
 * Counts the lines of an execution log by their sentence, over all of the window, however many there are: FilterLogEvents
 * would take a call for each ten thousand. A query only reads; it costs by the data scanned, and takes a second or two.
 * Source: StartQuery, GetQueryResults.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AnalyzingLogData.html
 */
export async function countLogLines(send: Send, logGroup: string, query: CountQuery): Promise<LineCounts> {
  const started = await send('logs:StartQuery', {
    logGroupName: logGroupOfArn(logGroup) ?? logGroup,
    // Whole seconds.
    startTime: Math.floor(Date.parse(query.start) / 1_000),
    endTime: Math.ceil(Date.parse(query.end) / 1_000),
    queryString: [
      `filter ${query.terms.map(term => `@message like ${JSON.stringify(term)}`).join(' or ')}`,
      'parse @message "(*) *" as requestId, sentence',
      'stats count(*) as lines by sentence',
      'sort lines desc',
      `limit ${sentenceCap}`,
    ].join(' | '),
  });
  for (let poll = 0; poll < pollCap; poll += 1) {
    const answer = await send('logs:GetQueryResults', { queryId: started.queryId }, { fresh: true });
    if (answer.status === 'Scheduled' || answer.status === 'Running') continue;
    if (answer.status !== 'Complete') throw unfinished(logGroup, answer.status ?? 'Unknown');
    const sentences = (answer.results ?? []).map(row => {
      const fieldOf = (field: string) => row.find(one => one.field === field)?.value ?? '';
      return { text: redact(fieldOf('sentence')), lines: Number(fieldOf('lines')) };
    });
    return { sentences, bytesScanned: answer.statistics?.bytesScanned ?? 0 };
  }
  throw unfinished(logGroup, 'Running');
}

function unfinished(logGroup: string, status: string): UnreadError {
  return new UnreadError(
    'logs:GetQueryResults',
    'timeout',
    `The Logs Insights query over ${logGroup} did not come to its end: its status is ${status}.`,
    'Run this step again, or look at the log group in Logs Insights.',
  );
}
