import { cliLine, logGroupLink } from '../aws/links.ts';
import type { Fact } from './finding.ts';
import type { FailedRequest } from './signals.ts';
import { decisiveWords } from './signature-match.ts';
import type { Target } from './types.ts';
import { excerpt, excerptAround, utc } from './wording.ts';

/** The log line that decided about a failing request, as evidence. `what` is the sentence's beginning, without a period. */
export function requestFact(request: FailedRequest, what: string, { region }: Pick<Target, 'region'>): Fact {
  const { logGroup, at, requestId } = request;
  const around = { start: secondsFrom(at, -60), end: secondsFrom(at, 60) };
  return {
    text: `${what} at ${utc(at)}, in ${logGroup}.`,
    source: 'logs:FilterLogEvents',
    resource: logGroup,
    at,
    link: logGroupLink(region, logGroup, around, requestId === null ? undefined : `"${requestId}"`),
    cli: cliLine('logs filter-log-events', {
      'log-group-name': logGroup,
      'start-time': String(Date.parse(around.start)),
      'end-time': String(Date.parse(around.end)),
      ...(requestId === null ? {} : { 'filter-pattern': `"${requestId}"` }),
      region,
    }),
    ...shown(request),
  };
}

function shown({ decisive, cause }: FailedRequest): Pick<Fact, 'excerpt' | 'match'> {
  if (decisive === null) return {};
  const match = cause === null ? null : decisiveWords(decisive.message, cause);
  if (match === null) return { excerpt: excerpt(decisive.message) };
  return { excerpt: excerptAround(decisive.message, match), match };
}

function secondsFrom(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1_000).toISOString();
}
