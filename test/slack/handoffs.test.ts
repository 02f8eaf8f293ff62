import { describe, expect, it } from 'vitest';
import { buttonsOf, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

async function diagnosed(options: Parameters<typeof openSlackStage>[0] = {}) {
  const stage = await openSlackStage(options);
  await stage.workspace.command('ana', 'incidents', '/apigw-500 orders-api');
  await stage.idle();
  return stage;
}

const withButton = (stage: SlackStage, user: string, id: string) =>
  stage.find(user, 'incidents', message => buttonsOf(message).includes(id));

const form = (stage: SlackStage, user: string) => JSON.stringify(stage.workspace.modal(user));

async function offer(stage: SlackStage, user: string, inputs: Record<string, string>) {
  await stage.workspace.press(user, withButton(stage, user, 'handoff'), 'handoff');
  await stage.idle();
  const sent = await stage.workspace.submitView(user, inputs);
  await stage.idle();
  return sent;
}

/** Opens the form of an answer, and sends it. */
async function answer(stage: SlackStage, user: string, id: string, words: string) {
  await stage.workspace.press(user, withButton(stage, user, id), id);
  await stage.idle();
  const sent = await stage.workspace.submitView(user, { words });
  await stage.idle();
  return sent;
}

const handoffs = async (stage: SlackStage) => (await stage.investigations.get('id-1'))?.handoffs ?? [];
const owner = async (stage: SlackStage) => (await stage.investigations.get('id-1'))?.owner;

describe('a handoff', () => {
  it('is offered, declined, offered again and accepted, and every word of it is in the thread', async () => {
    const stage = await diagnosed();
    const { workspace, idle, read } = stage;
    const [card] = workspace.messages('ana', 'incidents');

    await workspace.press('ana', withButton(stage, 'ana', 'handoff'), 'handoff');
    await idle();
    expect(form(stage, 'ana')).toContain('API Gateway may not invoke the function orders-prod.');
    expect(form(stage, 'ana')).toContain('96 of 1,200 requests failed');
    await workspace.submitView('ana', {
      person: 'U0SBXBEN02',
      tried: 'Restarted orders-prod, password=hunter2hunter2: no change.',
      next: 'Give the permission back (Ben)',
      contingency: 'If it fails, roll back.',
    });
    await idle();
    expect(form(stage, 'ana')).toContain('until it is accepted, nothing changes');
    const offered = withButton(stage, 'ben', 'handoff_accept');
    expect(offered).toMatchObject({ threadTs: card?.ts, broadcast: true });
    expect(readable(offered)).toContain('from <@U0SBXANA01> to <@U0SBXBEN02>');
    expect(readable(offered)).toContain('*Next:* Give the permission back (Ben)');
    expect(readable(offered)).not.toContain('hunter2');
    const [direct] = workspace.directMessages('ben');
    expect(JSON.stringify(direct?.blocks)).toContain(`archives/C0SBXINC01/p${card?.ts.replace('.', '')}`);
    expect(await owner(stage)).toBe('U0SBXANA01');

    await workspace.press('chika', offered, 'handoff_accept');
    await idle();
    expect(form(stage, 'chika')).toContain('you are not one of them');

    await answer(stage, 'ben', 'handoff_decline', 'I am on another incident');
    expect(readable(offered)).toContain('<@U0SBXBEN02> *has declined*');
    expect(readable(offered)).toContain('I am on another incident');
    expect(buttonsOf(offered)).toEqual([]);
    expect(await owner(stage)).toBe('U0SBXANA01');

    await offer(stage, 'ana', { person: 'U0SBXBEN02', next: 'Only the permission' });
    // From the direct message this time.
    const second = workspace.directMessages('ben').at(-1);
    if (second === undefined) throw new Error('Ben has no direct message.');
    await workspace.press('ben', second, 'handoff_accept');
    await idle();
    await workspace.submitView('ben', { words: 'Add the permission' });
    await idle();
    expect(form(stage, 'ben')).toContain('is yours now');
    expect(await owner(stage)).toBe('U0SBXBEN02');
    expect(read('ana', 'incidents').join()).toContain('First: _Add the permission_');
    expect((await handoffs(stage)).map(one => one.state)).toEqual(['declined', 'accepted']);
    expect((await stage.investigations.audit('id-1')).map(entry => entry.action)).toEqual(
      expect.arrayContaining(['handoff_offered', 'handoff_declined', 'handoff_accepted']),
    );
  });

  it('to a group goes to the first who accepts; the other is told who has it', async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    workspace.command('ana', 'incidents', '/apigw-500 handoff @oncall');
    await workspace.until(() => form(stage, 'ana').includes('Or to a user group'));
    await workspace.submitView('ana');
    await idle();
    const offered = withButton(stage, 'ben', 'handoff_accept');
    expect(readable(offered)).toContain('to <!subteam^S0SBXONC01>');
    for (const user of ['ana', 'ben']) await workspace.press(user, offered, 'handoff_accept');
    await idle();
    await Promise.all(['ana', 'ben'].map(user => workspace.submitView(user, { words: `First thing of ${user}` })));
    await idle();
    const said = ['ana', 'ben'].map(user => form(stage, user));
    expect(said.filter(text => text.includes('is yours now'))).toHaveLength(1);
    expect(said.filter(text => /<@U0SBX(ANA01|BEN02)> has accepted .* before you/.test(text))).toHaveLength(1);
    expect((await handoffs(stage)).filter(one => one.state === 'accepted')).toHaveLength(1);

    await workspace.press('chika', withButton(stage, 'chika', 'handoff'), 'handoff');
    await idle();
    expect(form(stage, 'chika')).toContain('"initial_user":"U0SBXCHK03"');
  });

  it('takes nobody for a member while the group cannot be read', async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    await offer(stage, 'ana', { group: 'S0SBXONC01' });
    workspace.fail('usergroups.users.list', 'missing_scope', 1);
    await workspace.press('ben', withButton(stage, 'ben', 'handoff_accept'), 'handoff_accept');
    await idle();
    expect(form(stage, 'ben')).toContain('Slack does not tell who is in it');
    expect((await handoffs(stage))[0]?.state).toBe('offered');
  });

  it('is taken over at once by whoever names themselves', async () => {
    const stage = await diagnosed();
    await offer(stage, 'ben', { person: 'U0SBXBEN02' });
    expect(form(stage, 'ben')).toContain('You have taken over');
    expect(await owner(stage)).toBe('U0SBXBEN02');
  });

  it('asks for one receiver, and keeps what was typed where the receiver cannot have it', async () => {
    const stage = await diagnosed();
    const { workspace } = stage;
    expect(await offer(stage, 'ana', { next: 'Something' })).toMatchObject({ fields: { person: /./ } });
    expect(await offer(stage, 'ana', { person: 'U0SBXBEN02', group: 'S0SBXONC01' })).toMatchObject({
      fields: { group: /not both/ },
    });

    await offer(stage, 'ana', { person: 'U0SBXBOT04', next: 'Mend it (Ben)' });
    expect(form(stage, 'ana')).toContain('This is an app, not a person');
    expect(form(stage, 'ana')).toContain('Mend it (Ben)');
    workspace.deactivate('chika');
    await offer(stage, 'ana', { person: 'U0SBXCHK03' });
    expect(form(stage, 'ana')).toContain('has left the workspace');
    expect(await handoffs(stage)).toEqual([]);
  });

  it('that is sent twice is one', async () => {
    const stage = await diagnosed();
    const words = { state: '', impact: '', tried: '', next: 'x', contingency: '' };
    const to = { kind: 'user' as const, id: 'U0SBXBEN02' };
    for (const _ of [1, 2]) await stage.investigations.offer('id-1', 'U0SBXANA01', to, words);
    await stage.idle();
    expect(await handoffs(stage)).toHaveLength(1);
    expect(stage.workspace.directMessages('ben')).toHaveLength(1);
    // A day later the button answers all the same, and once it is answered it says so.
    const old = structuredClone(withButton(stage, 'ben', 'handoff_accept'));
    await answer(stage, 'ben', 'handoff_accept', 'On it');
    await stage.workspace.press('ben', old, 'handoff_accept').catch(() => undefined);
    await stage.idle();
    expect(await handoffs(stage)).toMatchObject([{ state: 'accepted' }]);
  });

  it('says so where the investigation was closed meanwhile, and where its channel is archived', async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    workspace.archive('ana', 'incidents');
    await offer(stage, 'ana', { person: 'U0SBXBEN02' });
    expect(form(stage, 'ana')).toContain('is archived, so its thread cannot show this');

    await workspace.press('ana', withButton(stage, 'ana', 'handoff'), 'handoff');
    await idle();
    await stage.investigations.resolve('id-1', 'U0SBXBEN02');
    await workspace.submitView('ana', { person: 'U0SBXBEN02', next: 'y' });
    await idle();
    expect(form(stage, 'ana')).toContain('is closed or was deleted');
  });
});

describe('the command handoff', () => {
  it('gives a choice where several are open, for the asker alone', async () => {
    const stage = await diagnosed();
    const { workspace, idle, find, read } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 billing-api');
    await idle();
    await workspace.command('ana', 'incidents', '/apigw-500 handoff @ben');
    await idle();
    const list = find('ana', 'incidents', message => message.onlyFor !== null);
    expect(readable(list)).toContain('Which one goes to <@U0SBXBEN02>?');
    expect(read('ben', 'incidents').join()).not.toContain('Which one');
    await workspace.press('ana', list, 'handoff');
    await idle();
    expect(form(stage, 'ana')).toContain('"initial_user":"U0SBXBEN02"');
  });

  it.each(['handoff', 'handoff ben', 'handoff @ben @chika'])('says how %s is typed', async line => {
    const { workspace, idle, read } = await diagnosed();
    await workspace.command('ana', 'incidents', `/apigw-500 ${line}`);
    await idle();
    expect(read('ana', 'incidents').join()).toContain('handoff @ben');
    expect(workspace.modal('ana')).toBeNull();
  });

  it('says so where nothing is open', async () => {
    const { workspace, idle, read } = await openSlackStage();
    await workspace.command('ana', 'incidents', '/apigw-500 handoff @ben');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('No investigation is open in this channel');
  });
});

describe('an offer that nobody answers', () => {
  it('is called to mind after ten minutes, once, and goes to the fallback after twenty', async () => {
    const stage = await diagnosed({ fallbackGroup: 'S0SBXONC01' });
    const { workspace, idle, pass, read } = stage;
    await offer(stage, 'ana', { person: 'U0SBXCHK03' });
    expect(read('ana', 'incidents').join()).not.toContain('still waits');
    pass(10 * 60_000);
    await idle();
    await workspace.until(() => read('ana', 'incidents').join().includes('this handoff by <@U0SBXANA01> still waits'));
    expect(read('ana', 'incidents').join()).not.toContain('did not answer');
    pass(10 * 60_000);
    await idle();
    await workspace.until(() =>
      read('ana', 'incidents').join().includes('<!subteam^S0SBXONC01> <@U0SBXCHK03> did not'),
    );
    await idle();
    expect(read('ana', 'incidents').filter(text => text.includes('still waits for your answer'))).toHaveLength(1);
    expect(await owner(stage)).toBe('U0SBXANA01');
    await answer(stage, 'chika', 'handoff_accept', 'Late, but here');
    expect(await owner(stage)).toBe('U0SBXCHK03');
  });
});
