import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type IamPolicy, readOnlyPolicy } from '../../src/aws/policy-statements.ts';
import { parseConfig } from '../../src/config.ts';
import { variables } from '../../src/settings.ts';
import { readTemplate, resourceOf, type Template } from './template.ts';

const stack = readTemplate('apigw-500.yaml');
const accountRole = readTemplate('account-role.yaml');

interface Named {
  Name: string;
  Value?: unknown;
}

/** What stands in both branches of every `If`. */
function branches(entries: unknown): Named[] {
  return (entries as (Named | { If: [string, Named, Named | { Ref: string }] })[])
    .flatMap(entry => ('If' in entry ? entry.If.slice(1) : [entry]))
    .filter((entry): entry is Named => typeof entry === 'object' && 'Name' in entry);
}

interface Container {
  Name: string;
  ReadonlyRootFilesystem: boolean;
  Environment: unknown;
  Secrets: unknown;
}

const containers = resourceOf(stack, 'TaskDefinition').Properties.ContainerDefinitions as Container[];
const bot = containers.find(one => one.Name === 'bot') as Container;

function allowed(template: Template, role: string): Pick<IamPolicy['Statement'][number], 'Action' | 'Resource'>[] {
  const [reads] = resourceOf(template, role).Properties.Policies as { PolicyDocument: IamPolicy }[];
  return (reads?.PolicyDocument.Statement ?? []).map(({ Action, Resource }) => ({
    Action,
    Resource: (Resource as (string | { Sub: string })[]).map(one => (typeof one === 'string' ? one : one.Sub)),
  }));
}

describe('the roles', () => {
  const own = readOnlyPolicy({
    partition: '${AWS::Partition}',
    accountId: '${AWS::AccountId}',
    regions: [],
    logGroups: [],
    roleArns: [],
  });

  it.each([
    [stack, 'TaskRole'],
    [accountRole, 'Role'],
  ])('allow the declared reads (%#)', (template, role) => {
    expect(allowed(template, role)).toEqual(own.Statement.map(({ Action, Resource }) => ({ Action, Resource })));
  });

  it('in another account, trust one role that knows the external id', () => {
    const { Statement } = resourceOf(accountRole, 'Role').Properties.AssumeRolePolicyDocument as {
      Statement: { Condition: unknown }[];
    };
    expect(Statement.map(({ Condition }) => Condition)).toEqual([
      {
        StringEquals: { 'sts:ExternalId': { Ref: 'ExternalId' } },
        ArnEquals: { 'aws:PrincipalArn': { Ref: 'BotRoleArn' } },
      },
    ]);
  });
});

describe('the task', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('sets variables that the bot, its database client or Node reads', () => {
    const known = [...Object.keys(variables), 'PGUSER', 'PGPASSWORD', 'NODE_EXTRA_CA_CERTS'];
    const names = [...branches(bot.Environment), ...branches(bot.Secrets)].map(one => one.Name);
    expect(names).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SNS_TOPIC_ARNS']),
    );
    expect(names.filter(name => !known.includes(name))).toEqual([]);
  });

  it('has no secret among its plain variables', () => {
    expect(branches(bot.Environment).filter(one => /TOKEN|SECRET|PASSWORD|KEY/.test(one.Name))).toEqual([]);
  });

  it('connects as the user of the secret, encrypted and to the database alone', () => {
    const { Value } = branches(bot.Environment).find(one => one.Name === 'DATABASE_URL') as { Value: { Sub: string } };
    const url = Value.Sub.replace('${Database.Endpoint.Address}', 'db.example.com').replace(
      '${Database.Endpoint.Port}',
      '5432',
    );
    vi.stubEnv('PGUSER', 'apigw500');
    vi.stubEnv('PGPASSWORD', 'p4ss');
    const { databaseUrl } = parseConfig({ DATABASE_URL: url }, 'command');
    const client = new pg.Client({ connectionString: databaseUrl ?? '' });
    expect(client).toMatchObject({
      user: 'apigw500',
      password: 'p4ss',
      host: 'db.example.com',
      port: 5432,
      database: 'apigw500',
    });
    const { ssl } = client as unknown as { ssl: unknown };
    expect(ssl).toBeTruthy();
    expect(ssl).not.toMatchObject({ rejectUnauthorized: false });
  });

  it('writes to no disk but its two volumes', () => {
    expect(containers.map(one => one.ReadonlyRootFilesystem)).toEqual([true, true]);
    expect(resourceOf(stack, 'TaskDefinition').Properties.Volumes).toEqual([{ Name: 'data' }, { Name: 'tmp' }]);
  });
});

describe('in Socket Mode', () => {
  const always = Object.entries(stack.Resources).filter(([, resource]) => resource.Condition === undefined);

  it('nothing can come in: no load balancer, no topic, no way to a task', () => {
    const inward = /ElasticLoadBalancing|::SNS::|::SQS::|Route53|SecurityGroupIngress/;
    expect(always.filter(([, { Type }]) => inward.test(Type))).toEqual([]);
    const open = always.filter(([name, { Type, Properties }]) => {
      return (
        Type === 'AWS::EC2::SecurityGroup' && name !== 'DatabaseSecurityGroup' && 'SecurityGroupIngress' in Properties
      );
    });
    expect(open).toEqual([]);
  });
});

describe('in HTTP mode', () => {
  it('only Slack and the webhooks are passed on; health and metrics stay inside', () => {
    const conditions = resourceOf(stack, 'WebhookRule').Properties.Conditions as {
      PathPatternConfig?: { Values: string[] };
    }[];
    const paths = conditions.flatMap(condition => condition.PathPatternConfig?.Values ?? []);
    expect(paths).toEqual(['/slack/events', '/webhooks/sns', '/webhooks/eventbridge']);
    expect(resourceOf(stack, 'Listener').Properties.DefaultActions).toMatchObject([{ Type: 'fixed-response' }]);
  });

  it('alarms come as they were signed, and what cannot be delivered is kept', () => {
    expect(resourceOf(stack, 'AlarmSubscription').Properties).toMatchObject({
      Protocol: 'https',
      RawMessageDelivery: false,
      RedrivePolicy: { deadLetterTargetArn: { GetAtt: 'UndeliveredAlarms.Arn' } },
    });
  });
});
