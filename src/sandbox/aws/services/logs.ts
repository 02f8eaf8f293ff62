/** CloudWatch Logs (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/). */
import { eventIdOf, logEvents, logGroupNames } from '../derived/log-groups.ts';
import { WireError } from '../wire/errors.ts';
import { logGroupOf } from '../world/lookup.ts';
import { given, type Handlers, page } from './ask.ts';
import { filterPattern } from './filter-pattern.ts';
import { insightsHandlers } from './insights.ts';

export const logsHandlers: Handlers<'logs'> = {
  ...insightsHandlers,
  'logs:FilterLogEvents': (input, ask) => {
    const group = groupName(input.logGroupName ?? input.logGroupIdentifier);
    const events = logEvents(ask, group, input.startTime ?? 0, (input.endTime ?? ask.now) + 1);
    if (events === null)
      throw new WireError('ResourceNotFoundException', 400, 'The specified log group does not exist.');
    const { logGroupClass } = ask.world.logGroups[group] ?? {};
    if (logGroupClass !== undefined && logGroupClass !== 'STANDARD') {
      throw new WireError(
        'InvalidOperationException',
        400,
        `FilterLogEvents is not supported for log groups of class ${logGroupClass}.`,
      );
    }
    const matches = filterPattern(input.filterPattern);
    const prefix = input.logStreamNamePrefix ?? '';
    const found = events.filter(({ message, stream }) => stream.startsWith(prefix) && matches(message));
    if (input.startFromHead === false) found.reverse();
    const badToken = new WireError('InvalidParameterException', 400, 'The specified nextToken is invalid.');
    const { items, next } = page(
      found,
      input.nextToken,
      Math.min(input.limit ?? 10_000, 10_000, ask.pageCap),
      badToken,
    );
    return {
      events: items.map(({ at, message, stream, key }) => ({
        eventId: eventIdOf({ at, message, stream, key }),
        timestamp: at,
        ingestionTime: at + 1200,
        message,
        logStreamName: stream,
      })),
      searchedLogStreams: [],
      ...given('nextToken', next),
    };
  },
  'logs:DescribeMetricFilters': (input, ask) => {
    const { metricName, metricNamespace, logGroupName } = input;
    if ((metricName === undefined) !== (metricNamespace === undefined)) {
      throw new WireError('InvalidParameterException', 400, 'metricName and metricNamespace must be given together.');
    }
    const all = logGroupNames(ask.world)
      .filter(group => logGroupName === undefined || group === logGroupName)
      .flatMap(group =>
        Object.entries(ask.world.logGroups[group]?.metricFilters ?? {}).map(([name, filter]) => ({
          group,
          name,
          ...filter,
        })),
      )
      .filter(filter => metricName === undefined || filter.metric === metricName)
      .filter(filter => metricNamespace === undefined || filter.namespace === metricNamespace);
    const badToken = new WireError('InvalidParameterException', 400, 'The specified nextToken is invalid.');
    const { items, next } = page(all, input.nextToken, Math.min(input.limit ?? 50, 50, ask.pageCap), badToken);
    return {
      metricFilters: items.map(({ group, name, pattern, namespace, metric }) => ({
        filterName: name,
        filterPattern: pattern,
        logGroupName: group,
        metricTransformations: [{ metricName: metric, metricNamespace: namespace, metricValue: '1' }],
        creationTime: ask.zero - 90 * 86_400_000,
      })),
      ...given('nextToken', next),
    };
  },
};

/** A name, or the group's ARN with or without `:*`. */
function groupName(nameOrArn: string | undefined): string {
  return logGroupOf(nameOrArn ?? '') ?? nameOrArn ?? '';
}
