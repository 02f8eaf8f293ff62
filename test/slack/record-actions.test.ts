import { describe, expect, it } from 'vitest';
import { buttonsOf, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

async function diagnosed(options: Parameters<typeof openSlackStage>[0] = {}) {
  const stage = await openSlackStage(options);
  await stage.workspace.command('ana', 'incidents', '/apigw-500 orders-api');
  await stage.idle();
  return stage;
}

const card = (stage: SlackStage) => stage.find('ana', 'incidents', message => buttonsOf(message).includes('rerun'));
const form = (stage: SlackStage, user: string) => JSON.stringify(stage.workspace.modal(user));
const record = async (stage: SlackStage) => {
  const found = await stage.investigations.get('id-1');
  if (found === null) throw new Error('There is no investigation.');
  return found;
};

describe('notes', () => {
  it('by the button stand in the thread, masked', async () => {
    const stage = await diagnosed();
    const { workspace, idle, read } = stage;
    await workspace.press('ben', card(stage), 'note');
    await idle();
    await workspace.submitView('ben', { text: 'Restarted it with password=hunter2hunter2: <!channel> no change.' });
    await idle();
    expect(form(stage, 'ben')).toContain('Noted');
    const told = read('ana', 'incidents').join();
    expect(told).toContain('Tried by people');
    expect(told).toContain('no change.');
    expect(told).not.toMatch(/hunter2|<!channel>/);
  });

  it("by a message's menu go to the investigation whose thread it is, with the message's address", async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    const root = card(stage);
    await workspace.command('ana', 'incidents', '/apigw-500 billing-api');
    await idle();
    const reply = workspace.say('ben', 'incidents', 'I rolled back the deploy.', root.ts);
    await workspace.messageShortcut('ana', reply, 'add_note');
    await idle();
    const [note] = (await record(stage)).notes;
    expect(note).toMatchObject({ by: 'U0SBXANA01', text: 'I rolled back the deploy.' });
    expect(note?.link).toContain(`/archives/C0SBXINC01/p${reply.ts.replace('.', '')}?thread_ts=${root.ts}`);
  });

  it("by a message's menu ask which investigation, where several are open", async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    await workspace.command('ana', 'incidents', '/apigw-500 billing-api');
    await idle();
    const said = workspace.say('ben', 'incidents', 'I restarted the service.');
    await workspace.messageShortcut('ben', said, 'add_note');
    await idle();
    expect(form(stage, 'ben')).toContain('I restarted the service.');
    await workspace.submitView('ben', { investigation: 'id-1' });
    await idle();
    expect((await record(stage)).notes).toMatchObject([{ by: 'U0SBXBEN02', text: 'I restarted the service.' }]);
  });

  it("by a message's menu find none where nothing is open", async () => {
    const { workspace, idle, read } = await openSlackStage();
    await workspace.messageShortcut('ben', workspace.say('ben', 'incidents', 'Hello.'), 'add_note');
    await idle();
    expect(read('ben', 'incidents').join()).toContain('there is none to add a note to');
  });
});

describe('log lines', () => {
  const line = 'Execution failed due to configuration error: Invalid permissions on Lambda function';

  it.each([
    ['the command', (stage: SlackStage) => stage.workspace.command('ana', 'incidents', '/apigw-500 explain')],
    ['the shortcut', (stage: SlackStage) => stage.workspace.globalShortcut('ana', 'explain_log')],
  ])('are explained in private, by %s', async (_name, open) => {
    const stage = await openSlackStage({ allowed: { channels: ['C0SBXPAY02'] } });
    await open(stage);
    await stage.idle();
    await stage.workspace.submitView('ana', { words: line });
    await stage.idle();
    expect(form(stage, 'ana')).toContain('Lambda invoke permission missing');
    expect(form(stage, 'ana')).toContain('Fix:');
    expect(stage.read('ben', 'incidents')).toEqual([]);
  });
});

describe('the watch', () => {
  it('is stopped and started by what the button says', async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    expect(readable(card(stage))).toContain('Stop watching');
    const stale = structuredClone(card(stage));
    await workspace.press('ben', card(stage), 'watch');
    await idle();
    expect((await record(stage)).watch).toBeNull();
    expect(stale.ts).toBe(card(stage).ts);
    await workspace.press('ben', card(stage), 'watch');
    await idle();
    expect((await record(stage)).watch).toMatchObject({ by: 'U0SBXBEN02' });
  });
});

describe('feedback', () => {
  it('is stored, one a person, and shown on the card', async () => {
    const stage = await diagnosed();
    const { workspace, idle, read } = stage;
    await workspace.press('ben', card(stage), 'feedback:yes');
    await idle();
    expect(read('ben', 'incidents').join()).toContain('Thank you');
    await workspace.press('ben', card(stage), 'feedback:another');
    await idle();
    await workspace.submitView('ben', { words: 'The alias moved to an old version.' });
    await idle();
    expect((await record(stage)).feedback).toMatchObject([
      { by: 'U0SBXBEN02', answer: 'another', cause: 'lambda-invoke-permission-missing' },
    ]);
    expect(readable(card(stage))).toContain('another cause, The alias moved to an old version.');
  });
});

describe('the export', () => {
  it('is a file in the thread, audited; a second press at once adds none', async () => {
    const stage = await diagnosed();
    const { workspace, idle, read } = stage;
    await stage.investigations.note('id-1', 'U0SBXBEN02', 'Rolled back to release_41, no change.', null);
    await Promise.all([1, 2].map(() => workspace.press('ben', card(stage), 'export')));
    await idle();
    await workspace.press('ben', card(stage), 'export');
    await idle();
    const files = workspace.messages('ana', 'incidents').filter(message => message.files[0]?.name.endsWith('.md'));
    expect(files).toHaveLength(1);
    expect(files[0]?.threadTs).toBe(card(stage).ts);
    const text = files[0]?.files[0]?.data?.toString() ?? '';
    expect(text).toContain('# Incident: orders-api, stage prod');
    expect(text).toContain('aws lambda add-permission');
    expect(text).toContain('Note by Ben Okafor: Rolled back to release_41, no change.');
    expect(text).not.toMatch(/U0SBX/);
    expect(read('ben', 'incidents').join()).toContain('exported a moment ago');
    const audit = await stage.investigations.audit('id-1');
    expect(audit.filter(entry => entry.action === 'exported')).toMatchObject([{ who: 'U0SBXBEN02', via: 'slack' }]);
  });

  it('says so where Slack does not take the file', async () => {
    const stage = await diagnosed();
    const { workspace, idle, read } = stage;
    workspace.fail('files.getUploadURLExternal', 'missing_scope');
    await workspace.press('ben', card(stage), 'export');
    await idle();
    expect(read('ben', 'incidents').join()).toContain('lacks a permission');
  });
});

describe('status', () => {
  it('tells the only open investigation in five lines, to the asker alone; list lists', async () => {
    const stage = await diagnosed();
    const { workspace, idle, find, read } = stage;
    await workspace.command('ben', 'incidents', '/apigw-500 status');
    await idle();
    const status = find('ben', 'incidents', message => message.onlyFor !== null);
    const [block] = status.blocks as { text: { text: string } }[];
    expect(block?.text.text.split('\n')).toHaveLength(5);
    expect(block?.text.text).toContain('*Owner:* <@U0SBXANA01>');
    expect(read('ana', 'incidents').join()).not.toContain('*Owner:*\u0020<@U0SBXANA01>;');
    await workspace.command('ben', 'incidents', '/apigw-500 list');
    await idle();
    expect(read('ben', 'incidents').join()).toContain('1 open investigation in this channel');
  });
});
