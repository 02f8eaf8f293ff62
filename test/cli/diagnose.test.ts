import { describe, expect, test } from 'vitest';
import { type OpenDiagnosis, openDiagnosis } from '../../src/app.ts';
import type { Access } from '../../src/aws/types.ts';
import { UnreadError } from '../../src/aws/unread.ts';
import { run } from '../../src/cli/diagnose.ts';
import { parseConfig } from '../../src/config.ts';
import { candidate, request } from '../investigations/data.ts';
import { type ScriptedService, scriptedService, silent } from '../investigations/fixtures.ts';
import { type Terminal, terminal } from './support.ts';

async function diagnose(
  args: string[],
  set: (service: ScriptedService) => void = () => undefined,
  nothingRead = false,
  progress = false,
) {
  const service = scriptedService();
  set(service);
  let closed = 0;
  const opened: OpenDiagnosis = { service, nothingRead: () => nothingRead, close: () => void closed++ };
  const screen: Terminal = { ...terminal(), progress };
  screen.out = text => {
    screen.stdout += text;
  };
  screen.err = text => {
    screen.stderr += text;
  };
  const code = await run(args, screen, async () => opened);
  return { code, service, stdout: screen.stdout, stderr: screen.stderr, closed };
}

describe('a diagnosis', () => {
  test('is printed for people, and the exit code is 0', async () => {
    const { code, stdout, stderr, closed } = await diagnose(['orders-api', '--stage', 'prod']);
    expect(code).toBe(0);
    expect(stdout).toContain('orders-api');
    expect(stdout.endsWith('\n')).toBe(true);
    expect(stderr).toBe('');
    expect(closed).toBe(1);
  });

  test('with --json is exactly one document on stdout: the report', async () => {
    const { code, stdout, stderr } = await diagnose(['--json', 'orders-api']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, id: 'report-1', trigger: { kind: 'cli' } });
    expect(stderr).toBe('');
  });

  test('shows on a terminal how far it is, and leaves nothing of it behind', async () => {
    const { stdout, stderr } = await diagnose(['orders-api'], () => undefined, false, true);
    expect(stderr).toContain('\r\u001b[K1 check done: ');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
    expect(stdout).not.toContain('check done');
  });

  test('asks for what the flags say', async () => {
    const flags = [
      ...['--stage', 'prod', '--region', 'eu-central-1', '--account', '123456789012', '--since', '30m'],
      ...['--function', 'orders', '--role', 'orders-role', '--log-group', '/aws/lambda/orders'],
      ...['--policy', 'arn:aws:iam::123456789012:policy/orders'],
    ];
    const { service } = await diagnose(['orders-api', ...flags]);
    expect(service.located).toEqual([
      request({
        stage: 'prod',
        region: 'eu-central-1',
        accountId: '123456789012',
        span: { minutes: 30 },
        overrides: {
          functionName: 'orders',
          roleName: 'orders-role',
          policyArn: 'arn:aws:iam::123456789012:policy/orders',
          logGroup: '/aws/lambda/orders',
        },
      }),
    ]);
  });
});

describe('exit code 2', () => {
  test.each([
    ['no target', []],
    ['an unknown flag', ['orders-api', '--frobnicate', 'x']],
    ['a flag without its value', ['orders-api', '--stage']],
  ])('for %s, with where more stands, and AWS is not asked', async (_what, args) => {
    const { code, stdout, stderr, service } = await diagnose(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^[^\n]+\.\napigw-500 diagnose --help tells more\.\n$/);
    expect(service.located).toEqual([]);
  });

  test('for an unknown flag, with all that there are', async () => {
    expect((await diagnose(['orders-api', '--frobnicate', 'x'])).stderr).toContain('--log-group, --json.');
  });

  test('with --json is a document all the same', async () => {
    const { code, stdout } = await diagnose(['--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'usage', message: expect.any(String), candidates: [] } });
  });
});

describe('exit code 3', () => {
  test('for an ambiguous target, with the candidates', async () => {
    const ambiguous = (service: ScriptedService) => {
      service.location = () => ({ kind: 'ambiguous', candidates: [candidate] });
    };
    const people = await diagnose(['orders-api'], ambiguous);
    expect(people.code).toBe(3);
    expect(people.stdout).toContain('a1b2c3d4e5');

    const program = await diagnose(['orders-api', '--json'], ambiguous);
    expect(program.code).toBe(3);
    expect(JSON.parse(program.stdout)).toEqual({
      error: { code: 'target_ambiguous', message: expect.stringContaining('orders-api'), candidates: [candidate] },
    });
  });

  test.each([
    [
      'orders-api',
      'API orders-api has no stage staging; it has prod and dev. Type: apigw-500 diagnose a1b2c3d4e5 --stage prod',
    ],
    ['order-api', 'No API in eu-west-1 fits "order-api". The closest is this; give its id or name.'],
  ])('for %s without the stage that was typed, with what there is', async (target, sentence) => {
    const { code, stdout } = await diagnose([target, 'staging', '--json'], service => {
      const stages = ['prod', 'dev'];
      service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [{ ...candidate, stages }] });
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error.message).toBe(sentence);
  });

  test('for a target that is not found, with the Region that was looked in', async () => {
    const { code, stdout } = await diagnose(['nothing', '--json'], service => {
      service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'target_not_found',
      message: expect.stringMatching(/eu-west-1.*"nothing"/),
      candidates: [],
    });
  });
});

test('an alarm with no API behind it is a target that is not found, with what it watches', async () => {
  const watches = 'The alarm nightly watches Errors of AWS/Lambda (FunctionName nightly), and no API is behind it.';
  const unrelated = (service: ScriptedService) => {
    service.location = () => ({ kind: 'unrelated', alarm: 'nightly', watches });
  };
  const people = await diagnose(['alarm:nightly'], unrelated);
  expect(people).toMatchObject({ code: 3, stdout: expect.stringContaining(watches.slice(0, 60)) });
  const program = await diagnose(['alarm:nightly', '--json'], unrelated);
  expect(program.code).toBe(3);
  expect(JSON.parse(program.stdout)).toEqual({
    error: { code: 'target_not_found', message: watches, candidates: [] },
  });
});

describe('exit code 4', () => {
  test('where the target could not be looked for, with what to do', async () => {
    const unreadable = (service: ScriptedService) => {
      service.location = () => ({ kind: 'unreadable', message: 'AWS has no credentials.', remedy: 'Sign in first.' });
    };
    const people = await diagnose(['orders-api'], unreadable);
    expect(people).toMatchObject({ code: 4, stdout: '', stderr: 'AWS has no credentials. Sign in first.\n' });
    const program = await diagnose(['orders-api', '--json'], unreadable);
    expect(program.code).toBe(4);
    expect(JSON.parse(program.stdout).error.code).toBe('nothing_readable');
  });

  test('where every read failed, with the report that says so', async () => {
    const { code, stdout } = await diagnose(['orders-api', '--json'], undefined, true);
    expect(code).toBe(4);
    expect(JSON.parse(stdout).schemaVersion).toBe(1);
  });
});

test('a defect is left to the caller, and what was opened is closed', async () => {
  let closed = 0;
  const service = { ...scriptedService(), locate: () => Promise.reject(new Error('a defect')) };
  const screen = terminal();
  const running = run(['orders-api', '--json'], screen, async () => ({
    service,
    nothingRead: () => false,
    close: () => void closed++,
  }));
  await expect(running).rejects.toThrow('a defect');
  expect(closed).toBe(1);
  expect(JSON.parse(screen.stdout)).toEqual({ error: { code: 'failed', message: 'a defect', candidates: [] } });
});

describe('whether anything was read', () => {
  /** AWS that answers the operations named and denies the rest. */
  function accessTo(...answers: string[]): Access {
    return {
      ownAccountId: async () => null,
      places: () => [{ accountId: null, region: 'eu-west-1' }],
      close() {},
      async open() {
        const send = async (operation: string) => {
          if (answers.includes(operation)) return {};
          throw new UnreadError('apigateway:GET', 'access_denied', 'Denied.', 'Allow it.');
        };
        return { accountId: null, region: 'eu-west-1', partition: 'aws', send: send as never };
      },
    };
  }

  async function locateWith(access: Access) {
    const opened = await openDiagnosis(parseConfig({ AWS_REGION: 'eu-west-1', HEALTH_FEED_URL: '' }, 'command'), {
      access,
      log: silent,
    });
    await opened.service.locate(request({ target: 'a1b2c3d4e5', stage: 'prod' }));
    return opened.nothingRead();
  }

  test('is counted by answers of AWS, and who one is does not count', async () => {
    expect(await locateWith(accessTo('sts:GetCallerIdentity'))).toBe(true);
    expect(await locateWith(accessTo('apigateway:GetRestApi'))).toBe(false);
  });
});
