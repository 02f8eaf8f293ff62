/** Posts of alarms by other apps: asked about by a reaction or the menu of the message, or heard. */
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { shippedManifest } from '../../src/sandbox/slack/manifest.ts';
import type { AppPost } from '../../src/sandbox/slack/people.ts';
import { messageEvent } from '../../src/sandbox/slack/shapes.ts';
import { isSameReaction } from '../../src/slack/reaction-names.ts';
import { buttonsOf, candidates, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

const arn = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-5xx';
const otherApp = 'Amazon Q Developer';

/** As AWS's own chat app posts: no text, all of it in the blocks of an attachment. */
function alarmPost(state = 'ALARM', threadTs: string | null = null): AppPost {
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
  const title = 'CloudWatch Alarm | orders-5xx | eu-west-1 | Account: 123456789012';
  const fields = [{ type: 'mrkdwn', text: `*Alarm State*\n${state}` }];
  const blocks = [section(`*${title}*`), { type: 'section', fields }];
  return { text: '', attachments: [{ color: '#d13212', fallback: title, blocks }], threadTs };
}

const cardsOf = ({ workspace }: SlackStage, channel = 'incidents') =>
  workspace.messages('ana', channel).filter(({ text }) => text.startsWith('Cause found'));
const privateTo = ({ workspace }: SlackStage, user: string, channel = 'incidents') =>
  workspace
    .messages(user, channel)
    .filter(({ onlyFor }) => onlyFor !== null)
    .map(readable);
const openOf = (stage: SlackStage) => stage.investigations.listOpen({ teamId: 'T0SANDBOX1' });

describe.each(['http', 'socket'] as const)('a reaction, over %s', mode => {
  it('answers in the thread of the post, with what the post says as pointers only', async () => {
    const stage = await openSlackStage({ mode });
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ben', post, 'mag');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.idle();

    const [card] = cardsOf(stage);
    expect(card?.threadTs).toBe(post.ts);
    const [opened] = await openOf(stage);
    expect(opened?.trigger).toMatchObject({
      kind: 'reaction',
      by: 'U0SBXBEN02',
      request: { target: arn, region: 'eu-west-1', accountId: '123456789012', span: { minutes: 15 } },
    });
    expect(opened?.trigger.alarm).toBeUndefined();
    expect(opened?.owner).toBe('U0SBXBEN02');
    expect(privateTo(stage, 'ben')).toEqual([]);
  });
});

describe('a reaction', () => {
  it('in any skin tone, by any of its names, and by many, is one', async () => {
    const stage = await openSlackStage({ triggers: { reaction: 'thumbsup' } });
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ana', post, '+1::skin-tone-3');
    stage.workspace.react('ben', post, 'thumbsup');
    stage.workspace.react('chika', post, '+1');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.workspace.messageShortcut('ben', post, 'diagnose_alarm');
    await stage.idle();

    const [opened] = await openOf(stage);
    expect(opened?.occurrenceCount).toBe(1);
    expect(cardsOf(stage)).toHaveLength(1);
    // Who opened a menu for it hears why nothing new appears.
    expect(privateTo(stage, 'ben').join()).toContain(`asked about already`);
    expect(privateTo(stage, 'ben').join()).toContain(`/apigw-500 ${arn}`);
    expect(privateTo(stage, 'ana')).toEqual([]);
  });

  it('that is another one, or is taken back, starts nothing', async () => {
    const stage = await openSlackStage();
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ana', post, 'eyes');
    stage.workspace.react('ana', post, 'mag_right');
    stage.workspace.react('ana', post, 'eyes', false);
    // What comes after them has been heard, so they have.
    const other = stage.workspace.postAs(otherApp, 'incidents', { text: 'Good morning' });
    stage.workspace.react('ana', other, 'mag');
    await stage.workspace.until(() => privateTo(stage, 'ana').length === 1);
    await stage.idle();
    expect(stage.workspace.calls.filter(({ method }) => method === 'conversations.history')).toHaveLength(1);
    expect(await openOf(stage)).toEqual([]);
  });

  it('on a reply answers in the thread that the reply is in', async () => {
    const stage = await openSlackStage();
    const root = stage.workspace.say('ana', 'incidents', 'Deploying now.');
    const reply = stage.workspace.postAs(otherApp, 'incidents', alarmPost('ALARM', root.ts));
    stage.workspace.react('ana', reply, 'mag');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.idle();
    expect(cardsOf(stage)[0]?.threadTs).toBe(root.ts);
  });

  it('on an old post looks at the time of the post', async () => {
    const stage = await openSlackStage();
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    const at = Date.now() - 3 * 3_600_000;
    post.ts = `${Math.floor(at / 1_000)}.000100`;
    stage.workspace.react('ana', post, 'mag');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.idle();
    const [opened] = await openOf(stage);
    const posted = Math.floor(at / 1_000) * 1_000;
    expect(opened?.trigger.request.span).toEqual({
      from: new Date(posted - 900_000).toISOString(),
      to: new Date(posted + 900_000).toISOString(),
    });
  });

  it.each([
    ['of an OK post', alarmPost('OK'), /says that it is over/],
    ['of a post with nothing to find', { text: 'Good morning <!channel>' }, /found no alarm, API or address/],
  ])('%s starts nothing and says so in private', async (_name, content, words) => {
    const stage = await openSlackStage();
    const post = stage.workspace.postAs(otherApp, 'incidents', content);
    stage.workspace.react('ana', post, 'mag');
    await stage.workspace.until(() => privateTo(stage, 'ana').length === 1);
    await stage.idle();
    expect(privateTo(stage, 'ana').join()).toMatch(words);
    expect(privateTo(stage, 'ben')).toEqual([]);
    expect(await openOf(stage)).toEqual([]);
  });

  it('on a message of our own, or on one that is gone, starts nothing', async () => {
    const stage = await openSlackStage();
    await stage.workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.idle();
    const card = cardsOf(stage)[0];
    if (card === undefined) throw new Error('There is no card.');
    stage.workspace.react('ben', card, 'mag');
    await stage.workspace.until(() => privateTo(stage, 'ben').length === 1);
    expect(privateTo(stage, 'ben').join()).toContain('my own');

    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('chika', post, 'mag');
    stage.workspace.state.remove(post);
    await stage.workspace.until(() => privateTo(stage, 'chika').length === 1);
    expect(privateTo(stage, 'chika').join()).toContain('does not show me this message');
    expect(await openOf(stage)).toHaveLength(1);
  });

  it('of somebody who may not is refused in private', async () => {
    const stage = await openSlackStage({ allowed: { channels: ['C0SBXPAY02'] } });
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ana', post, 'mag');
    await stage.workspace.until(() => privateTo(stage, 'ana').length === 1);
    expect(privateTo(stage, 'ana').join()).toContain('in some channels only');
    expect(await openOf(stage)).toEqual([]);
  });

  it('that fits several APIs is asked back, and the choice is answered in the thread of the post', async () => {
    const stage = await openSlackStage();
    const { locate } = stage.diagnosis;
    stage.diagnosis.locate = async () => ({ kind: 'ambiguous', candidates });
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ana', post, 'mag');
    const question = await stage.workspace.until(() =>
      stage.workspace.messages('ana', 'incidents').find(message => buttonsOf(message).includes('candidate:1')),
    );
    expect(question.onlyFor).toBe('U0SBXANA01');
    stage.diagnosis.locate = locate;
    await stage.workspace.press('ana', question, 'candidate:1');
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    await stage.idle();
    expect(cardsOf(stage)[0]?.threadTs).toBe(post.ts);
  });
});

describe('the menu of a message', () => {
  it('works on a post where the app is no member: the verdict in private, and how to invite it', async () => {
    const stage = await openSlackStage();
    const post = stage.workspace.postAs(otherApp, 'general', alarmPost());
    expect(await stage.workspace.messageShortcut('ana', post, 'diagnose_alarm')).toEqual({ ok: true });
    await stage.workspace.until(() => privateTo(stage, 'ana', 'general').join().includes('add-permission'));
    await stage.idle();
    const told = privateTo(stage, 'ana', 'general').join('\n');
    expect(told).toContain('/invite @apigw-500');
    expect(stage.workspace.messages('ben', 'general').filter(({ userId }) => userId !== post.userId)).toEqual([]);
    expect(stage.workspace.calls.filter(({ method }) => method.startsWith('conversations.'))).toEqual([]);

    await stage.workspace.command('ana', 'general', '/invite @apigw-500');
    await stage.workspace.until(() => cardsOf(stage, 'general').length === 1);
    await stage.idle();
    expect(cardsOf(stage, 'general')[0]?.threadTs).toBe(post.ts);
  });

  it('says in private why nothing is started', async () => {
    const stage = await openSlackStage();
    const post = stage.workspace.say('ben', 'incidents', 'Lunch?');
    await stage.workspace.messageShortcut('ana', post, 'diagnose_alarm');
    await stage.workspace.until(() => privateTo(stage, 'ana').length === 1);
    expect(privateTo(stage, 'ana').join()).toContain('found no alarm');
  });
});

describe('a channel that is listened to', () => {
  const listening = { triggers: { alarmPostChannels: ['C0SBXINC01'] } };

  it('answers the alarm of another app by itself, once, and whoever reacts joins it', async () => {
    const stage = await openSlackStage(listening);
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    await stage.workspace.until(() => cardsOf(stage).length === 1);
    stage.workspace.react('ana', post, 'mag');
    await stage.idle();
    const [opened] = await openOf(stage);
    expect(opened).toMatchObject({ owner: null, occurrenceCount: 1, trigger: { kind: 'post', by: null } });
    expect(cardsOf(stage)[0]?.threadTs).toBe(post.ts);
    expect(readable(cardsOf(stage)[0] ?? { text: '', blocks: [] })).toContain('an alarm');
  });

  it('hears no OK, no person, no other channel and no post without a state', async () => {
    const stage = await openSlackStage(listening);
    const { workspace } = stage;
    workspace.postAs(otherApp, 'incidents', alarmPost('OK'));
    workspace.postAs(otherApp, 'incidents', { text: `See ${arn}, which is an alarm without a state` });
    workspace.say('ana', 'incidents', `The alarm orders-5xx changed state to ALARM: ${arn}`);
    workspace.postAs(otherApp, 'payments', alarmPost());
    await workspace.command('ana', 'payments', '/apigw-500 orders-api');
    await stage.idle();
    const open = await openOf(stage);
    expect(open.map(({ trigger }) => trigger.kind)).toEqual(['command']);
  });

  it('does not hear an edit', async () => {
    const stage = await openSlackStage(listening);
    const { workspace } = stage;
    const post = workspace.postAs(otherApp, 'incidents', alarmPost('OK'));
    const event = messageEvent(workspace.state, Object.assign(structuredClone(post), alarmPost('ALARM')));
    const changed = { ...event, subtype: 'message_changed', message: event, ts: '1795823432.900000' };
    const edited = { type: 'event_callback', team_id: 'T0SANDBOX1', event_id: 'Ev1', event_time: 1, event: changed };
    const transport = httpTransport(stage.url, workspace.signingSecret, workspace.clock);
    const parcel = { kind: 'events_api' as const, body: edited, retry: null };
    expect(await transport.deliver(parcel, AbortSignal.timeout(5_000))).toMatchObject({ acknowledged: true });
    await stage.idle();
    expect(await openOf(stage)).toEqual([]);
    // The same, were it new.
    const said = { ...edited, event: { ...event, ts: '1795823432.900000' } };
    await transport.deliver({ ...parcel, body: said }, AbortSignal.timeout(5_000));
    await stage.idle();
    expect(await openOf(stage)).toHaveLength(1);
  });

  it('is none where the configuration allows no answers', async () => {
    const stage = await openSlackStage({ ...listening, allowed: { channels: ['C0SBXPAY02'] } });
    const post = stage.workspace.postAs(otherApp, 'incidents', alarmPost());
    stage.workspace.react('ana', post, 'mag');
    await stage.workspace.until(() => privateTo(stage, 'ana').length === 1);
    await stage.idle();
    expect(await openOf(stage)).toEqual([]);
  });
});

it('a name of a reaction has aliases and tones', () => {
  expect(isSameReaction('mag::skin-tone-2', 'mag')).toBe(true);
  expect(isSameReaction('+1::skin-tone-6', 'thumbsup')).toBe(true);
  expect(isSameReaction('mag_right', 'mag')).toBe(false);
  expect(shippedManifest().shortcuts).toContainEqual({
    name: 'Diagnose alarm',
    type: 'message',
    callbackId: 'diagnose_alarm',
  });
});
