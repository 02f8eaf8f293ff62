import { describe, expect, it, onTestFinished } from 'vitest';
import { type AccessOptions, openAccess } from '../../src/aws/access.ts';
import { type Call, failure, wire } from './wire.ts';

const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: 'test' });
const identity = (account: string) => ({
  body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
});

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

  it('asks another account with credentials of its own', async () => {
    const { open, calls } = await access(() => identity('111122223333'), {
      accounts: { '999900009999': key('other') },
    });

    const other = await open('999900009999', 'us-east-1');
    await other.send('lambda:GetAccountSettings', {});
    await (await open(null, 'us-east-1')).send('lambda:GetAccountSettings', {});

    expect(other).toMatchObject({ accountId: '999900009999', region: 'us-east-1' });
    const used = calls
      .filter(call => call.service === 'lambda')
      .map(call => /Credential=(\w+)/.exec(call.headers.authorization ?? '')?.[1]);
    expect(used).toEqual(['other', 'own']);
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
    const { open } = await access(() => identity('111122223333'), {
      accounts: { '999900009999': key('other') },
      clock: () => new Date(0),
      sleep: async ms => {
        waits.push(ms);
      },
      quotaShare: 0.5,
    });
    const own = await open(null, null);
    const other = await open('999900009999', null);

    await own.send('cloudtrail:LookupEvents', {});
    await other.send('cloudtrail:LookupEvents', {});
    expect(waits).toEqual([]);

    await (await open('111122223333', null)).send('cloudtrail:LookupEvents', {});
    expect(waits).toEqual([1_000]);
  });
});
