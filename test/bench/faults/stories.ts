/** Runs of the bot that between them make every declared read. */
import { join } from 'node:path';
import type { Trigger } from '../../../src/diagnosis/types.ts';
import type { World } from '../../../src/sandbox/aws/world.ts';
import { catalogueFolder, loadScenario, type Scenario, shippedFolder } from '../../../src/sandbox/scenario.ts';
import { type Bot, type BotOptions, openBot } from './bot.ts';

export interface AwsBot extends Bot {
  /** Asks for the diagnosis. */
  ask(): Promise<void>;
}

interface Story {
  /** File of the scenario, without its ending. */
  scenario: string;
  options?(scenario: Scenario): Partial<BotOptions>;
  ask?(bot: Bot): Promise<void>;
}

const elsewhere = '444455556666';
const byTag = 'C0SBXPAY02';

const stories: Record<string, Story> = {
  ...Object.fromEntries(
    [
      'lambda-permission-removed',
      'rest-by-custom-domain',
      'http-custom-domain',
      'http-undeployed-fix',
      'http-authorizer-fails',
      'http-by-alarm',
      'rest-waf-custom-500',
      'rest-by-alarm-on-web-acl',
      'rest-by-alarm-on-log-filter',
      'rest-by-alarm-on-load-balancer',
      'rest-vpc-link-targets-unhealthy',
      'http-alb-targets-unhealthy',
      'http-private-unreachable',
      'rest-service-event-business',
      'rest-managed-policy-new-version',
      'rest-error-storm',
      'rest-account-concurrency-exhausted',
      'rest-paged-results',
      'rest-waf-block-as-500',
      'rest-default-action-blocks',
    ].map(id => [id, { scenario: id }]),
  ),
  'an alarm that is routed by its tags': {
    scenario: 'lambda-permission-removed',
    options: ({ world }) => ({
      config: {
        alarms: {
          channel: 'C0SBXINC01',
          topicArns: [],
          eventBridgeKey: null,
          reaction: 'mag',
          routes: [{ account: world.accountId, tag: 'team=payments', channel: byTag }],
        },
      },
    }),
    ask: fireAlarm,
  },
  'another account': {
    scenario: 'lambda-permission-removed',
    options: ({ world }) => ({
      others: [
        {
          ...world,
          accountId: elsewhere,
          roles: { ...world.roles, ...entrance(world.accountId) },
        },
      ],
      accounts: [{ id: elsewhere, roleArn: `arn:aws:iam::${elsewhere}:role/apigw-500-read`, regions: [world.region] }],
    }),
    ask: async ({ workspace, scenario }) => {
      await workspace.command('ana', 'incidents', `/apigw-500 ${scenario.args.join(' ')} --account ${elsewhere}`);
    },
  },
};

/** A role that the bot's own account may take on. */
function entrance(accountId: string): World['roles'] {
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  const Statement = [{ Effect: 'Allow' as const, Principal, Action: 'sts:AssumeRole' }];
  const trust = { Version: '2012-10-17', Statement };
  return { 'apigw-500-read': { path: '/', createdDate: 0, trust, inlinePolicies: {}, attachedPolicies: [] } };
}

export const storyNames: readonly string[] = Object.keys(stories);

/** A bot before its story; `change` is made to the scenario first. */
export async function openStory(name: string, change: (scenario: Scenario) => Scenario = one => one): Promise<AwsBot> {
  const story = stories[name];
  if (story === undefined) throw new RangeError(`There is no story ${name}.`);
  const scenario = change(await scenarioNamed(story.scenario));
  const bot = await openBot({ scenario, ...story.options?.(scenario) });
  return { ...bot, ask: () => (story.ask ?? typed)(bot) };
}

const loaded = new Map<string, Promise<Scenario>>();

export function scenarioNamed(id: string): Promise<Scenario> {
  const known =
    loaded.get(id) ??
    loadScenario(join(shippedFolder, `${id}.yaml`)).catch(() => loadScenario(join(catalogueFolder, `${id}.yaml`)));
  loaded.set(id, known);
  return known;
}

async function typed({ workspace, scenario }: Bot): Promise<void> {
  await workspace.command('ana', 'incidents', `/apigw-500 ${scenario.args.join(' ')}`);
}

/** As a webhook hands it over. */
async function fireAlarm({ app, scenario, workspace }: Bot): Promise<void> {
  const { accountId, region, alarms } = scenario.world;
  const [name = 'orders-5xx'] = Object.keys(alarms);
  const arn = `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  const at = workspace.clock().toISOString();
  const overrides = { functionName: null, roleName: null, policyArn: null, logGroup: null };
  const request = { target: arn, stage: null, region, accountId, span: { minutes: 15 }, overrides };
  const alarm: Trigger['alarm'] = { arn, name, accountId, region, state: 'ALARM', at, reason: '', metrics: [] };
  await app.investigations.submit({
    key: `eventbridge:${arn}`,
    trigger: { kind: 'alarm', by: null, at, request, alarm },
    conversation: null,
  });
}
