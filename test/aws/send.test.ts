import { describe, expect, it } from 'vitest';
import { RefusedCommandError } from '../../src/aws/clients.ts';
import { memoised } from '../../src/aws/send.ts';
import { UnreadError } from '../../src/aws/unread.ts';
import { type Call, failure, wire } from './wire.ts';

const api = { id: 'a1b2c3', name: 'orders' };

describe('sdkSend', () => {
  it('asks each service in its own protocol', async () => {
    const { send, calls } = await wire(call =>
      call.service === 'iam' ? { body: '<GetRoleResponse><GetRoleResult/></GetRoleResponse>' } : {},
    );

    await send('apigateway:GetRestApi', { restApiId: 'a1b2c3' });
    await send('apigatewayv2:GetApi', { ApiId: 'a1b2c3' });
    await send('logs:FilterLogEvents', { logGroupName: 'g' });
    await send('iam:GetRole', { RoleName: 'r' });
    await send('cloudwatch:DescribeAlarms', { AlarmNames: ['a'] });

    expect(calls.map(call => `${call.service} ${call.operation || call.path}`)).toEqual([
      'apigateway /restapis/a1b2c3',
      'apigateway /v2/apis/a1b2c3',
      'logs FilterLogEvents',
      'iam GetRole',
      'monitoring DescribeAlarms',
    ]);
  });

  it('asks IAM and Health where their endpoints are, and a Region where a call says so', async () => {
    const { send, calls } = await wire(call =>
      call.service === 'iam' ? { body: '<GetRoleResponse><GetRoleResult/></GetRoleResponse>' } : {},
    );

    await send('iam:GetRole', { RoleName: 'r' });
    await send('iam:GetRole', { RoleName: 'r' }, { region: 'cn-northwest-1' });
    await send('health:DescribeEvents', {}, { region: 'us-gov-east-1' });
    await send('cloudtrail:LookupEvents', {}, { region: 'us-east-1' });
    await send('cloudtrail:LookupEvents', {});

    expect(calls.map(call => call.region)).toEqual([
      'us-east-1',
      'cn-north-1',
      'us-gov-west-1',
      'us-east-1',
      'eu-west-1',
    ]);
  });

  it('repeats what AWS could not answer, and tells of each throttle on the way', async () => {
    const throttles: string[] = [];
    let asked = 0;
    const { send, calls } = await wire(
      call => (++asked < 3 ? failure(call, 'TooManyRequestsException', 'Rate exceeded', 429) : { body: api }),
      { onThrottle: operation => throttles.push(operation) },
    );

    await expect(send('apigateway:GetRestApi', { restApiId: 'a1b2c3' })).resolves.toMatchObject(api);

    expect(calls).toHaveLength(3);
    expect(throttles).toEqual(['apigateway:GetRestApi', 'apigateway:GetRestApi']);
  });

  it('gives up after three attempts', async () => {
    const { send, calls } = await wire(call => failure(call, 'ServiceUnavailableException', 'Try later', 503));

    await expect(send('apigateway:GetRestApi', { restApiId: 'a1b2c3' })).rejects.toMatchObject({ reason: 'timeout' });

    expect(calls).toHaveLength(3);
  });
});

describe('timeouts', () => {
  it('aborts an attempt that is not answered, and the call at its deadline', async () => {
    const closed: string[] = [];
    const { send } = await wire(
      (call, response) => {
        response.on('close', () => closed.push(call.path));
        return undefined;
      },
      { timeouts: { requestMs: 100, totalMs: 350 } },
    );

    await expect(send('apigateway:GetRestApi', { restApiId: 'a1b2c3' })).rejects.toMatchObject({
      reason: 'timeout',
      message: 'apigateway:GetRestApi on API a1b2c3 in eu-west-1 did not answer in time.',
    });

    await expect.poll(() => closed.length).toBeGreaterThanOrEqual(1);
  });

  it('aborts an answer that stops half-way', async () => {
    let closed = false;
    const { send } = await wire(
      (_call, response) => {
        response.on('close', () => {
          closed = true;
        });
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"id":');
        return undefined;
      },
      { timeouts: { totalMs: 200 } },
    );

    await expect(send('apigateway:GetRestApi', { restApiId: 'a1b2c3' })).rejects.toMatchObject({ reason: 'timeout' });

    await expect.poll(() => closed).toBe(true);
  });
});

describe('credentials', () => {
  it('ends the wait for credentials that never come', async () => {
    const { send, calls } = await wire(() => ({}), {
      credentials: () => new Promise(() => {}),
      timeouts: { totalMs: 100 },
    });

    await expect(send('apigateway:GetAccount', {})).rejects.toMatchObject({ reason: 'timeout' });

    expect(calls).toEqual([]);
  });

  it('are resolved once for all clients', async () => {
    let resolved = 0;
    const credentials = async () => {
      resolved++;
      return { accessKeyId: 'test', secretAccessKey: 'test', expiration: new Date(Date.now() + 3_600_000) };
    };
    const { send } = await wire(() => ({}), { credentials });

    await send('apigateway:GetAccount', {});
    await send('lambda:GetAccountSettings', {});
    await send('lambda:GetAccountSettings', {}, { region: 'us-east-1' });

    expect(resolved).toBe(1);
  });
});

describe('the read-only guard', () => {
  it('refuses a command that is not declared before anything is sent', async () => {
    const { clients, send, calls } = await wire(() => ({}));

    const invoked = clients.ask('lambda:Invoke' as 'lambda:GetPolicy', { FunctionName: 'orders' }, 'eu-west-1');
    await expect(invoked).rejects.toBeInstanceOf(RefusedCommandError);
    const changed = send('apigateway:UpdateStage' as 'apigateway:GetStage', { restApiId: 'a', stageName: 'prod' });
    await expect(changed).rejects.toThrow('apigateway:UpdateStage is not a declared read and was not sent.');
    await expect(changed).rejects.not.toBeInstanceOf(UnreadError);

    expect(calls).toEqual([]);
  });
});

describe('memoised', () => {
  it('makes one call of equal questions, whatever the order of their keys, and keeps failures', async () => {
    const answer = (call: Call) =>
      call.path.endsWith('/gone') ? failure(call, 'NotFoundException', 'Invalid API identifier', 404) : { body: api };
    const { send, calls } = await wire(answer);
    const memo = memoised(send);

    const [first, second] = await Promise.all([
      memo('apigateway:GetStage', { restApiId: 'a', stageName: 'prod' }),
      memo('apigateway:GetStage', { stageName: 'prod', restApiId: 'a' }),
    ]);
    await memo('apigateway:GetStage', { restApiId: 'a', stageName: 'dev' });
    const gone = () => memo('apigateway:GetRestApi', { restApiId: 'gone' });
    await expect(gone()).rejects.toMatchObject({ reason: 'not_found' });
    await expect(gone()).rejects.toMatchObject({ reason: 'not_found' });

    expect(first).toBe(second);
    expect(calls.map(call => call.path)).toEqual([
      '/restapis/a/stages/prod',
      '/restapis/a/stages/dev',
      '/restapis/gone',
    ]);
  });

  it('keeps Regions and times apart', async () => {
    const { send, calls } = await wire(() => ({}));
    const memo = memoised(send);
    const at = (time: string) => ({ StartTime: new Date(time) });

    await memo('cloudtrail:LookupEvents', at('2026-11-20T10:00:00Z'));
    await memo('cloudtrail:LookupEvents', at('2026-11-20T10:00:00Z'));
    await memo('cloudtrail:LookupEvents', at('2026-11-20T10:00:00Z'), { region: 'us-east-1' });
    await memo('cloudtrail:LookupEvents', at('2026-11-20T11:00:00Z'));

    expect(calls).toHaveLength(3);
  });
});
