/** The checkup against the strict workspace and AWS at the wire. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { operationNames } from '../../src/aws/operations.ts';
import { run } from '../../src/cli/doctor.ts';
import { type Environment, parseConfig } from '../../src/config.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { shippedManifest } from '../../src/sandbox/slack/manifest.ts';
import { createSlackWorkspace, type WorkspaceOptions } from '../../src/sandbox/slack/workspace.ts';
import { temporaryFolder } from '../investigations/fixtures.ts';
import { serve, worldWith } from '../sandbox/aws/support.ts';
import { serveSocketMode } from '../support/slack-socket-mode.ts';
import { terminal } from './support.ts';

const own = '111122223333';
const shop = '444455556666';

/** AWS is left out of what a test is about: it refuses the first call. */
const noAws: Partial<WorldDocument> = { faults: { expiredCredentials: true } };

interface Setting {
  world?: Partial<WorldDocument>;
  shopWorld?: Partial<WorldDocument>;
  workspace?: WorkspaceOptions | null;
  socketMode?: 'on' | 'off';
  environment?: Environment;
  file?: object;
  args?: string[];
  now?: () => Date;
}

const trust = {
  Statement: {
    Effect: 'Allow' as const,
    Principal: { AWS: `arn:aws:iam::${own}:root` },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': 'shared-word' } },
  },
};
const shopAccount = {
  id: shop,
  roleArn: `arn:aws:iam::${shop}:role/apigw-500-read`,
  externalId: 'shared-word',
  regions: ['eu-west-1', 'us-east-1'],
};

async function slackOf(options: WorkspaceOptions | null, socketMode: 'on' | 'off'): Promise<Environment> {
  if (options === null) return {};
  const workspace = createSlackWorkspace({ rateLimits: 'off', ...options });
  const served = await workspace.listen();
  const socket = socketMode === 'on' ? await serveSocketMode(workspace) : null;
  onTestFinished(async () => {
    await socket?.close();
    await served.close();
  });
  return { SLACK_BOT_TOKEN: 'xoxb-sandbox', SLACK_APP_TOKEN: 'xapp-sandbox', SLACK_API_URL: served.apiUrl };
}

async function doctor(setting: Setting = {}) {
  const { world = {}, shopWorld = {}, workspace = {}, socketMode = 'on', file = {}, args = ['--json'] } = setting;
  const roles = { 'apigw-500-read': { trust } };
  const { server, options } = await serve(world, [worldWith({ accountId: shop, roles, ...shopWorld })]);
  const environment: Environment = {
    AWS_REGION: 'eu-west-1',
    DATA_DIR: temporaryFolder(),
    CONFIG_FILE: 'config.yml',
    ...(await slackOf(workspace, socketMode)),
    ...setting.environment,
  };
  const screen = terminal();
  screen.config = purpose => parseConfig(environment, purpose, () => JSON.stringify({ quotaShare: 1, ...file }));
  screen.clock = setting.now ?? (() => new Date());
  const { endpoint, credentials } = options;
  const code = await run(args, screen, { endpoint, credentials });
  const { lines = [] } = args.includes('--json') ? JSON.parse(screen.stdout) : {};
  const about = (subject: string) =>
    (lines as { subject: string; status: string; finding: string; fix: string | null }[]).filter(line =>
      line.subject.includes(subject),
    );
  return { code, lines, about, stdout: screen.stdout, stderr: screen.stderr, server, environment };
}

describe('where all is well', () => {
  test('every line says so, and the exit code is 0', async () => {
    const { code, lines, about, server } = await doctor({
      file: { accounts: [shopAccount] },
    });

    expect(lines.filter((line: { status: string }) => line.status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    for (const place of [`account ${own}, eu-west-1`, `account ${shop}, eu-west-1`, `account ${shop}, us-east-1`]) {
      expect(about(place)).toEqual([
        expect.objectContaining({ finding: expect.stringContaining('reads are allowed') }),
      ]);
    }
    expect(about('clock').map(line => line.subject)).toEqual(['clock, against Slack', 'clock, against AWS']);
    const tried = new Set(server.wire.calls('test').map(call => call.operation));
    expect(operationNames.filter(name => !tried.has(name))).toEqual([]);
  });
});

describe('AWS', () => {
  test('names each permission that is missing, where, and how to grant it', async () => {
    const { code, about } = await doctor({
      world: { faults: { denied: ['lambda:GetPolicy', 'apigateway:*'] } },
      file: { accounts: [shopAccount] },
    });

    const [gateway, lambda, ...others] = about(`account ${own}, eu-west-1`);
    expect(gateway).toMatchObject({
      status: 'problem',
      finding: expect.stringMatching(/^apigateway:GET is missing, which GetRestApi, GetRestApis, .* need\./),
      fix: expect.stringContaining('Grant apigateway:GET on arn:aws:apigateway:'),
    });
    expect(lambda).toMatchObject({
      status: 'problem',
      finding: expect.stringMatching(/^lambda:GetPolicy is missing\. /),
      fix: expect.stringMatching(/Grant lambda:GetPolicy on .*apigw-500 iam-policy\.$/),
    });
    expect(others).toEqual([]);
    expect(about(`account ${shop}, eu-west-1`)).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(code).toBe(2);
  });

  test('of which several actions are missing has a line for each', async () => {
    const { about } = await doctor({ world: { faults: { denied: ['wafv2:*'] } } });

    expect(about(`account ${own}`).map(line => line.finding.split(' ')[0])).toEqual(
      operationNames.filter(name => name.startsWith('wafv2:')),
    );
  });

  test('names the role of another account that lacks a permission', async () => {
    const { about } = await doctor({
      shopWorld: { faults: { denied: ['lambda:GetPolicy'] } },
      file: { accounts: [{ ...shopAccount, regions: ['eu-west-1'] }] },
    });

    expect(about(`account ${shop}, eu-west-1`)).toEqual([
      expect.objectContaining({
        status: 'problem',
        fix: expect.stringContaining(`to the role apigw-500-read of account ${shop}.`),
      }),
    ]);
  });

  test('tells of an account that cannot be entered once, and checks the others', async () => {
    const accounts = [{ ...shopAccount, externalId: 'wrong-word' }];
    const { code, about, stdout } = await doctor({ file: { accounts } });

    expect(about(`account ${shop}`)).toEqual([
      expect.objectContaining({
        status: 'problem',
        finding: expect.stringContaining(`its role ${shopAccount.roleArn} could not be assumed`),
        fix: expect.stringContaining('trust policy'),
      }),
    ]);
    expect(about(`account ${own}`)).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(stdout).not.toContain('wrong-word');
    expect(code).toBe(2);
  });

  test('of which nothing can be read is exit code 4', async () => {
    const denied = await doctor({ world: { faults: { denied: ['*'] } } });
    const expired = await doctor({ world: { faults: { expiredCredentials: true } } });

    expect(denied.code).toBe(4);
    expect(expired.code).toBe(4);
    expect(expired.about("the bot's own account")).toEqual([
      expect.objectContaining({ status: 'problem', fix: expect.stringContaining('aws sso login') }),
    ]);
  });

  test('that does not answer is no missing permission', async () => {
    const { code, about } = await doctor({ world: { faults: { failing: ['cloudtrail:LookupEvents'] } } });

    expect(about(`account ${own}`)).toEqual([
      expect.objectContaining({ status: 'warning', finding: expect.stringContaining('cloudtrail:LookupEvents') }),
    ]);
    expect(code).toBe(0);
  });

  test('the own account needs no role', async () => {
    const account = {
      ...shopAccount,
      id: own,
      roleArn: `arn:aws:iam::${own}:role/r`,
      regions: ['eu-west-1', 'eu-north-1'],
    };
    const { code, about } = await doctor({ file: { accounts: [account] } });

    expect(about(`account ${own}`).map(({ subject, status }) => [subject, status])).toEqual([
      [`account ${own}, eu-west-1`, 'ok'],
      [`account ${own}, eu-north-1`, 'ok'],
      [`account ${own}`, 'warning'],
    ]);
    expect(code).toBe(0);
  });

  test('is not asked where no Region is known', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { about, code } = await doctor({ environment: { AWS_REGION: '' } });

    expect(about('AWS_REGION')).toEqual([expect.objectContaining({ status: 'problem' })]);
    expect(code).toBe(4);
  });
});

describe('Slack', () => {
  const installed = (change: (scopes: string[]) => string[]): WorkspaceOptions => {
    const manifest = shippedManifest();
    return { manifest: { ...manifest, scopes: change(manifest.scopes) } };
  };

  test('that is not set up is a warning, and the rest is checked', async () => {
    const { code, about } = await doctor({ workspace: null });

    expect(about('SLACK_BOT_TOKEN')).toEqual([
      expect.objectContaining({ status: 'warning', finding: expect.stringContaining('Slack is not set up') }),
    ]);
    expect(about(`account ${own}`)).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(code).toBe(0);
  });

  test('lacks a scope of the manifest', async () => {
    const { code, about } = await doctor({ workspace: installed(all => all.filter(one => one !== 'groups:history')) });

    expect(about('scopes')).toEqual([
      expect.objectContaining({
        status: 'problem',
        finding: 'The token lacks groups:history.',
        fix: expect.stringContaining('install the app to the workspace again'),
      }),
    ]);
    expect(code).toBe(2);
  });

  test('has a scope that nobody asked for', async () => {
    const { about } = await doctor({ world: noAws, workspace: installed(all => [...all, 'admin']) });

    expect(about('scopes')).toEqual([
      expect.objectContaining({ status: 'warning', finding: expect.stringContaining('more than it needs: admin') }),
    ]);
  });

  test.each([
    ['the bot', 'SLACK_BOT_TOKEN', 'xoxb-hunter2'],
    ['Socket Mode', 'SLACK_APP_TOKEN', 'xapp-hunter2'],
  ])('does not take the token of %s', async (_, name, token) => {
    const { about, stdout } = await doctor({ world: noAws, environment: { [name]: token } });

    expect(about(name)).toEqual([
      expect.objectContaining({ status: 'problem', finding: 'Slack does not take the token (invalid_auth).' }),
    ]);
    expect(stdout).not.toContain('hunter2');
  });

  test('has Socket Mode switched off', async () => {
    const { about } = await doctor({ world: noAws, socketMode: 'off' });

    expect(about('SLACK_APP_TOKEN')).toEqual([
      expect.objectContaining({ status: 'problem', finding: expect.stringContaining('switched off') }),
    ]);
  });

  test('over HTTP has a signing secret, or nothing comes in', async () => {
    const secret = { SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: 'a-long-signing-secret' };
    const set = await doctor({ world: noAws, environment: secret });
    const unset = await doctor({ world: noAws, environment: { SLACK_APP_TOKEN: '' } });

    expect(set.about('SLACK_SIGNING_SECRET')).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(set.stdout).not.toContain('a-long-signing-secret');
    expect(unset.about('SLACK_SIGNING_SECRET')).toEqual([expect.objectContaining({ status: 'problem' })]);
  });

  test('cannot be reached', async () => {
    const { about } = await doctor({ world: noAws, environment: { SLACK_API_URL: 'http://127.0.0.1:1/api/' } });

    expect(about('SLACK_BOT_TOKEN')).toEqual([
      expect.objectContaining({ status: 'problem', fix: expect.stringContaining('network, DNS and proxy') }),
    ]);
  });

  test.each([
    ['C0SBXINC01', 'ok', 'The bot is in #incidents.', null],
    ['C0SBXGEN03', 'problem', 'The bot is not in #general', '/invite @apigw-500 in #general'],
    ['C0NOWHERE1', 'problem', 'There is no such channel', '/invite @apigw-500'],
  ])('channel %s for alarms: %s', async (channel, status, finding, fix) => {
    const routes = { alarmRoutes: [{ channel: 'C0SBXPAY02' }, { channel, name: 'orders-*' }] };
    const { about } = await doctor({ world: noAws, environment: { ALARM_CHANNEL: channel }, file: routes });

    expect(about(channel)).toEqual([
      {
        area: 'slack',
        subject: `channel ${channel} (ALARM_CHANNEL, alarmRoutes[1])`,
        status,
        finding: expect.stringContaining(finding),
        fix: fix === null ? null : expect.stringContaining(fix),
      },
    ]);
    expect(about('C0SBXPAY02 (alarmRoutes[0])')).toEqual([expect.objectContaining({ status: 'ok' })]);
  });

  test('membership that no scope allows to read is a problem, not a channel that is well', async () => {
    const { about } = await doctor({
      world: noAws,
      workspace: installed(all => all.filter(one => one !== 'channels:read')),
      environment: { ALARM_CHANNEL: 'C0SBXINC01' },
    });

    expect(about('C0SBXINC01 (')).toEqual([expect.objectContaining({ status: 'problem' })]);
  });
});

describe('the clock', () => {
  test.each([
    [30_000, 'ok'],
    [-2 * 60_000, 'warning'],
    [6 * 60_000, 'problem'],
  ])('that is %d ms off is %s, against Slack and AWS', async (offMs, status) => {
    const { about } = await doctor({ world: noAws, now: () => new Date(Date.now() + offMs) });

    expect(about('clock').map(line => line.status)).toEqual([status, status]);
  });
});

describe('the store', () => {
  test('that is not there yet is no problem, and is not made', async () => {
    const folder = temporaryFolder();
    const DATA_DIR = join(folder, 'data');
    const { about } = await doctor({ world: noAws, workspace: null, environment: { DATA_DIR } });

    expect(about('DATA_DIR')).toEqual([
      expect.objectContaining({ area: 'store', status: 'ok', finding: 'There is no store yet; serve will make it.' }),
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('opens, with the tables that it needs; those that it lacks are counted', async () => {
    const folder = temporaryFolder();
    const look = async () => {
      const { about } = await doctor({ world: noAws, workspace: null, environment: { DATA_DIR: folder } });
      return about('DATA_DIR');
    };
    await (await openSqlite(folder, () => new Date())).close();
    expect(await look()).toMatchObject([{ status: 'ok', finding: 'The store opens, and its tables are up to date.' }]);

    const older = await openSqlite(folder, () => new Date());
    await sql`DELETE FROM kysely_migration WHERE name >= '0003'`.execute(older.db);
    await older.close();
    expect(await look()).toMatchObject([
      {
        status: 'ok',
        finding: expect.stringMatching(/^The tables are \d+ versions? behind; serve brings them up to date\.$/),
      },
    ]);
  });

  test('that another process holds may be the running bot', async () => {
    const folder = temporaryFolder();
    const database = await openSqlite(folder, () => new Date());
    onTestFinished(() => database.close());

    const { about } = await doctor({ world: noAws, workspace: null, environment: { DATA_DIR: folder } });

    expect(about('DATA_DIR')).toEqual([
      expect.objectContaining({
        status: 'warning',
        finding: expect.stringContaining(`is in use by process ${process.pid} on `),
        fix: expect.stringContaining('Where that is the running bot, all is well.'),
      }),
    ]);
  });

  test('that is a database out of reach is a problem, told without its password', async () => {
    const DATABASE_URL = 'postgres://bot:hunter2@127.0.0.1:1/apigw';
    const { about, stdout } = await doctor({ world: noAws, workspace: null, environment: { DATABASE_URL } });

    expect(about('DATABASE_URL')).toEqual([
      expect.objectContaining({
        status: 'problem',
        finding: 'The database at 127.0.0.1:1/apigw cannot be used (ECONNREFUSED).',
        fix: expect.stringContaining('Check that it runs'),
      }),
    ]);
    expect(stdout).not.toContain('hunter2');
  });

  test('that cannot be made is a problem', async () => {
    const { about } = await doctor({ world: noAws, workspace: null, environment: { DATA_DIR: '/dev/null/data' } });

    expect(about('DATA_DIR')).toEqual([
      expect.objectContaining({ status: 'problem', fix: expect.stringContaining('set DATA_DIR to another folder') }),
    ]);
  });
});

describe('settings', () => {
  test('that are not valid are told one by one, without their values', async () => {
    const { code, lines, stdout } = await doctor({
      environment: { PORT: 'hunter2', AWS_REGION: 'Ireland' },
      file: { accounts: [{ id: 'hunter2', regions: [] }] },
    });

    expect(lines.map(({ subject, status }: { subject: string; status: string }) => [subject, status])).toEqual([
      ['CONFIG_FILE, accounts[0].id', 'problem'],
      ['CONFIG_FILE, accounts[0].regions', 'problem'],
      ['PORT', 'problem'],
      ['AWS_REGION', 'problem'],
    ]);
    expect(lines[2]).toMatchObject({
      finding: 'PORT is not valid.',
      fix: 'Give a whole number from 0 to 65535.',
    });
    expect(stdout).not.toContain('hunter2');
    expect(code).toBe(2);
  });
});

describe('the output', () => {
  test('is a table for people, with the fix below each line', async () => {
    const { code, stdout } = await doctor({ args: [], world: { faults: { denied: ['lambda:GetPolicy'] } } });

    expect(stdout).toContain(`PROBLEM  account ${own}, eu-west-1\n         lambda:GetPolicy is missing.`);
    expect(stdout).toMatch(/\n {9}Fix: Grant lambda:GetPolicy on/);
    expect(stdout).toMatch(/\n\n1 problem, 0 warnings\.\n$/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(130);
    expect(code).toBe(2);
  });

  test('of a mistake is how it is used', async () => {
    const { code, stdout, stderr } = await doctor({ args: ['--fast'] });

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('There is no option --fast.');
  });
});
