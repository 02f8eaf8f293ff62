import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IamPolicy } from '../../src/aws/policy-statements.ts';
import { run } from '../../src/cli/iam-policy.ts';
import { temporaryFolder } from '../investigations/fixtures.ts';
import { terminal } from './support.ts';

async function policy(args: string[], environment = {}): Promise<IamPolicy> {
  const context = terminal(environment);
  expect(await run(args, context)).toBe(0);
  expect(context.stderr).toBe('');
  return JSON.parse(context.stdout);
}

const arns = (document: IamPolicy) =>
  document.Statement.flatMap(({ Resource }) => Resource).filter(resource => resource !== '*');
const roles = (document: IamPolicy) =>
  document.Statement.flatMap(({ Action, Resource }) => (Action.includes('sts:AssumeRole') ? Resource : []));

function configFile(): Record<string, string> {
  const path = join(temporaryFolder(), 'config.yaml');
  const account = (id: string) =>
    `  - { id: "${id}", roleArn: "arn:aws:iam::${id}:role/apigw-500", regions: [eu-west-1] }\n`;
  writeFileSync(path, `accounts:\n${account('222222222222')}${account('333333333333')}`);
  return { CONFIG_FILE: path };
}

describe('iam-policy', () => {
  it('prints one JSON document for any account and Region where nothing is told', async () => {
    const document = await policy([]);
    expect(document.Version).toBe('2012-10-17');
    expect(arns(document)).toContain('arn:aws:lambda:*:*:function:*');
    expect(roles(document)).toEqual([]);
    expect(document.Statement.some(statement => 'Condition' in statement)).toBe(false);
  });

  it.each([
    [['--partition', 'aws-cn'], {}, 'arn:aws-cn:'],
    [['--region', 'us-gov-east-1'], {}, 'arn:aws-us-gov:'],
    [[], { AWS_REGION: 'cn-north-1' }, 'arn:aws-cn:'],
    [[], { AWS_REGION: 'eu-west-1' }, 'arn:aws:'],
  ])('%j with %j is for %s alone', async (args, environment, beginning) => {
    expect(arns(await policy(args, environment)).filter(arn => !arn.startsWith(beginning))).toEqual([]);
  });

  it('is narrowed to an account and a Region, beside the homes of global services', async () => {
    const document = await policy(['--account', '123456789012', '--region', 'eu-west-1', '--log-group', 'orders']);
    expect(arns(document)).toEqual(
      expect.arrayContaining([
        'arn:aws:lambda:eu-west-1:123456789012:function:*',
        'arn:aws:iam::123456789012:role/*',
        'arn:aws:logs:eu-west-1:123456789012:log-group:orders:*',
      ]),
    );
    for (const { Condition } of document.Statement) {
      expect(Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } });
    }
  });

  it('lets the configured accounts be entered, but not from one of them', async () => {
    const environment = configFile();
    const configured = ['arn:aws:iam::222222222222:role/apigw-500', 'arn:aws:iam::333333333333:role/apigw-500'];
    expect(roles(await policy([], environment))).toEqual(configured);
    expect(roles(await policy(['--account', '111111111111'], environment))).toEqual(configured);
    expect(roles(await policy(['--account', '222222222222'], environment))).toEqual([]);
    const named = 'arn:aws:iam::444444444444:role/other';
    expect(roles(await policy(['--role-arn', named], environment))).toEqual([named]);
  });

  it.each([
    [['--partition', 'aws-mars'], '--partition must be aws, aws-cn, aws-us-gov.'],
    [['--region', 'Ireland'], '--region must be the code of a Region'],
    [['--region', 'eu-west-1', '--partition', 'aws-cn'], 'A policy is for one partition'],
    [['--account', '12'], '--account must have 12 digits.'],
    [['--role-arn', 'admin'], '--role-arn must be the ARN of a role.'],
    [['--log-group', 'a b'], '--log-group must be the name of a log group.'],
    [['extra'], 'iam-policy takes'],
    [['--region'], 'iam-policy takes'],
  ])('%j is answered with what is wrong and code 2', async (args, sentence) => {
    const context = terminal();
    expect(await run(args, context)).toBe(2);
    expect(context.stdout).toBe('');
    expect(context.stderr).toContain(sentence);
  });

  it('says when IAM would not take a policy so long', async () => {
    const context = terminal();
    const names = Array.from({ length: 80 }, (_, index) => ['--log-group', `an-access-log-${index}`]).flat();
    expect(await run(names, context)).toBe(0);
    expect(context.stderr).toMatch(/^The policy has \d+ characters, and IAM takes 6144/);
  });
});
