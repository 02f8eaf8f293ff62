import { describe, expect, it, onTestFinished } from 'vitest';
import { type AccessOptions, openAccess } from '../../src/aws/access.ts';
import { type Call, failure, wire } from './wire.ts';

const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: 'test' });
const identity = (account: string) => ({
  body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
});

const otherAccount = {
  id: '999900009999',
  roleArn: 'arn:aws:iam::999900009999:role/apigw-500-read',
  externalId: 'shared-word',
  regions: ['us-east-1', 'eu-west-1'],
};

/** The answer of sts:AssumeRole: credentials `ROLEn` that end at `expiration`. */
function session(n: number, expiration: Date) {
  const credentials = `<AccessKeyId>ROLE${n}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token${n}</SessionToken><Expiration>${expiration.toISOString()}</Expiration>`;
  return {
    body: `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  };
}

const hour = 3_600_000;

/** STS of the own account 111122223333, whose roles can be assumed for an hour; `now` is the time everywhere. */
function sts(now: () => number = Date.now) {
  let issued = 0;
  return (call: Call) =>
    call.operation === 'AssumeRole' ? session(++issued, new Date(now() + hour)) : identity('111122223333');
}

const usedKeys = (calls: Call[]) =>
  calls
    .filter(call => call.service === 'lambda')
    .map(call => /Credential=(\w+)/.exec(call.headers.authorization ?? '')?.[1]);

async function access(answer: (call: Call) => ReturnType<typeof identity> | object, more: Partial<AccessOptions> = {}) {
  const { url, calls } = await wire(call => (call.service === 'sts' ? answer(call) : { body: {} }));
  const opened = openAccess({
    region: 'eu-west-1',
    endpoint: url,
    credentials: key('own'),
    clock: () => new Date(),
    sleep: async () => {},
    ...more,
  });
  onTestFinished(() => opened.close());
  return {
    open: opened.open,
    ownAccountId: opened.ownAccountId,
    places: opened.places,
    calls,
    stsCalls: () => calls.filter(call => call.service === 'sts').length,
  };
}

describe('openAccess', () => {
  it('opens the own account in the configured Region, once', async () => {
    const { open, ownAccountId, stsCalls } = await access(() => identity('111122223333'));

    const ahead = await open(null, null);
    expect(ahead.accountId).toBeNull();
    expect(await Promise.all([ownAccountId(), ownAccountId()])).toEqual(['111122223333', '111122223333']);
    const [first, second] = await Promise.all([open(null, null), open('111122223333', 'eu-west-1')]);
    const china = await open(null, 'cn-north-1');

    expect(first).toMatchObject({ accountId: '111122223333', region: 'eu-west-1', partition: 'aws' });
    expect(second.accountId).toBe('111122223333');
    expect(await open(null, null)).toBe(await open('111122223333', null));
    expect(china).toMatchObject({ region: 'cn-north-1', partition: 'aws-cn' });
    expect(stsCalls()).toBe(1);
  });

  it('works without knowing its account, and asks again the next time', async () => {
    let up = false;
    const { open, ownAccountId, stsCalls } = await access(call =>
      up ? identity('111122223333') : failure(call, 'ExpiredToken', 'expired', 403),
    );

    expect(await ownAccountId()).toBeNull();
    expect((await open(null, null)).accountId).toBeNull();
    up = true;
    expect(await ownAccountId()).toBe('111122223333');
    expect((await open(null, null)).accountId).toBe('111122223333');
    expect(stsCalls()).toBe(2);
  });

  it('asks another account through the role in it, for reading only', async () => {
    const { open, calls } = await access(sts(), { accounts: [otherAccount] });

    const other = await open('999900009999', 'us-east-1');
    await other.send('lambda:GetAccountSettings', {});
    await (await open(null, 'us-east-1')).send('lambda:GetAccountSettings', {});

    expect(other).toMatchObject({ accountId: '999900009999', region: 'us-east-1' });
    expect(usedKeys(calls)).toEqual(['ROLE1', 'own']);
    expect(calls.find(call => call.service === 'lambda')?.headers['x-amz-security-token']).toBe('token1');
    expect(calls.find(call => call.operation === 'AssumeRole')).toMatchObject({
      region: 'eu-west-1',
      body: {
        RoleArn: otherAccount.roleArn,
        RoleSessionName: 'apigw-500',
        ExternalId: 'shared-word',
        DurationSeconds: '3600',
        'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      },
    });
  });

  it.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
  ])('stays in the partition %s of the role', async (partition, region) => {
    const roleArn = `arn:${partition}:iam::999900009999:role/r`;
    const { open, calls } = await access(sts(), {
      region,
      accounts: [{ id: '999900009999', roleArn, regions: [region] }],
    });

    await open('999900009999', null);

    expect(calls.find(call => call.operation === 'AssumeRole')).toMatchObject({
      region,
      body: { 'PolicyArns.member.1.arn': `arn:${partition}:iam::aws:policy/ReadOnlyAccess` },
    });
  });

  it('assumes a role once for all that ask at the same time, and again before its session ends', async () => {
    let now = Date.parse('2026-11-22T12:00:00Z');
    const { open, calls } = await access(
      sts(() => now),
      { accounts: [otherAccount], clock: () => new Date(now) },
    );
    const assumed = () => calls.filter(call => call.operation === 'AssumeRole').length;

    const places = await Promise.all([open('999900009999', 'us-east-1'), open('999900009999', 'eu-west-1')]);
    await Promise.all(places.map(aws => aws.send('lambda:GetAccountSettings', {})));
    expect(assumed()).toBe(1);

    now += hour - 6 * 60_000;
    await places[0]?.send('lambda:GetAccountSettings', {});
    expect(assumed()).toBe(1);

    now += 2 * 60_000;
    await Promise.all(places.map(aws => aws.send('lambda:GetAccountSettings', {})));
    expect(assumed()).toBe(2);
    expect(usedKeys(calls)).toEqual(['ROLE1', 'ROLE1', 'ROLE1', 'ROLE2', 'ROLE2']);
  });

  it('goes on with a session that still holds where it cannot be renewed, and says why once it has ended', async () => {
    let now = Date.parse('2026-11-22T12:00:00Z');
    let revoked = false;
    const answer = sts(() => now);
    const { open } = await access(
      call => (revoked && call.operation === 'AssumeRole' ? failure(call, 'AccessDenied', 'no', 403) : answer(call)),
      { accounts: [otherAccount], clock: () => new Date(now) },
    );
    const other = await open('999900009999', null);
    revoked = true;

    now += hour - 60_000;
    await other.send('lambda:GetAccountSettings', {});

    now += 45_000;
    await expect(other.send('lambda:GetAccountSettings', {})).rejects.toMatchObject({
      source: 'sts:AssumeRole',
      reason: 'access_denied',
    });
  });

  it('names the account, the role and what to mend where the role cannot be assumed', async () => {
    const denied =
      'User: arn:aws:sts::111122223333:assumed-role/bot/i-1 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::999900009999:role/apigw-500-read';
    const { open } = await access(
      call => (call.operation === 'AssumeRole' ? failure(call, 'AccessDenied', denied, 403) : identity('111122223333')),
      { accounts: [otherAccount] },
    );

    const error = await open('999900009999', null).catch(error => error);

    expect(error).toMatchObject({ source: 'sts:AssumeRole', reason: 'access_denied', permission: 'sts:AssumeRole' });
    expect(error.message).toMatch(
      /^Account 999900009999 cannot be read, because its role arn:aws:iam::999900009999:role\/apigw-500-read could not be assumed: /,
    );
    for (const part of ['trust policy', 'external id', 'grant sts:AssumeRole']) expect(error.remedy).toContain(part);
    expect(`${error.message} ${error.remedy}`).not.toContain('shared-word');
  });

  it('tries again the next time', async () => {
    let up = false;
    const answer = sts();
    const { open } = await access(
      call => (!up && call.operation === 'AssumeRole' ? failure(call, 'AccessDenied', 'no', 403) : answer(call)),
      { accounts: [otherAccount] },
    );

    await expect(open('999900009999', null)).rejects.toMatchObject({ reason: 'access_denied' });
    up = true;

    expect(await open('999900009999', null)).toMatchObject({ accountId: '999900009999', region: 'eu-west-1' });
  });

  it('looks at its default first, then at every configured account and Region', async () => {
    const { open, places, calls } = await access(sts(), {
      accounts: [otherAccount, { id: '111122223333', regions: ['eu-central-1'] }],
    });

    expect(places()).toEqual([
      { accountId: null, region: 'eu-west-1' },
      { accountId: '999900009999', region: 'us-east-1' },
      { accountId: '999900009999', region: 'eu-west-1' },
      { accountId: '111122223333', region: 'eu-central-1' },
    ]);
    expect(await open('111122223333', null)).toMatchObject({ region: 'eu-west-1' });
    expect(await open('111122223333', 'eu-central-1')).toMatchObject({ accountId: '111122223333' });
    expect(calls.some(call => call.operation === 'AssumeRole')).toBe(false);
  });

  it('refuses an account that it has no credentials for, rather than ask its own', async () => {
    const known = await access(() => identity('111122223333'));
    const unknown = await access(call => failure(call, 'InvalidClientTokenId', 'invalid', 403));

    await expect(known.open('999900009999', null)).rejects.toMatchObject({
      reason: 'access_denied',
      message: 'The bot has no access to account 999900009999: its own is 111122223333.',
    });
    await expect(unknown.open('999900009999', null)).rejects.toMatchObject({ reason: 'access_denied' });
  });

  it.each(['', 'Europe', 'us-east-1.evil.example', 'eu-west-1/x', 'EU-WEST-1'])(
    'refuses "%s" as a Region',
    async region => {
      const { open, calls } = await access(() => identity('111122223333'));

      await expect(open(null, region)).rejects.toMatchObject({ reason: 'not_found' });

      expect(calls).toEqual([]);
    },
  );

  it('keeps to its share of the quotas, for each account', async () => {
    const waits: number[] = [];
    const { open } = await access(
      sts(() => 0),
      {
        accounts: [otherAccount],
        clock: () => new Date(0),
        sleep: async ms => {
          waits.push(ms);
        },
        quotaShare: 0.5,
      },
    );
    const own = await open(null, null);
    const other = await open('999900009999', null);

    await own.send('cloudtrail:LookupEvents', {});
    await other.send('cloudtrail:LookupEvents', {});
    expect(waits).toEqual([]);

    await (await open('111122223333', null)).send('cloudtrail:LookupEvents', {});
    expect(waits).toEqual([1_000]);
  });
});
