import { describe, expect, it } from 'vitest';
import { openSlackStage, type SlackStage } from '../support/slack-stage.ts';

const home = (stage: SlackStage, user: string) => JSON.stringify(stage.workspace.home(user));

async function opened(stage: SlackStage, user: string): Promise<string> {
  const published = () => stage.workspace.calls.filter(call => call.method === 'views.publish').length;
  const before = published();
  stage.workspace.openHome(user);
  await stage.workspace.until(() => published() > before);
  await stage.idle();
  return home(stage, user);
}

describe('App Home', () => {
  it('has what is open, mine first, and how the app is set up; it follows what changes', async () => {
    const stage = await openSlackStage();
    const { workspace, idle, investigations } = stage;
    expect(await opened(stage, 'ana')).toContain('Nothing is open');
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await workspace.command('ben', 'payments', '/apigw-500 billing-api');
    await idle();
    const text = await opened(stage, 'ana');
    expect(text.indexOf('*Mine* (1)')).toBeGreaterThan(0);
    expect(text.indexOf('orders-api')).toBeLessThan(text.indexOf('billing-api'));
    expect(text).toContain('*Others have these* (1)');
    expect(text).toMatch(/archives\/C0SBXINC01\/p\d{16}/);
    expect(text).toContain('AWS account 123456789012 was last read');
    expect(text).toContain('Alarms come in by SNS and go to <#C0SBXINC01>');

    const [mine] = await investigations.listOpen({ teamId: 'T0SANDBOX1', owner: 'U0SBXANA01' });
    await investigations.resolve(mine?.id ?? '', 'U0SBXANA01');
    await idle();
    await stage.slack.outlets.refreshHomes(['U0SBXANA01']);
    expect(home(stage, 'ana')).toContain('*Closed last* (1)');
    expect(home(stage, 'ana')).not.toContain('*Mine*');
  });

  it('is published again where Slack asks to slow down, also where nothing changes after it', async () => {
    const stage = await openSlackStage();
    stage.workspace.fail('views.publish', 'ratelimited', 1);
    expect(await opened(stage, 'ana')).toContain('Alarms come in by SNS');
  });

  it('does not tell of a private channel to who is not in it', async () => {
    const stage = await openSlackStage();
    await stage.workspace.command('ana', 'war-room', '/apigw-500 secret-api');
    await stage.idle();
    expect(await opened(stage, 'ben')).not.toContain('secret-api');
    expect(await opened(stage, 'chika')).toContain('secret-api');
  });

  it('hands off all mine in one form, an offer each', async () => {
    const stage = await openSlackStage();
    const { workspace, idle, investigations } = stage;
    for (const api of ['orders-api', 'billing-api']) {
      await workspace.command('ana', 'incidents', `/apigw-500 ${api}`);
      await idle();
    }
    await opened(stage, 'ana');
    await workspace.pressInView('ana', 'handoff_all', undefined, {}, 'home');
    await idle();
    expect(JSON.stringify(workspace.modal('ana'))).toContain('2 investigations of yours');
    await workspace.submitView('ana', { person: 'U0SBXBEN02', next: 'Watch both' });
    await idle();
    expect(JSON.stringify(workspace.modal('ana'))).toContain('Offered to <@U0SBXBEN02>');
    const open = await investigations.listOpen({ teamId: 'T0SANDBOX1' });
    expect(open.map(one => one.handoffs.map(handoff => handoff.words.next))).toEqual([['Watch both'], ['Watch both']]);
    expect(open.every(one => one.handoffs[0]?.words.impact.includes('96 of 1,200'))).toBe(true);
    expect(workspace.directMessages('ben')).toHaveLength(2);
  });

  it('tells who may not use the app why, and writes it down', async () => {
    const stage = await openSlackStage({ allowed: { userGroups: ['S0SBXONC01'] } });
    expect(await opened(stage, 'chika')).toContain('Only members of some user groups');
    await stage.workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await stage.idle();
    expect(await opened(stage, 'ana')).toContain('orders-api');
  });

  it('may be read where no channel of it is allowed, but not acted from', async () => {
    const stage = await openSlackStage({ allowed: { channels: ['C0SBXINC01'] } });
    const { workspace, idle } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(await opened(stage, 'ana')).toContain('orders-api');
    await workspace.pressInView('ana', 'handoff', undefined, {}, 'home');
    await idle();
    expect(JSON.stringify(workspace.modal('ana'))).toContain('To a person');
  });
});
