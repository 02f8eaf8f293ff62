import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Builders } from './aws.ts';

/** One request a minute, from twelve minutes ago until the last one. */
export const requestTimes: readonly number[] = Array.from({ length: 12 }, (_, index) => {
  const now = Date.now();
  return now - (12 - index) * 60_000;
});

export interface Metrics {
  dimensions: Record<string, string>;
  /** By name, what each minute counts. */
  counts: Record<string, number>;
}

export async function countRequests(aws: Builders, { dimensions, counts }: Metrics): Promise<void> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricData = requestTimes.flatMap(time =>
    Object.entries(counts).map(([MetricName, Value]) => ({ MetricName, Value, Timestamp: new Date(time), Dimensions })),
  );
  await aws.cloudWatch.send(new PutMetricDataCommand({ Namespace: 'AWS/ApiGateway', MetricData }));
}

/** `linesOf`: what each request, numbered from 0, leaves in the log. */
export async function logRequests(
  aws: Builders,
  logGroupName: string,
  linesOf: (request: number, time: number) => string[],
): Promise<void> {
  const stream = { logGroupName, logStreamName: 'requests' };
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName }));
  await aws.logs.send(new CreateLogStreamCommand(stream));
  const logEvents = requestTimes.flatMap((time, request) =>
    linesOf(request, time).map((message, line) => ({ timestamp: time + line, message })),
  );
  await aws.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
}
