/** `@apigw-500 …` in a channel: the command, answered in the thread of the message. */
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { messageEvent } from '../../src/sandbox/slack/shapes.ts';
import type { Message } from '../../src/sandbox/slack/state.ts';
import { orderIn } from '../../src/slack/mentions.ts';
import { buttonsOf, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

const bot = 'U0SBXBOT04';
const openOf = (stage: SlackStage) => stage.investigations.listOpen({ teamId: 'T0SANDBOX1' });

/** What stands in the thread of a message, for all to see. */
function inThread({ workspace }: SlackStage, root: Message, channel = 'incidents'): Message[] {
  return workspace
    .messages('ana', channel)
    .filter(message => message.threadTs === root.ts && message.ts !== root.ts && message.onlyFor === null);
}

async function answered(stage: SlackStage, root: Message, channel?: string): Promise<Message[]> {
  await stage.workspace.until(() => inThread(stage, root, channel).length > 0);
  await stage.idle();
  return inThread(stage, root, channel);
}

/** Delivers the mention as Slack does, once more. */
function repeat({ workspace, url }: SlackStage, said: Message, fields: Record<string, unknown> = {}) {
  const { channel_type: _, ...message } = messageEvent(workspace.state, said);
  const event = { ...message, type: 'app_mention', ...fields };
  const body = { type: 'event_callback', team_id: 'T0SANDBOX1', event_id: 'Ev1', event_time: 1, event };
  const retry = { number: 1, reason: 'http_timeout' };
  const transport = httpTransport(url, workspace.signingSecret, workspace.clock);
  return transport.deliver({ kind: 'events_api', body, retry }, AbortSignal.timeout(5_000));
}

describe.each(['http', 'socket'] as const)('a mention, over %s', mode => {
  it('of an API is its diagnosis, with the card and all of its messages in the thread', async () => {
    const stage = await openSlackStage({ mode });
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 orders-api prod 30m');
    const [card, ...others] = await answered(stage, said);
    expect(card?.text).toContain('Cause found: orders-api');
    expect(others).toHaveLength(2);
    const [opened] = await openOf(stage);
    expect(opened).toMatchObject({
      owner: 'U0SBXANA01',
      trigger: {
        kind: 'mention',
        by: 'U0SBXANA01',
        request: { target: 'orders-api', stage: 'prod', span: { minutes: 30 } },
      },
    });
    expect(stage.workspace.messages('ana', 'incidents').filter(({ onlyFor }) => onlyFor !== null)).toEqual([]);
    const [audit] = await stage.investigations.audit(opened?.id ?? '');
    expect(audit).toMatchObject({ action: 'opened', detail: 'Opened by a mention.' });
  });
});

describe('a mention', () => {
  it.each(['@apigw-500 help', '@apigw-500'])('%s tells how to ask, where it was asked', async text => {
    const stage = await openSlackStage();
    const said = stage.workspace.say('ana', 'incidents', text);
    const [help, ...more] = await answered(stage, said);
    expect(more).toEqual([]);
    expect(readable(help ?? { text: '', blocks: [] })).toContain('--since 30m');
    // In a thread, the thread goes on.
    const reply = stage.workspace.say('ben', 'incidents', text, said.ts);
    await stage.workspace.until(() => inThread(stage, said).length === 3);
    await stage.idle();
    expect(inThread(stage, said).map(({ userId }) => userId)).toEqual([bot, reply.userId, bot]);
  });

  it('of nothing that can be read says what is wrong, as it was typed', async () => {
    const stage = await openSlackStage();
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 orders-api --regoin <!channel>');
    const [problem] = await answered(stage, said);
    const told = readable(problem ?? { text: '', blocks: [] });
    expect(told).toContain('There is no option');
    expect(told).toContain('@apigw-500 orders-api --regoin');
    expect(told).not.toContain('<!channel>');
    expect(await openOf(stage)).toEqual([]);
  });

  it('takes addresses as Slack sends them, and masks what was pasted', async () => {
    const stage = await openSlackStage();
    const said = stage.workspace.say('ana', 'incidents', 'x');
    said.text = `<@${bot}> <https://api.example.com/orders?a=1&amp;b=2|api.example.com> password=hunter2hunter2`;
    await repeat(stage, said);
    const told = (await answered(stage, said)).map(readable).join();
    expect(told).not.toContain('hunter2');
    const next = stage.workspace.say('ana', 'incidents', 'y');
    next.text = `<@${bot}> <https://api.example.com/orders?a=1&amp;b=2|api.example.com>`;
    await repeat(stage, next);
    await answered(stage, next);
    expect((await openOf(stage))[0]?.trigger.request.target).toBe('https://api.example.com/orders?a=1&b=2');
  });

  it('that fits several APIs is asked back in the thread, and whoever is there may choose', async () => {
    const stage = await openSlackStage();
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 orders');
    const [question] = await answered(stage, said);
    if (question === undefined) throw new Error('Nothing was asked.');
    expect(buttonsOf(question)).toEqual(expect.arrayContaining(['candidate:0', 'candidate:1']));
    await stage.workspace.press('ben', question, 'candidate:1');
    await stage.workspace.until(() => inThread(stage, said).some(({ text }) => text.startsWith('Cause found')));
    await stage.idle();
    expect((await openOf(stage))[0]).toMatchObject({ conversation: { threadTs: said.ts }, owner: 'U0SBXBEN02' });
  });

  it.each(['nothing', 'locked'])(
    'of what is not found or cannot be read (%s) is told so in the thread',
    async target => {
      const stage = await openSlackStage();
      const said = stage.workspace.say('ana', 'incidents', `@apigw-500 ${target}`);
      const told = await answered(stage, said);
      expect(told.map(readable).join()).toMatch(/No API|AWS denied it/);
      expect(told).toHaveLength(1);
    },
  );

  it('of what is open already points there, in the thread of who asks', async () => {
    const stage = await openSlackStage();
    await stage.workspace.command('ben', 'incidents', '/apigw-500 orders-api');
    await stage.idle();
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 orders-api');
    const told = await answered(stage, said);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).toMatch(/archives\/C0SBXINC01\/p\d{16}/);
    expect((await openOf(stage))[0]?.occurrenceCount).toBe(2);
  });

  it('of status or list says how it stands', async () => {
    const stage = await openSlackStage();
    await stage.workspace.command('ben', 'incidents', '/apigw-500 orders-api');
    await stage.idle();
    const status = stage.workspace.say('ana', 'incidents', 'Hey @apigw-500: status');
    expect((await answered(stage, status)).map(readable).join()).toContain('*Owner:* <@U0SBXBEN02>');
    const list = stage.workspace.say('ana', 'incidents', '@apigw-500 list');
    expect((await answered(stage, list)).map(readable).join()).toContain('1 open investigation in this channel');
  });

  it.each(['handoff @ben', 'explain'])('of what needs a form (%s) says what to type', async text => {
    const stage = await openSlackStage();
    const said = stage.workspace.say('ana', 'incidents', `@apigw-500 ${text}`);
    expect((await answered(stage, said)).map(readable).join()).toContain(`/apigw-500 ${text.split(' ')[0]}`);
  });

  it('of somebody who may not is refused in private, once', async () => {
    const stage = await openSlackStage({ allowed: { userGroups: ['S0SBXONC01'] } });
    const { workspace } = stage;
    const said = workspace.say('chika', 'incidents', '@apigw-500 orders-api');
    const refusals = () => workspace.messages('chika', 'incidents').filter(({ onlyFor }) => onlyFor !== null);
    await workspace.until(() => refusals().length > 0);
    await repeat(stage, said);
    await stage.idle();
    expect(refusals().map(readable).join()).toContain('Only members of some user groups');
    expect(refusals()).toHaveLength(1);
    // A thread without replies shows no private message.
    expect(refusals()[0]?.threadTs).toBeNull();
    expect(inThread(stage, said)).toEqual([]);
    expect(await openOf(stage)).toEqual([]);
  });

  it('that Slack tells of again is answered once, also by another process', async () => {
    const stage = await openSlackStage();
    const help = stage.workspace.say('ana', 'incidents', '@apigw-500 help');
    const api = stage.workspace.say('ana', 'incidents', '@apigw-500 orders-api');
    await Promise.all([repeat(stage, help), repeat(stage, help), repeat(stage, api)]);
    await answered(stage, help);
    await answered(stage, api);
    // What this process has heard is forgotten by then, as another one never knew it.
    stage.pass(20 * 60_000);
    await repeat(stage, help);
    await repeat(stage, api);
    await stage.idle();
    expect(inThread(stage, help)).toHaveLength(1);
    expect(inThread(stage, api)).toHaveLength(3);
    expect((await openOf(stage))[0]?.occurrenceCount).toBe(1);
  });

  it('by an app, in an edit, or in passing is not answered', async () => {
    const stage = await openSlackStage();
    const { workspace } = stage;
    const post = workspace.postAs('Amazon Q Developer', 'incidents', { text: `<@${bot}> help` });
    const spoken = workspace.say('ana', 'incidents', 'It was found by @apigw-500 help and all');
    const edited = workspace.say('ana', 'incidents', 'plain');
    edited.text = `<@${bot}> help`;
    await repeat(stage, edited, { edited: { user: 'U0SBXANA01', ts: '1795823432.900000' } });
    // What comes after them has been heard, so they have.
    const last = workspace.say('ana', 'incidents', '@apigw-500 help');
    await answered(stage, last);
    for (const one of [post, spoken, edited]) expect(inThread(stage, one)).toEqual([]);
  });

  it('is answered in private where the channel takes no message', async () => {
    const stage = await openSlackStage();
    stage.workspace.fail('chat.postMessage', 'restricted_action', Number.POSITIVE_INFINITY);
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 help');
    await stage.workspace.until(() => stage.read('ana', 'incidents').join().includes('--since 30m'));
    await stage.idle();
    expect(inThread(stage, said)).toEqual([]);
  });

  it('is answered in private where Slack takes no message for too long', async () => {
    const stage = await openSlackStage();
    stage.workspace.fail('chat.postMessage', { status: 503 }, Number.POSITIVE_INFINITY);
    stage.workspace.say('ana', 'incidents', '@apigw-500 help');
    await stage.workspace.until(() => stage.read('ana', 'incidents').join().includes('--since 30m'));
    await stage.idle();
    expect(stage.read('ben', 'incidents').join()).not.toContain('--since 30m');
  });

  it('is answered once Slack takes messages again', async () => {
    const stage = await openSlackStage();
    stage.workspace.fail('chat.postMessage', 'ratelimited', 2);
    const said = stage.workspace.say('ana', 'incidents', '@apigw-500 help');
    expect(await answered(stage, said)).toHaveLength(1);
  });
});

describe('what is asked', () => {
  const mention = (text: string) => ({ channel: 'C1', ts: '1.1', text, user: 'U1' });

  it.each([
    [`<@${bot}> orders prod`, 'orders prod'],
    [`  <@${bot}|apigw-500>, orders`, 'orders'],
    [`Hey <@${bot}> orders`, 'orders'],
    [`<@${bot}>\norders prod\nIt fails since noon.`, 'orders prod'],
    [`<@${bot}> \`orders\` prod`, 'orders  prod'],
    [`<@${bot}> a &amp; b &lt;c&gt;`, 'a & b <c>'],
    [`<@${bot}>`, ''],
  ])('by %j is %j', (text, order) => {
    expect(orderIn(mention(text), bot)).toBe(order);
  });

  it.each([`<@UOTHER> <@${bot}> orders`, `We asked <@${bot}> about it`, `thanks to <@${bot}>`, 'orders'])(
    'by %j is nothing',
    text => {
      expect(orderIn(mention(text), bot)).toBeNull();
    },
  );
});
