/** What people are told when something fails on the way. */
import { describe, expect, it } from 'vitest';
import { buttonsOf, openSlackStage } from '../support/slack-stage.ts';

describe('a private answer', () => {
  it('is an ephemeral message where the response URL is used up', async () => {
    const { workspace, idle, read, deliver } = await openSlackStage();
    await deliver({ text: 'nothing', response_url: `${workspace.calls.length}` });
    await idle();
    expect(read('ana', 'incidents').join()).toContain('is called nothing');
    expect(workspace.calls.filter(call => call.method === 'chat.postEphemeral')).toHaveLength(1);
  });

  it('that reaches nobody is logged, and stops nothing', async () => {
    const { workspace, idle, logged, deliver, diagnosis } = await openSlackStage();
    workspace.fail('chat.postEphemeral', { error: 'user_not_in_channel' });
    await deliver({ text: 'nothing' });
    await idle();
    expect(logged.join()).toContain('A private answer reached nobody.');
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(diagnosis.diagnosed).toBe(1);
  });
});

describe('a form that cannot be opened', () => {
  it('is told with what to do next', async () => {
    const { workspace, idle, read } = await openSlackStage();
    workspace.fail('views.open', { error: 'expired_trigger_id' });
    await workspace.command('ana', 'incidents', '/apigw-500');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('type the command again.');
  });
});

describe('a store that does not answer', () => {
  it('is acknowledged all the same, and told without details', async () => {
    const { workspace, idle, read, investigations, logged } = await openSlackStage();
    investigations.submit = () => Promise.reject(new Error('disk full at /var/secret'));
    expect(await workspace.command('ana', 'incidents', '/apigw-500 orders-api')).toEqual({ ok: true });
    await idle();
    expect(read('ana', 'incidents').join()).toContain('Something went wrong on my side');
    expect(read('ana', 'incidents').join()).not.toContain('disk full');
    expect(logged.join()).toContain('disk full');
  });

  it('leaves the form told in private, through the command that opened it', async () => {
    const { workspace, idle, read, investigations } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500');
    await idle();
    investigations.submit = () => Promise.reject(new Error('disk full'));
    expect(await workspace.submitView('ana', { target: 'orders-api' })).toEqual({ ok: true });
    await idle();
    expect(read('ana', 'incidents').join()).toContain('Something went wrong on my side');
  });
});

describe('a run that failed', () => {
  it('says so on the card, and can be run again from there', async () => {
    const { workspace, idle, diagnosis, find } = await openSlackStage();
    const diagnose = diagnosis.diagnose;
    diagnosis.diagnose = () => Promise.reject(new Error('a defect'));
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    const card = find('ana', 'incidents', message => message.threadTs === null);
    expect(card.text).toContain('The diagnosis could not be finished');
    expect(buttonsOf(card)).toEqual(['rerun', 'handoff', 'note', 'watch', 'export', 'resolve']);

    diagnosis.diagnose = diagnose;
    await workspace.press('ben', card, 'rerun');
    await idle();
    expect(card.text).toContain('Cause found');
  });
});

describe('starting', () => {
  it('says in words what is wrong with the token', async () => {
    const { slack, workspace } = await openSlackStage();
    workspace.fail('auth.test', { error: 'token_revoked' });
    await expect(slack.start()).rejects.toThrow('The app’s token was revoked.');
  });

  it('knows what it listens to', async () => {
    const { slack } = await openSlackStage();
    const { commands, events, shortcuts, views } = slack.registered;
    expect(commands).toEqual(['/apigw-500']);
    expect(events).toEqual(expect.arrayContaining(['member_joined_channel', 'reaction_added', 'message.channels']));
    expect(shortcuts).toContain('diagnose_alarm');
    expect(views).toContain('start');
    expect(slack.registered.actions).toContain('rerun');
  });
});
