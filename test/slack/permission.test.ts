import { describe, expect, it } from 'vitest';
import { sandboxSeed } from '../../src/sandbox/slack/seed.ts';
import { buttonsOf, openSlackStage, type SlackStage, type StageOptions } from '../support/slack-stage.ts';

const others = [
  { id: 'U0SBXGST05', name: 'guest', realName: 'Gus Guest', guest: true },
  { id: 'U0OTHEREX6', name: 'stranger', realName: 'Sam Stranger', teamId: 'T0ANOTHER9' },
];

/** A channel with a guest, and somebody of another workspace. */
async function shared(options: StageOptions = {}): Promise<SlackStage> {
  const users = [...sandboxSeed.users, ...others];
  const [incidents, ...rest] = sandboxSeed.channels;
  if (incidents === undefined) throw new Error('There is no channel.');
  const members = [...incidents.members, ...others.map(({ id }) => id)];
  const channels = [{ ...incidents, members }, ...rest];
  return openSlackStage({ ...options, workspace: { seed: { users, channels } } });
}

const card = (stage: SlackStage) => stage.find('ana', 'incidents', message => buttonsOf(message).includes('resolve'));

describe('guests, and people of another workspace', () => {
  it.each(['guest', 'stranger'])('a %s is refused at every door, in private, and it is written down', async name => {
    const stage = await shared();
    const { workspace, idle, read, investigations, diagnosis } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    for (const id of ['rerun', 'resolve', 'watch', 'export', 'feedback:yes'])
      await workspace.press(name, card(stage), id);
    const before = card(stage);
    await workspace.press('ana', before, 'resolve');
    await idle();
    const closed = stage.find('ana', 'incidents', message => buttonsOf(message).includes('reopen'));
    await workspace.press(name, closed, 'reopen');
    await idle();
    expect(await investigations.get('id-1')).toMatchObject({ state: 'resolved' });
    await workspace.press('ana', closed, 'reopen');
    await idle();
    await workspace.command(name, 'incidents', '/apigw-500 other-api');
    await workspace.press(name, card(stage), 'handoff');
    await idle();
    expect(diagnosis.diagnosed).toBe(1);
    expect(await investigations.get('id-1')).toMatchObject({ state: 'diagnosed', feedback: [] });
    const told = `${read(name, 'incidents').join()} ${JSON.stringify(workspace.modal(name))}`;
    expect(told).toMatch(/Ask who runs it to allow guests/);
    expect(read('ana', 'incidents').join()).not.toContain('allow guests');
    expect(stage.logged.join()).not.toContain('could not be answered');
    if (name === 'guest') {
      const denied = (await investigations.audit('id-1')).filter(entry => entry.action === 'denied');
      expect(denied.map(entry => entry.who)).toContain('U0SBXGST05');
    }
  });

  it('may where it is allowed', async () => {
    const stage = await shared({ allowed: { guests: true } });
    const { workspace, idle } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    await workspace.press('stranger', card(stage), 'feedback:yes');
    await workspace.press('guest', card(stage), 'feedback:no');
    await idle();
    expect((await stage.investigations.get('id-1'))?.feedback.map(one => one.answer).toSorted()).toEqual(['no', 'yes']);
  });

  it('are not handed anything', async () => {
    const stage = await shared();
    const { workspace, idle } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    await workspace.press('ana', card(stage), 'handoff');
    await idle();
    await workspace.submitView('ana', { person: 'U0SBXGST05' });
    await idle();
    expect(JSON.stringify(workspace.modal('ana'))).toContain('may not use this app');
  });

  it('cannot be told from members while Slack does not answer, so nobody is let in', async () => {
    const stage = await shared();
    const { workspace, idle, read } = stage;
    workspace.fail('users.info', 'missing_scope', Number.POSITIVE_INFINITY);
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('users:read');
    expect(stage.diagnosis.diagnosed).toBe(0);
  });
});

describe('a button that stands for nothing any more', () => {
  it.each(['handoff', 'note', 'watch', 'export', 'feedback:yes', 'feedback:another', 'handoff_accept'])(
    '%s says so: deleted, forged, of another channel',
    async id => {
      const stage = await openSlackStage();
      const { workspace, idle, read, investigations } = stage;
      await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
      await idle();
      const values = ['no-such-id', '', '__proto__ x', 'id-1'];
      for (const value of values) {
        const forged = workspace.state.post({
          channelId: 'C0SBXPAY02',
          userId: 'U0SBXBOT04',
          text: 'Forged.',
          blocks: [
            {
              type: 'actions',
              elements: [
                { type: 'button', action_id: id, text: { type: 'plain_text', text: 'x' }, ...(value && { value }) },
              ],
            },
          ],
        });
        const before = read('ben', 'payments').filter(text => text.includes('closed or was deleted')).length;
        await workspace.press('ben', forged, id);
        await idle();
        const told =
          read('ben', 'payments').filter(text => text.includes('closed or was deleted')).length > before ||
          JSON.stringify(workspace.modal('ben')).includes('closed or was deleted');
        expect(told, value).toBe(true);
      }
      expect((await investigations.get('id-1'))?.version).toBeDefined();
      expect(await investigations.get('id-1')).toMatchObject({ handoffs: [], notes: [], feedback: [] });
    },
  );
});

describe('a button that is pressed a week later', () => {
  it('does what it says, and once the record is closed says that it is', async () => {
    const stage = await openSlackStage();
    const { workspace, idle, investigations, pass, read } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    const old = structuredClone(card(stage));
    pass(7 * 24 * 60 * 60_000);
    await workspace.press('ben', card(stage), 'feedback:yes');
    await idle();
    expect(await investigations.get('id-1')).toMatchObject({ feedback: [{ by: 'U0SBXBEN02', answer: 'yes' }] });
    await investigations.resolve('id-1', 'U0SBXANA01');
    const stale = workspace.state.post({ ...old, threadTs: null });
    await workspace.press('ben', stale, 'watch');
    await idle();
    expect(read('ben', 'incidents').join()).toContain('closed or was deleted');
  });
});
