/**
 * Accounts with many small REST APIs, as load needs them: each API has two routes behind a Lambda function of its own,
 * whose permission somebody has removed, so that everything of a diagnosis is done for each of them.
 */
import { fillIn, type World, type WorldDocument, worldSchema } from '../../src/sandbox/aws/world.ts';
import type { Scenario } from '../../src/sandbox/scenario.ts';

const region = 'eu-west-1';
const readerRole = 'apigw-500-read';

/** The first account is the bot's own. */
export function accountIds(accounts: number): string[] {
  return Array.from({ length: accounts }, (_, index) => String(111_122_220_000 + index));
}

/** Ids of the APIs of every account. */
export function apiIds(apis: number): string[] {
  return Array.from({ length: apis }, (_, index) => `m${String(index).padStart(9, '0')}`);
}

/** The configuration file of a bot that reads all of the accounts. */
export function accountsFile(accounts: number, quotaShare: number): string {
  const [, ...others] = accountIds(accounts);
  const entries = others.map(id => ({ id, roleArn: `arn:aws:iam::${id}:role/${readerRole}`, regions: [region] }));
  return JSON.stringify({ quotaShare, ...(entries.length === 0 ? {} : { accounts: entries }) });
}

/** The world of the bot's own account as a scenario, and those of the other accounts. */
export function manyApis(accounts: number, apis: number): { scenario: Scenario; others: World[] } {
  const [own, ...others] = accountIds(accounts).map(id => worldOf(id, apis));
  if (own === undefined) throw new Error('There must be an account.');
  return {
    scenario: {
      id: 'many-apis',
      story: 'A clean-up of permissions hit every API of the company.',
      args: [apiIds(1)[0] ?? '', 'prod'],
      expected: { status: 'cause_found', causes: ['lambda-invoke-permission-missing'] },
      world: own,
    },
    others,
  };
}

function worldOf(accountId: string, apis: number): World {
  const restApis: Record<string, unknown> = {};
  const functions: Record<string, unknown> = {};
  const traffic: Record<string, unknown> = {};
  for (const [index, id] of apiIds(apis).entries()) {
    const name = `api-${index}`;
    const integration = { type: 'AWS_PROXY', function: `${name}-handler` };
    restApis[id] = {
      name,
      createdDate: '-400d',
      paths: { '/things': { GET: { integration } }, '/things/{id}': { GET: { integration } } },
      deployments: { d1: { createdDate: '-20d' } },
      stages: {
        prod: {
          deploymentId: 'd1',
          createdDate: '-400d',
          lastUpdatedDate: '-20d',
          methodSettings: { '*/*': { loggingLevel: 'ERROR', metricsEnabled: true } },
        },
      },
    };
    functions[`${name}-handler`] = { role: 'handlers', timeout: 10 };
    traffic[`${name}-list`] = failing(id, 'GET /things', '/things');
    traffic[`${name}-one`] = failing(id, 'GET /things/{id}', '/things/42');
  }
  return worldSchema.parse(
    fillIn({
      accountId,
      region,
      restApis,
      functions,
      roles: {
        handlers: { trust: trustOf({ Service: 'lambda.amazonaws.com' }) },
        'apigateway-cloudwatch': { trust: trustOf({ Service: 'apigateway.amazonaws.com' }) },
        [readerRole]: { trust: trustOf({ AWS: `arn:aws:iam::${accountIds(1)[0]}:root` }) },
      },
      trail: {
        removed: {
          at: '-12m30s',
          eventName: 'RemovePermission20150331v2',
          eventSource: 'lambda.amazonaws.com',
          who: 'marta.keller',
          requestParameters: { functionName: 'api-0-handler', statementId: 'invoke' },
          resources: [{ type: 'AWS::Lambda::Function', name: 'api-0-handler' }],
        },
      },
      traffic,
    } as unknown as WorldDocument),
  );
}

function trustOf(Principal: Record<string, string>) {
  return { Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' } };
}

function failing(api: string, route: string, path: string) {
  return {
    api,
    route,
    path,
    from: '-12m',
    perMinute: 3,
    status: 500,
    execution: [
      'Execution failed due to configuration error: Invalid permissions on Lambda function',
      'Gateway response type: API_CONFIGURATION_ERROR with status code: 500',
    ],
  };
}
