/**
 * CloudWatch Logs Insights, as far as the queries of this program go: filter by texts, parse by a pattern, count by a
 * field, sort, limit (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html).
 */
import { logEvents } from '../derived/log-groups.ts';
import { uuidOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import type { Handlers } from './ask.ts';

interface Query {
  group: string;
  /** Epoch milliseconds, the end not included. */
  start: number;
  end: number;
  matches(message: string): boolean;
  sentenceIn(message: string): string;
  limit: number;
}

const form =
  /^filter (?<filter>.+?) \| parse @message "\(\*\) \*" as requestId, sentence \| stats count\(\*\) as lines by sentence \| sort lines desc \| limit (?<limit>\d+)$/;
const like = /^@message like ("(?:[^"\\]|\\.)*")$/;

/** Queries that were started; the oldest go first. */
const started = new Map<string, Query>();
const startedCap = 1_000;

export const insightsHandlers: Pick<Handlers<'logs'>, 'logs:StartQuery' | 'logs:GetQueryResults'> = {
  'logs:StartQuery': (input, ask) => {
    const group = input.logGroupName ?? '';
    const start = (input.startTime ?? 0) * 1_000;
    const end = ((input.endTime ?? 0) + 1) * 1_000;
    if (logEvents(ask, group, start, start) === null)
      throw new WireError('ResourceNotFoundException', 400, 'Log group does not exist.');
    const found = form.exec(input.queryString ?? '')?.groups;
    const terms = found?.filter?.split(' or ').map(part => like.exec(part)?.[1]);
    if (found === undefined || terms === undefined || terms.includes(undefined))
      throw new WireError('MalformedQueryException', 400, `The sandbox serves no such query: ${input.queryString}`);
    const texts = terms.map(term => JSON.parse(term ?? '""') as string);
    const queryId = uuidOf(`${ask.world.accountId}/${group}/${start}/${end}/${ask.now}`);
    started.set(queryId, {
      group,
      start,
      end,
      matches: message => texts.some(text => message.includes(text)),
      // Without a match the field is empty.
      sentenceIn: message => /\(.*?\) ([\s\S]*)$/.exec(message)?.[1]?.trim() ?? '',
      limit: Number(found.limit),
    });
    const [oldest] = started.keys();
    if (started.size > startedCap && oldest !== undefined) started.delete(oldest);
    return { queryId };
  },
  'logs:GetQueryResults': (input, ask) => {
    const query = started.get(input.queryId ?? '');
    if (query === undefined) throw new WireError('ResourceNotFoundException', 400, 'Query does not exist.');
    const events = logEvents(ask, query.group, query.start, query.end) ?? [];
    const counts = new Map<string, number>();
    let matched = 0;
    for (const { message } of events) {
      if (!query.matches(message)) continue;
      matched += 1;
      const sentence = query.sentenceIn(message);
      counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
    }
    const rows = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, query.limit);
    return {
      status: 'Complete',
      results: rows.map(([sentence, lines]) => [
        { field: 'sentence', value: sentence },
        { field: 'lines', value: String(lines) },
      ]),
      statistics: {
        recordsMatched: matched,
        recordsScanned: events.length,
        bytesScanned: events.reduce((all, { message }) => all + Buffer.byteLength(message), 0),
      },
    };
  },
};
