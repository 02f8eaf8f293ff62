import { describe, expect, it } from 'vitest';
import { buttonsOf, openSlackStage, readable } from '../support/slack-stage.ts';

describe.each(['http', 'socket'] as const)('the command, over %s', mode => {
  it('opens one card with its thread, and edits it to the verdict', async () => {
    const { workspace, idle } = await openSlackStage({ mode });

    const shown = await workspace.command('ana', 'incidents', '/apigw-500 orders-api prod');
    await idle();

    expect(shown).toEqual({ ok: true });
    const [card, playbook, diagnoses, ...more] = workspace.messages('ana', 'incidents');
    expect(more).toEqual([]);
    expect(card?.threadTs).toBeNull();
    expect(card?.text).toContain('Cause found: orders-api');
    expect(readable(card ?? { text: '', blocks: [] })).toContain('aws lambda add-permission');
    expect(playbook?.threadTs).toBe(card?.ts);
    expect(diagnoses?.threadTs).toBe(card?.ts);
    const rows = [playbook, diagnoses].flatMap(message => buttonsOf(message ?? { blocks: [] }));
    expect(rows.filter(id => id.startsWith('step:'))).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10].map(n => `step:${n}`));
    expect(rows.filter(id => id.startsWith('diagnosis:'))).toEqual([1, 2, 3, 4, 5].map(n => `diagnosis:${n}`));
  });

  it('opens a form for an empty command, and diagnoses what is filled in', async () => {
    const { workspace, idle } = await openSlackStage({ mode });

    await workspace.command('ana', 'incidents', '/apigw-500');
    await idle();
    expect(workspace.modal('ana')?.callback_id).toBe('start');

    const wrong = await workspace.submitView('ana', { target: 'orders-api', since: 'yesterday' });
    expect(wrong).toMatchObject({ ok: false, error: 'form', fields: { since: expect.stringContaining('15m') } });

    const right = await workspace.submitView('ana', { target: 'orders-api', stage: 'prod', since: '30m' });
    await idle();
    expect(right).toEqual({ ok: true });
    expect(workspace.modal('ana')).toBeNull();
    expect(workspace.messages('ben', 'incidents')[0]?.text).toContain('Cause found: orders-api');
  });
});

describe('the command', () => {
  it('answers help in private, with what can be typed', async () => {
    const { workspace, read, idle } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 help');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('--since 30m');
    expect(read('ben', 'incidents')).toEqual([]);
  });

  it('says what is wrong with what was typed, and opens nothing', async () => {
    const { workspace, read, idle, investigations } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api --regoin <!channel>');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('There is no option');
    expect(read('ana', 'incidents').join()).not.toContain('<!channel>');
    expect(await investigations.listOpen({ teamId: 'T0SANDBOX1' })).toEqual([]);
  });

  it('lists what is open in the channel, for the asker alone, with links to the cards', async () => {
    const { workspace, read, idle } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await workspace.command('ana', 'payments', '/apigw-500 other-api');
    await idle();
    await workspace.command('ben', 'incidents', '/apigw-500 list');
    await idle();
    const list = workspace.messages('ben', 'incidents').find(message => message.onlyFor !== null);
    expect(readable(list ?? { text: '', blocks: [] })).toContain('1 open investigation in this channel');
    expect(JSON.stringify(list?.blocks)).toMatch(/archives\/C0SBXINC01\/p\d{16}/);
    expect(read('ana', 'incidents').join()).not.toContain('open investigation in this channel');
    expect(await workspace.press('ben', { channelId: 'C0SBXINC01', ts: list?.ts ?? '' }, 'link:0')).toEqual({
      ok: true,
    });
  });

  it('lists the newest twenty, and says how many there are', async () => {
    const { workspace, idle, read, investigations } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    const asked: unknown[] = [];
    const { listOpen } = investigations;
    investigations.listOpen = (filter, limit) => {
      asked.push(limit);
      return listOpen(filter, limit);
    };
    investigations.countOpen = async () => 31;
    await workspace.command('ben', 'incidents', '/apigw-500 list');
    await idle();
    expect(asked).toEqual([20]);
    expect(read('ben', 'incidents').join()).toContain('31 open investigations in this channel');
    expect(read('ben', 'incidents').join()).toContain('and 30 older ones');
  });

  it('offers the candidates of an ambiguous name, and diagnoses the one that is pressed', async () => {
    const { workspace, idle, find, read } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 orders');
    await idle();
    const choice = find('ana', 'incidents', message => message.onlyFor !== null);
    expect(buttonsOf(choice)).toEqual(['candidate:0', 'candidate:1']);
    expect(readable(choice)).toContain('orders-staging &lt;b&gt;&amp;');
    expect(read('ben', 'incidents')).toEqual([]);

    await workspace.press('ana', choice, 'candidate:1');
    await idle();
    expect(read('ben', 'incidents')[0]).toContain('Cause found: f6g7h8i9j0');
    expect(readable(choice)).toContain('under way');
  });

  it.each([
    ['nothing', 'in eu-west-1 is called nothing'],
    ['locked', 'Allow apigateway:GET.'],
  ])('tells the asker why %s cannot be diagnosed', async (target, sentence) => {
    const { workspace, idle, read } = await openSlackStage();
    await workspace.command('ana', 'incidents', `/apigw-500 ${target}`);
    await idle();
    expect(read('ana', 'incidents').join()).toContain(sentence);
    expect(read('ben', 'incidents')).toEqual([]);
  });

  it('points at the card where the same API is asked for again', async () => {
    const { workspace, idle, find, read } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    await workspace.command('ben', 'payments', '/apigw-500 orders-api');
    await idle();
    const answer = find('ben', 'payments', message => message.onlyFor !== null);
    expect(readable(answer)).toContain('was last diagnosed');
    // Where it is may be a private channel.
    expect(JSON.stringify(answer)).not.toContain('C0SBXINC01');
    expect(read('ana', 'incidents').filter(text => text.includes('Cause found: orders-api'))).toHaveLength(1);
    expect(read('ana', 'incidents')[0]).toContain('asked for twice');
  });

  it.each(['help', 'orders-api --regoin x', 'status'])('answers %s only to who may ask', async line => {
    const { workspace, idle, read } = await openSlackStage({ allowed: { channels: ['C0SBXPAY02'] } });
    await workspace.command('ana', 'incidents', `/apigw-500 ${line}`);
    await idle();
    expect(read('ana', 'incidents')).toEqual([expect.stringContaining('in some channels only')]);
  });

  it('takes a repeated delivery of one command as one', async () => {
    const { workspace, idle, diagnosis, deliver } = await openSlackStage();
    expect(await deliver({ trigger_id: '1.2.same' })).toBe(200);
    expect(await deliver({ trigger_id: '1.2.same' })).toBe(200);
    await idle();
    expect(diagnosis.diagnosed).toBe(1);
    expect(workspace.messages('ana', 'incidents').filter(message => message.threadTs === null)).toHaveLength(1);
  });

  it('answers nothing to a request that Slack has not signed, nor to another method or path', async () => {
    const { url, investigations } = await openSlackStage();
    const body = 'command=%2Fapigw-500&text=orders-api&team_id=T0SANDBOX1';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const forged = {
      ...headers,
      'x-slack-request-timestamp': `${Math.floor(Date.now() / 1000)}`,
      'x-slack-signature': 'v0=00',
    };
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', headers: forged, body })).status).toBe(401);
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url.replace('events', 'other'), { method: 'POST', headers, body })).status).toBe(404);
    expect(await investigations.listOpen({ teamId: 'T0SANDBOX1' })).toEqual([]);
  });
});
