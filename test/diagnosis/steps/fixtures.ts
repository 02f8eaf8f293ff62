/** A run of one step with readings made by hand: signals that answer what a test gives them, and a Send likewise. */
import type { InputOf, OperationName, OutputOf } from '../../../src/aws/operations.ts';
import type { Send } from '../../../src/aws/send.ts';
import type { Aws, Integration, IntegrationResponse, PolicyStatement, Route } from '../../../src/aws/types.ts';
import { UnreadError } from '../../../src/aws/unread.ts';
import { backendsOf } from '../../../src/diagnosis/backends.ts';
import { runCheck } from '../../../src/diagnosis/finding.ts';
import type { Deployed, FailedRequest, Failures, Signals } from '../../../src/diagnosis/signals.ts';
import type { Finding, Run, Step, Target } from '../../../src/diagnosis/types.ts';

export const accountId = '123456789012';
export const region = 'eu-west-1';

export const target: Target = {
  accountId,
  region,
  apiId: 'a1b2c3',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};

export const functionArn = `arn:aws:lambda:${region}:${accountId}:function:orders-fn`;

export function lambdaUri(arn = functionArn): string {
  return `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
}

export function integration(over: Partial<Integration> = {}): Integration {
  return {
    id: null,
    type: 'AWS_PROXY',
    subtype: null,
    httpMethod: 'POST',
    uri: lambdaUri(),
    connectionType: 'INTERNET',
    connectionId: null,
    credentials: null,
    timeoutMs: null,
    requestTemplates: {},
    requestParameters: {},
    passthroughBehavior: null,
    contentHandling: null,
    payloadFormatVersion: null,
    responseTransferMode: 'BUFFERED',
    insecureSkipVerification: false,
    responses: [],
    ...over,
  };
}

export function response(statusCode: string, over: Partial<IntegrationResponse> = {}): IntegrationResponse {
  return { statusCode, selectionPattern: null, templates: {}, parameters: {}, contentHandling: null, ...over };
}

export function route(key: string, over: Partial<Route> = {}): Route {
  const [method = null, path = null] = key.split(' ');
  return {
    key,
    method,
    path,
    authorization: 'NONE',
    authorizerId: null,
    apiKeyRequired: false,
    integration: integration(),
    methodResponses: ['200'],
    ...over,
  };
}

export function deployed(over: Partial<Deployed> & { routes?: Route[] } = {}): Deployed {
  const { routes = [route('GET /orders')], ...rest } = over;
  return {
    configuration: { routes, authorizers: [], gatewayResponses: [], binaryMediaTypes: [] },
    basis: 'export',
    faithful: true,
    undeployed: [],
    draft: null,
    stageVariables: {},
    ...rest,
  };
}

export function statement(over: Partial<PolicyStatement> = {}): PolicyStatement {
  return {
    sid: null,
    effect: 'Allow',
    principal: '*',
    notPrincipal: null,
    actions: ['execute-api:Invoke'],
    notActions: [],
    resources: ['*'],
    notResources: [],
    conditions: {},
    ...over,
  };
}

export function failures(requests: Partial<FailedRequest>[] = []): Failures {
  return {
    requests: requests.map(one => ({
      requestId: null,
      at: '2026-11-22T10:05:00.000Z',
      status: 500,
      route: null,
      cause: null,
      possible: [],
      layer: null,
      decisive: null,
      logGroup: 'API-Gateway-Execution-Logs_a1b2c3/prod',
      lambdaRequestId: null,
      functionArn: null,
      integrationLatencyMs: null,
      ...one,
    })),
    sources: [
      {
        kind: 'execution',
        logGroup: 'API-Gateway-Execution-Logs_a1b2c3/prod',
        state: 'read',
        events: requests.length,
        complete: true,
        gap: null,
      },
    ],
  };
}

export function denied(source: `${string}:${string}`): UnreadError {
  return new UnreadError(source, 'access_denied', `${source} was denied.`, `Allow ${source}.`, source);
}

export function notFound(source: `${string}:${string}`): UnreadError {
  return new UnreadError(source, 'not_found', `${source} found nothing.`, 'Check the name.');
}

type Answers = { [N in OperationName]?: (input: InputOf<N>) => Omit<OutputOf<N>, '$metadata'> | UnreadError };

/** Answers what it was given and notes what it was asked; anything else is a defect. */
export function sending(answers: Answers): { send: Send; asked: { operation: OperationName; input: object }[] } {
  const asked: { operation: OperationName; input: object }[] = [];
  const send: Send = async (operation, input) => {
    asked.push({ operation, input });
    const answer = answers[operation];
    if (answer === undefined) throw new Error(`${operation} was not to be asked`);
    const given = answer(input);
    if (given instanceof UnreadError) throw given;
    return { ...given, $metadata: {} };
  };
  return { send, asked };
}

type Readings = { [N in keyof Signals]: Awaited<ReturnType<Signals[N]>> };

/** Signals that answer or reject as given; backends follow from what is deployed. */
export function signalsOf(over: { [N in keyof Signals]?: Readings[N] | UnreadError }): Signals {
  async function given<N extends keyof Signals>(name: N): Promise<Readings[N]> {
    const value: Readings[N] | UnreadError | undefined = over[name];
    if (value instanceof UnreadError) throw value;
    if (value === undefined) throw new Error(`signal ${name} was not to be asked`);
    return value as Readings[N];
  }
  return {
    api: () => given('api'),
    stage: () => given('stage'),
    deployments: () => given('deployments'),
    deployed: () => given('deployed'),
    backends: async () => {
      const { configuration, stageVariables } = await given('deployed');
      return backendsOf(configuration, stageVariables);
    },
    functions: () => given('functions'),
    traffic: () => given('traffic'),
    failures: () => given('failures'),
    changes: () => given('changes'),
    serviceEvents: () => given('serviceEvents'),
  };
}

export function awsOf(send: Send): Aws {
  return { send, accountId, region, partition: 'aws' };
}

export function runOf(over: Partial<Run> = {}): Run {
  const { send } = sending({});
  return {
    aws: awsOf(send),
    target,
    window: { start: '2026-11-22T10:00:00.000Z', end: '2026-11-22T10:15:00.000Z', onset: null, extendedTo: null },
    overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
    now: new Date('2026-11-22T10:15:00.000Z'),
    signals: signalsOf({}),
    ...over,
  };
}

/** The whole step as the playbook runs it; a defect fails the test. Holds the calls made against the declared reads. */
export async function runStep<Facts>(
  step: Step<Facts>,
  over: Partial<Run>,
  asked: { operation: OperationName }[] = [],
): Promise<Finding> {
  const finding = await runCheck(
    step as unknown as Step,
    runOf(over),
    [],
    () => new Date(0),
    (id, error) => {
      throw new Error(`defect in ${id}`, { cause: error });
    },
  );
  const undeclared = asked.filter(({ operation }) => !step.reads.includes(operation));
  if (undeclared.length > 0)
    throw new Error(`not declared in reads: ${undeclared.map(one => one.operation).join(', ')}`);
  return finding;
}
