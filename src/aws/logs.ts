import { redact } from '../redact.ts';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import { inTurns } from './turns.ts';
import type { Listed, LogEvent } from './types.ts';
import { orNull } from './unread.ts';

export interface LogQuery {
  /** ISO 8601, both included. */
  start: string;
  end: string;
  /** CloudWatch Logs filter pattern; all events without one. */
  pattern?: string;
  /** Most events to read. */
  limit: number;
}

const pageLimit = 10_000;
/** Pages may come empty while AWS still searches. */
const pageCap = 20;

/**
 * Events of a log group (name or ARN), oldest first, secrets masked. null: no such group. `complete` is false where the
 * limit or the cap of pages cut the rest. Source: FilterLogEvents.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function readLogEvents(send: Send, logGroup: string, query: LogQuery): Promise<Listed<LogEvent> | null> {
  const input = {
    ...(logGroup.startsWith('arn:')
      ? { logGroupIdentifier: logGroup.replace(/:\*$/, '') }
      : { logGroupName: logGroup }),
    startTime: Date.parse(query.start),
    endTime: Date.parse(query.end),
    ...(query.pattern !== undefined && { filterPattern: query.pattern }),
  };
  const listed = await orNull(
    readPages(
      pageCap,
      async nextToken => {
        const page = await send('logs:FilterLogEvents', {
          ...input,
          limit: Math.min(query.limit, pageLimit),
          nextToken,
        });
        return { items: page.events, next: page.nextToken };
      },
      events => events.length >= query.limit,
    ),
  );
  if (listed === null) return null;
  const events = listed.items.slice(0, query.limit);
  const redacted = redactor();
  return {
    items: await inTurns(events, event => ({
      at: new Date(event.timestamp ?? 0).toISOString(),
      message: redacted((event.message ?? '').trimEnd()),
      stream: event.logStreamName ?? null,
    })),
    complete: listed.complete && events.length === listed.items.length,
  };
}

/** Execution logs repeat the same sentence for every request: behind its id it is looked through once. */
function redactor(): (message: string) => string {
  const known = new Map<string, string>();
  return message => {
    const id = /^\([\w=-]{1,60}\) /.exec(message)?.[0] ?? '';
    const sentence = message.slice(id.length);
    const text = known.get(sentence) ?? redact(sentence);
    known.set(sentence, text);
    return id + text;
  };
}

/** Log groups with a metric filter that feeds this metric. Source: DescribeMetricFilters. */
export async function readFilteredLogGroups(
  send: Send,
  metricNamespace: string,
  metricName: string,
): Promise<string[]> {
  // No filter can feed a metric whose name has one of these, and CloudWatch Logs refuses to look for it.
  if (/[:*$]/.test(`${metricNamespace}${metricName}`)) return [];
  const listed = await readPages(pageCap, async nextToken => {
    const page = await send('logs:DescribeMetricFilters', { metricNamespace, metricName, nextToken });
    return { items: page.metricFilters, next: page.nextToken };
  });
  return [...new Set(listed.items.flatMap(filter => filter.logGroupName ?? []))];
}

/** The group's name in its ARN, with or without `:*`; null for anything else, as a Firehose stream. */
export function logGroupOfArn(arn: string): string | null {
  return /^arn:[\w-]+:logs:[\w-]*:\d*:log-group:([^:*]+)/.exec(arn)?.[1] ?? null;
}
