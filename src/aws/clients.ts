import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { type InputOf, isOperation, type OperationName, type ServicePrefix, serviceOf } from './operations.ts';
import { isThrottle } from './unread.ts';

/** Loaded at first use: all of them together cost 200 ms and 35 MB at start. */
const sdks = {
  apigateway: { load: () => import('@aws-sdk/client-api-gateway'), client: 'APIGatewayClient' },
  apigatewayv2: { load: () => import('@aws-sdk/client-apigatewayv2'), client: 'ApiGatewayV2Client' },
  lambda: { load: () => import('@aws-sdk/client-lambda'), client: 'LambdaClient' },
  iam: { load: () => import('@aws-sdk/client-iam'), client: 'IAMClient' },
  logs: { load: () => import('@aws-sdk/client-cloudwatch-logs'), client: 'CloudWatchLogsClient' },
  cloudwatch: { load: () => import('@aws-sdk/client-cloudwatch'), client: 'CloudWatchClient' },
  cloudtrail: { load: () => import('@aws-sdk/client-cloudtrail'), client: 'CloudTrailClient' },
  wafv2: { load: () => import('@aws-sdk/client-wafv2'), client: 'WAFV2Client' },
  elasticloadbalancing: {
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
    client: 'ElasticLoadBalancingV2Client',
  },
  health: { load: () => import('@aws-sdk/client-health'), client: 'HealthClient' },
  sts: { load: () => import('@aws-sdk/client-sts'), client: 'STSClient' },
} satisfies Record<ServicePrefix, { load: () => Promise<object>; client: string }>;

export type Credentials = NonNullable<STSClientConfig['credentials']>;
/** What a provider of credentials resolves to. */
export type AwsCredentials = Exclude<Credentials, (...args: never) => unknown>;

export interface Timeouts {
  connectMs: number;
  /** One attempt, until its answer begins. */
  requestMs: number;
  /** The whole call: credentials, attempts, the waits between them, and the answer's body. */
  totalMs: number;
}

export const defaultTimeouts: Timeouts = { connectMs: 2_000, requestMs: 6_000, totalMs: 12_000 };

export interface ClientOptions {
  /** Left out: the SDK's default chain, resolved once for all clients. */
  credentials?: Credentials | undefined;
  /** Left out: AWS's own, or what AWS_ENDPOINT_URL says. */
  endpoint?: string | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  /** Told of each attempt that AWS refused as one too many, the ones that a retry mended included. */
  onThrottle?: ((operation: OperationName, region: string) => void) | undefined;
  /** Told of the time on AWS's clock, which every answer carries; in whole seconds. */
  onDate?: ((at: Date) => void) | undefined;
}

/** The SDK clients of one account: one for each service and Region, over shared connections. */
export interface Clients {
  /** Rejects with what the SDK throws. */
  ask<N extends OperationName>(operation: N, input: InputOf<N>, region: string): Promise<unknown>;
  close(): void;
}

/** A command outside the table of declared reads was stopped. A defect of this program, never an answer of AWS. */
export class RefusedCommandError extends Error {
  constructor(command: string) {
    super(`${command} is not a declared read and was not sent.`);
    this.name = 'RefusedCommandError';
  }
}

type Middleware = (
  next: (args: object) => Promise<object>,
  context: { commandName?: string },
) => (args: object) => Promise<object>;

interface SdkClient {
  config: { credentials: Credentials };
  middlewareStack: { add(middleware: Middleware, options: object): void };
  send(command: object, options: { abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

export function openClients(options: ClientOptions): Clients {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 50 }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 50 }),
  };
  const clients = new Map<string, SdkClient>();
  // An import that has been made before still costs a millisecond.
  const loaded = new Map<ServicePrefix, Promise<object>>();
  let shared: Credentials | undefined;

  const clientOf = (service: ServicePrefix, region: string, sdk: object): SdkClient => {
    const key = `${service} ${region}`;
    const known = clients.get(key);
    if (known) return known;
    const Client = member<new (config: object) => SdkClient>(sdk, sdks[service].client);
    const credentials = shared ?? options.credentials;
    const client = new Client({
      region,
      ...(credentials && { credentials }),
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      maxAttempts: 3,
      retryMode: 'standard',
      userAgentAppId: 'apigw-500',
      logger: quiet,
      requestHandler: {
        ...agents,
        connectionTimeout: timeouts.connectMs,
        requestTimeout: timeouts.requestMs,
        throwOnRequestTimeout: true,
      },
    });
    // The provider of the first client serves all: each would ask the metadata service or the SSO portal for itself.
    shared ??= client.config.credentials;
    guard(client, service);
    if (options.onThrottle) watchThrottles(client, service, region, options.onThrottle);
    if (options.onDate) watchDates(client, options.onDate);
    if (speakXml.includes(service)) refuseForeign(client);
    clients.set(key, client);
    return client;
  };

  return {
    async ask(operation, input, region) {
      const service = serviceOf(operation);
      const loading: Promise<object> = loaded.get(service) ?? sdks[service].load();
      loaded.set(service, loading);
      const sdk = await loading;
      const Command = member<new (input: object) => object>(sdk, `${operation.slice(service.length + 1)}Command`);
      const signal = AbortSignal.timeout(timeouts.totalMs);
      const answer = clientOf(service, region, sdk).send(new Command(input), { abortSignal: signal });
      return await before(signal, answer);
    },
    close() {
      for (const client of clients.values()) client.destroy();
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** The SDK's own silent logger has an `info`, for which each answer would be copied without its sensitive members. */
const silence = () => undefined;
const quiet = { trace: silence, debug: silence, warn: silence, error: silence };

function member<T>(sdk: object, name: string): T {
  return (sdk as Record<string, T>)[name] as T;
}

/** Stops anything but a declared read before it is serialised or signed. */
function guard(client: SdkClient, service: ServicePrefix): void {
  const readOnly: Middleware = (next, context) => args => {
    const command = commandOf(service, context);
    if (!isOperation(command)) return Promise.reject(new RefusedCommandError(command));
    return next(args);
  };
  client.middlewareStack.add(readOnly, { step: 'initialize', priority: 'high', name: 'readOnly' });
}

/** Sits within the SDK's retries, which hide a throttle that a later attempt mends. */
function watchThrottles(
  client: SdkClient,
  service: ServicePrefix,
  region: string,
  onThrottle: NonNullable<ClientOptions['onThrottle']>,
): void {
  const watch: Middleware = (next, context) => async args => {
    try {
      return await next(args);
    } catch (error) {
      const command = commandOf(service, context);
      if (isOperation(command) && isThrottle(error)) onThrottle(command, region);
      throw error;
    }
  };
  client.middlewareStack.add(watch, { step: 'finalizeRequest', priority: 'low', name: 'watchThrottles' });
}

/** A web page stands where AWS's answer should. Named as the SDK names an answer that it cannot parse. */
class ForeignAnswerError extends SyntaxError {
  readonly $metadata: { httpStatusCode: number };

  constructor(status: number) {
    super('A web page was answered.');
    this.name = 'SyntaxError';
    this.$metadata = { httpStatusCode: status };
  }
}

/** Of the others the SDK itself refuses what is no JSON. */
const speakXml: readonly ServicePrefix[] = ['iam', 'sts', 'elasticloadbalancing'];

/** The SDK takes a proxy's page for an empty answer where the service speaks XML: nothing read would look like nothing there. */
function refuseForeign(client: SdkClient): void {
  const refuse: Middleware = next => async args => {
    const answer = (await next(args)) as { response?: { statusCode?: number; headers?: Record<string, string> } };
    const { statusCode = 0, headers } = answer.response ?? {};
    if (statusCode < 300 && /^text\/html\b/i.test(headers?.['content-type'] ?? ''))
      throw new ForeignAnswerError(statusCode);
    return answer;
  };
  client.middlewareStack.add(refuse, { step: 'deserialize', priority: 'low', name: 'refuseForeign' });
}

/** Sits next to the wire, so that it sees refusals too. */
function watchDates(client: SdkClient, onDate: NonNullable<ClientOptions['onDate']>): void {
  const watch: Middleware = next => async args => {
    const answer = (await next(args)) as { response?: { headers?: Record<string, string> } };
    const at = new Date(answer.response?.headers?.date ?? '');
    if (!Number.isNaN(at.getTime())) onDate(at);
    return answer;
  };
  client.middlewareStack.add(watch, { step: 'deserialize', priority: 'low', name: 'watchDates' });
}

function commandOf(service: ServicePrefix, context: { commandName?: string }): string {
  return `${service}:${(context.commandName ?? '').replace(/Command$/, '')}`;
}

/** The signal aborts the request; this also ends the wait where the SDK does not look at it, as while it loads credentials. */
async function before<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const expire = () => reject(signal.reason);
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    signal.removeEventListener('abort', expire);
    answer.catch(() => undefined);
  }
}
