import { cliLine, logGroupLink } from '../aws/links.ts';
import { apiCommand, readOf, stageLink } from './api-source.ts';
import type { Aspect } from './aspects.ts';
import { type Fact, gapOf, type Reading } from './finding.ts';
import type { Failures, Traffic } from './signals.ts';
import type { Gap, Run, Target } from './types.ts';
import { counted, utc } from './wording.ts';

type Source = Failures['sources'][number];

/** What follows where no log tells of a failing request. */
export function silenceAspects(sources: readonly Source[], traffic: Traffic | null, target: Target): Aspect[] {
  const { stage } = target;
  const blind = sources.filter(source => !isReadable(source) && source.state !== 'not_applicable');
  if (!sources.some(isReadable)) {
    const why = blind.map(source => `the ${source.kind} log ${stateWords[source.state]}`).join(', ');
    const because = why === '' ? '' : `: ${why}`;
    return [{ status: 'unknown', sentence: `No log of stage ${stage} could tell of failing requests${because}.` }];
  }
  const aspects: Aspect[] = blind
    .filter(source => source.state === 'unread')
    .map(({ kind }) => ({ status: 'unknown', sentence: `The ${kind} log of stage ${stage} could not be read.` }));
  if (sources.some(source => isReadable(source) && !source.complete)) {
    const sentence = `Only a part of the logs of stage ${stage} was read, and no failing request is in it.`;
    aspects.push({ status: 'unknown', sentence });
  }
  const errors = traffic?.impact.errors ?? 0;
  return errors > 0 ? [...aspects, unloggedErrors(errors, target)] : aspects;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-monitor.html */
function unloggedErrors(errors: number, { stage }: Target): Aspect {
  return {
    status: 'warning',
    sentence: `Metrics count ${counted(errors, 'error')} on stage ${stage} and its logs tell of none: they may be late, and API Gateway does not log failures of its own.`,
    gaps: [
      {
        source: 'logs:FilterLogEvents',
        reason: 'delivery_lag',
        permission: null,
        remedy: `Run this step again in a few minutes; where the logs of stage ${stage} stay silent, API Gateway failed before it could log.`,
      },
    ],
  };
}

/** The log was there to be read, whether or not it held anything. */
function isReadable({ state }: Source): boolean {
  return state === 'read' || state === 'empty';
}

const stateWords: Record<Source['state'], string> = {
  read: 'was read',
  empty: 'is empty',
  off: 'is off',
  absent: 'does not exist',
  unread: 'could not be read',
  not_applicable: 'does not exist for this type of API',
};

/** What one log could tell, and where it is. */
export function sourceFact({ kind, logGroup, state, events, complete }: Source, { target, window }: Run): Fact {
  const log = `The ${kind} log ${logGroup ?? `of stage ${target.stage}`}`;
  const period = `between ${utc(window.start)} and ${utc(window.end)}`;
  const text: Record<Source['state'], string> = {
    read: `${log} was searched for failures ${period}: ${counted(events, 'event')} match${events === 1 ? 'es' : ''}${complete ? '' : ', and there are more'}.`,
    empty: `${log} was searched for failures ${period}: none is in it.`,
    off: `The ${kind} log of stage ${target.stage} is off.`,
    absent: `${log} does not exist: nothing was logged there.`,
    unread: `${log} could not be read.`,
    not_applicable: `There is no ${kind} log for an API of type ${target.apiType}.`,
  };
  const fact = {
    text: text[state],
    source: state === 'off' ? readOf(target, 'apigateway:GetStage', 'apigatewayv2:GetStage') : 'logs:FilterLogEvents',
    resource: logGroup ?? `${target.apiId}/${target.stage}`,
  } as const;
  if (state === 'off' || state === 'not_applicable' || logGroup === null) {
    return { ...fact, link: stageLink(target), cli: apiCommand(target, 'get-stage', { 'stage-name': target.stage }) };
  }
  return {
    ...fact,
    link: logGroupLink(target.region, logGroup, window),
    cli: cliLine('logs filter-log-events', {
      'log-group-name': logGroup,
      'start-time': Date.parse(window.start),
      'end-time': Date.parse(window.end),
      region: target.region,
    }),
  };
}

/** `role`: with which API Gateway writes execution logs; null: none is set, so none are written. */
export function writerFact(role: string | null, { region, stage }: Target): Fact {
  const writes =
    role === null ? 'has no role to write logs with, so nothing is written' : `writes logs with role ${role}`;
  return {
    text: `Logging of stage ${stage} is on; API Gateway in ${region} ${writes}.`,
    source: 'apigateway:GetAccount',
    resource: region,
    cli: cliLine('apigateway get-account', { region }),
  };
}

/**
 * Why the logs tell less than they could, and what to do. `writer`: the role that writes execution logs; null: not asked.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export function sourceGaps(sources: readonly Source[], writer: Reading<string | null> | null, target: Target): Gap[] {
  const gaps = sources.flatMap(({ kind, gap }): Gap[] => {
    // Turning on what is on already would not help.
    const unwritten = kind === 'execution' && writer !== null && writer.unread === null && writer.value === null;
    if (unwritten) return [writerGap(target)];
    return gap === null ? [] : [gap];
  });
  return writer?.unread == null ? gaps : [...gaps, gapOf(writer.unread)];
}

function writerGap({ region }: Target): Gap {
  const line = cliLine('apigateway update-account', {
    'patch-operations': 'op=replace,path=/cloudwatchRoleArn,value=<role-arn>',
    region,
  });
  return {
    source: 'logs:FilterLogEvents',
    reason: 'logging_off',
    permission: null,
    remedy: `Give API Gateway in ${region} a role that may write logs, without which no execution log is written: ${line}`,
  };
}
