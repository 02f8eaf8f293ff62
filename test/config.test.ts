import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configurationFiles, fileExample } from '../scripts/configuration.ts';
import { ConfigError, type Environment, parseConfig, readConfig } from '../src/config.ts';
import { variables } from '../src/settings.ts';

const socketMode = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };

function problemsOf(environment: Environment, file?: string): readonly string[] {
  try {
    parseConfig(environment, 'serve', () => file ?? '');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function withFile(file: string): Environment {
  return problemsOf({ ...socketMode, CONFIG_FILE: 'x.yml' }, file) as unknown as Environment;
}

describe('without anything set', () => {
  test('a command gets every default', () => {
    expect(parseConfig({}, 'command')).toEqual({
      slack: null,
      port: 3000,
      databaseUrl: null,
      dataDir: join(process.cwd(), 'data'),
      awsRegion: null,
      accounts: [],
      quotaShare: 0.5,
      healthFeedUrl: 'https://health.aws.amazon.com/public/currentevents',
      allow: { channels: null, userGroups: null, guests: false },
      alarms: { channel: null, topicArns: [], eventBridgeKey: null, reaction: 'mag', routes: [] },
      retentionDays: 90,
      logLevel: null,
      alarmPostChannels: [],
      handoffFallbackGroup: null,
    });
  });

  test('serve is told every setting of Slack that it lacks', () => {
    const problems = problemsOf({});
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^SLACK_BOT_TOKEN is not set: .*OAuth.*\.$/);
    expect(problems[1]).toMatch(/^SLACK_SIGNING_SECRET or SLACK_APP_TOKEN must be set\..*\.$/);
  });
});

test('values are read, trimmed and typed', () => {
  const config = parseConfig(
    {
      SLACK_BOT_TOKEN: ' xoxb-1 ',
      SLACK_SIGNING_SECRET: '0123456789abcdef',
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      PORT: '0',
      DATA_DIR: '/var/lib/apigw-500',
      AWS_REGION: 'us-gov-west-1',
      HEALTH_FEED_URL: '',
      RETENTION_DAYS: '7',
      LOG_LEVEL: 'debug',
    },
    'serve',
  );
  expect(config).toMatchObject({
    slack: {
      botToken: 'xoxb-1',
      signingSecret: '0123456789abcdef',
      appToken: null,
      apiUrl: 'http://127.0.0.1:4000/api/',
    },
    port: 0,
    dataDir: '/var/lib/apigw-500',
    awsRegion: 'us-gov-west-1',
    healthFeedUrl: null,
    retentionDays: 7,
    logLevel: 'debug',
  });
});

test('an empty variable counts as not set', () => {
  expect(parseConfig({ PORT: '', SLACK_BOT_TOKEN: ' ', LOG_LEVEL: '' }, 'command')).toEqual(parseConfig({}, 'command'));
  expect(problemsOf({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: 'xapp-1' })).toEqual([
    expect.stringMatching(/^SLACK_BOT_TOKEN is not set/),
  ]);
});

test('every problem is reported at once, by name, with the fix and without the value', () => {
  const secret = 'hunter2-is-not-a-token';
  const wrong: Record<string, string> = Object.fromEntries(Object.keys(variables).map(name => [name, ` ${secret} !`]));
  // Any text is a folder.
  delete wrong.DATA_DIR;
  const problems = problemsOf(wrong, `quotaShare: ${secret}`);

  for (const name of Object.keys(wrong)) {
    if (name === 'CONFIG_FILE' || name === 'SLACK_SIGNING_SECRET' || name === 'EVENTBRIDGE_API_KEY') continue;
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name} is not valid: .*\\.$`)));
  }
  expect(problems).toContainEqual(expect.stringMatching(/^CONFIG_FILE, quotaShare: .*\.$/));
  expect(problems.join('\n')).not.toContain('hunter2');
});

test.each([
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['RETENTION_DAYS', '0'],
  ['AWS_REGION', 'Ireland'],
  ['SLACK_API_URL', 'file:///etc/passwd'],
  ['SNS_TOPIC_ARNS', ','],
  ['SNS_TOPIC_ARNS', 'arn:aws:sns:eu-west-1:123456789012:alarms,arn:aws:sqs:eu-west-1:123456789012:alarms'],
  ['ALARM_CHANNEL', '#incidents'],
  ['ALARM_REACTION', ':mag:'],
  ['DATABASE_URL', 'mysql://localhost/x'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is refused', (name, value) => {
  const environment = { ALARM_CHANNEL: 'C0123456789', ...socketMode, [name]: value };
  expect(problemsOf(environment)).toEqual([expect.stringContaining(`${name} is not valid: `)]);
});

test('alarms are let in only where they have somewhere to go', () => {
  const environment = { ...socketMode, EVENTBRIDGE_API_KEY: 'a-key-of-many-letters' };
  expect(problemsOf(environment)).toEqual([expect.stringContaining('ALARM_CHANNEL is not set')]);
  expect(problemsOf({ ...environment, ALARM_CHANNEL: 'C0123456789' })).toEqual([]);
});

describe('CONFIG_FILE', () => {
  test('brings what the documented example says', () => {
    const config = parseConfig({ CONFIG_FILE: 'x.yml' }, 'command', path => (path === 'x.yml' ? fileExample : ''));
    expect(config.accounts).toEqual([
      {
        id: '123456789012',
        roleArn: 'arn:aws:iam::123456789012:role/apigw-500-read',
        externalId: 'a-shared-word',
        regions: ['eu-west-1', 'us-east-1'],
      },
    ]);
    expect(config.alarms.routes).toEqual([{ account: '123456789012', name: 'orders-*', channel: 'C0123456789' }]);
    expect(config.allow).toEqual({ channels: ['C0123456789'], userGroups: ['S0123456789'], guests: false });
  });

  test('may be empty', () => {
    expect(parseConfig({ CONFIG_FILE: 'x.yml' }, 'command', () => '')).toEqual(parseConfig({}, 'command'));
  });

  test('names the place of each problem', () => {
    expect(
      withFile('accounts:\n- id: 123456789012\n  regions: []\nallow: {channels: [], userGroups: [x]}\nfoo: 1'),
    ).toEqual([
      'CONFIG_FILE, accounts[0].id: must be text: put it in quotes.',
      'CONFIG_FILE, accounts[0].regions: must name at least one Region.',
      'CONFIG_FILE, allow.channels: must not be empty: leave it out to allow all.',
      'CONFIG_FILE, allow.userGroups[0]: must be the id of a user group (S…).',
      'CONFIG_FILE: unknown field "foo"; remove it or correct its name.',
    ]);
  });

  test.each([
    [
      'a role of another account',
      "roleArn: 'arn:aws:iam::999900009999:role/r'",
      'accounts[0].roleArn: must be a role of',
    ],
    [
      'a role of another partition',
      "roleArn: 'arn:aws-cn:iam::123456789012:role/r'",
      'accounts[0].regions: must lie in',
    ],
    ['an external id that STS refuses', 'externalId: "a b"', 'accounts[0].externalId: must have 2 to 1224'],
  ])('refuses %s', (_, field, problem) => {
    const problems = withFile(`accounts: [{ id: "123456789012", regions: [eu-west-1], ${field} }]`);
    expect(problems).toEqual([expect.stringContaining(`CONFIG_FILE, ${problem}`)]);
  });

  test('refuses an account that stands in it twice', () => {
    const account = '{ id: "123456789012", regions: [eu-west-1] }';
    expect(withFile(`accounts: [${account}, ${account}]`)).toEqual([
      'CONFIG_FILE, accounts: must name each account once.',
    ]);
  });

  test('that is no YAML, or no mapping, or cannot be read, says so without its text', () => {
    expect(withFile('externalId: "hunter2')).toEqual([
      expect.stringMatching(/^CONFIG_FILE is not valid YAML at line 1/),
    ]);
    expect(withFile('- hunter2')).toEqual([expect.stringMatching(/^CONFIG_FILE: .*expected object.*\.$/)]);
    const missing = join(tmpdir(), 'no-such-file.yml');
    expect(() => parseConfig({ CONFIG_FILE: missing }, 'command')).toThrow(
      expect.objectContaining({
        problems: [expect.stringMatching(/^CONFIG_FILE cannot be read \(ENOENT\): give the path/)],
      }),
    );
  });
});

test('a configuration cannot be changed', () => {
  const config = parseConfig({ CONFIG_FILE: 'x.yml' }, 'command', () => fileExample);
  expect(() => Object.assign(config.alarms, { channel: 'C1' })).toThrow(TypeError);
  expect(() => (config.accounts as unknown[]).push(1)).toThrow(TypeError);
});

test('.env is read, and never overrides a variable that is set', () => {
  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-env-'));
  const before = { cwd: process.cwd(), port: process.env.PORT, reaction: process.env.ALARM_REACTION };
  onTestFinished(() => {
    process.chdir(before.cwd);
    if (before.port === undefined) delete process.env.PORT;
    else process.env.PORT = before.port;
    delete process.env.ALARM_REACTION;
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, '.env'), 'PORT=4001\nALARM_REACTION=eyes\n');
  process.chdir(folder);
  process.env.PORT = '4002';
  delete process.env.ALARM_REACTION;

  expect(readConfig('command')).toMatchObject({ port: 4002, alarms: { reaction: 'eyes' } });
});

test('the example and the page list every variable', () => {
  for (const { content } of configurationFiles()) {
    for (const name of Object.keys(variables)) expect(content).toContain(name);
  }
});
