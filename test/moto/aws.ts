import { env } from 'node:process';
import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { afterAll, expect } from 'vitest';
import { openAccess } from '../../src/aws/access.ts';
import type { Access, Aws } from '../../src/aws/types.ts';
import { UnreadError } from '../../src/aws/unread.ts';

/** The account that moto plays. */
export const accountId = '123456789012';

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'moto-checks-no-signature' };

/** moto loads a service when it is first asked for, which takes seconds on a small machine. */
const timeouts = { connectMs: 5_000, requestMs: 30_000, totalMs: 60_000 };

function endpoint(): string {
  const { MOTO_ENDPOINT: url } = env;
  if (url === undefined) throw new Error('Run these tests with "npm run test:moto": it starts the server they need.');
  return url;
}

/** The one way into AWS, as the program opens it. */
export function accessTo(region: string): Access {
  const access = openAccess({
    region,
    endpoint: endpoint(),
    credentials,
    timeouts,
    quotaShare: 1,
    clock: () => new Date(),
  });
  afterAll(() => access.close());
  return access;
}

/** What the real readers ask. A Region of its own for each test file keeps their worlds apart; IAM alone is shared. */
export async function readersIn(region: string): Promise<Aws> {
  return await accessTo(region).open(null, null);
}

/** Clients that build a world; the program has none that may write. */
export function buildersIn(region: string) {
  const config = { region, endpoint: endpoint(), credentials };
  return {
    rest: new APIGatewayClient(config),
    v2: new ApiGatewayV2Client(config),
    lambda: new LambdaClient(config),
    iam: new IAMClient(config),
    logs: new CloudWatchLogsClient(config),
    cloudWatch: new CloudWatchClient(config),
    waf: new WAFV2Client(config),
    loadBalancing: new ElasticLoadBalancingV2Client(config),
  };
}

export type Builders = ReturnType<typeof buildersIn>;

/** A VPC and its subnets: every account has a default one. Asked by hand, because the program needs no EC2 client. */
export async function defaultNetwork(region: string): Promise<{ vpcId: string; subnetIds: string[] }> {
  const response = await fetch(endpoint(), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: 'Action=DescribeSubnets&Version=2016-11-15',
  });
  const answer = await response.text();
  return {
    vpcId: present(/<vpcId>([^<]+)/.exec(answer)?.[1]),
    subnetIds: [...answer.matchAll(/<subnetId>([^<]+)/g)].map(match => present(match[1])),
  };
}

/** What AWS always gives and the SDK types as optional. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('moto left out what AWS always gives.');
  return value;
}

/** IAM's ARNs have an empty Region. */
export function arn(service: string, region: string, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** What moto does not have must come out as unread, with a reason and what to do, and never as an empty answer. */
export async function expectUnread(reading: Promise<unknown>, source: string): Promise<void> {
  const outcome = await reading.then(
    value => value,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(UnreadError);
  expect(outcome).toMatchObject({ source, reason: 'timeout', permission: null });
  const { message, remedy } = outcome as UnreadError;
  expect(message).toMatch(new RegExp(`^${source}.*\\.$`, 's'));
  expect(remedy).toMatch(/\.$/);
  // Not the page that moto answers with.
  expect(`${message} ${remedy}`).not.toMatch(/<html|<title|\n/);
}
