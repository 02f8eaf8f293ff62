/** What a channel sees of alarms that nobody has asked about. */
import { describe, expect, it } from 'vitest';
import type { AlarmNotice, Location } from '../../src/diagnosis/types.ts';
import { alarmSubmission, notice } from '../investigations/data.ts';
import { buttonsOf, candidates, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

let keys = 0;

async function tell(stage: SlackStage, seconds: number, over: Partial<AlarmNotice> = {}): Promise<void> {
  await stage.investigations.submit(alarmSubmission(`told-${++keys}`, notice(seconds, over), new Date()));
  await stage.idle();
}

const seen = ({ workspace }: SlackStage, user = 'ana') => workspace.messages(user, 'incidents');
const roots = (stage: SlackStage) => seen(stage).filter(({ threadTs }) => threadTs === null);
const posts = ({ workspace }: SlackStage) =>
  workspace.calls.filter(({ method }) => method === 'chat.postMessage').length;

describe('an alarm', () => {
  it('fires, fires again and recovers on one card; the recovery posts nothing', async () => {
    const stage = await openSlackStage();
    await tell(stage, 0);
    const [card, ...more] = roots(stage);
    expect(more).toEqual([]);
    expect(readable(card ?? { text: '', blocks: [] })).toContain('Started by an alarm');
    const posted = posts(stage);

    await tell(stage, 60);
    expect(readable(roots(stage)[0] ?? { text: '', blocks: [] })).toContain('fired twice, last');

    await tell(stage, 120, { state: 'OK' });
    const after = roots(stage)[0];
    expect(after?.ts).toBe(card?.ts);
    expect(after?.text).toContain('Recovered');
    const text = readable(after ?? { text: '', blocks: [] });
    expect(text).toContain('its alarm says so');
    expect(text).toContain('API Gateway may not invoke the function orders-prod.');
    expect(text).toContain('*Trend*\nended');
    expect(text).not.toContain('next check');
    expect(posts(stage)).toBe(posted);
  });

  it('that fails again after it has recovered tells the thread and the channel, once', async () => {
    const stage = await openSlackStage();
    // The cooldown counts from when the alarm says that it was over.
    const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
    await tell(stage, 0, { at: at(6) });
    await tell(stage, 0, { at: at(4), state: 'OK' });
    const [card] = roots(stage);
    await tell(stage, 0, { at: at(2) });
    await tell(stage, 0, { at: at(1) });
    expect(roots(stage).map(({ ts }) => ts)).toEqual([card?.ts]);
    const told = seen(stage).filter(({ text }) => text.startsWith('It fails again'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ threadTs: card?.ts, broadcast: true });
  });

  it('whose channel the app is not in is told in the log, with what to do, and appears once it is invited', async () => {
    const stage = await openSlackStage();
    stage.workspace.leave('U0SBXBOT04', 'incidents');
    await tell(stage, 0);
    expect(roots(stage)).toEqual([]);
    const told = stage.logged.filter(line => line.includes('What an alarm has started cannot be shown'));
    expect(told.join()).toContain('Type /invite @apigw-500 there');
    expect(told.length).toBeLessThanOrEqual(2);
    await stage.workspace.command('ana', 'incidents', '/invite @apigw-500');
    await stage.workspace.until(() => roots(stage).some(({ text }) => text.startsWith('Cause found')));
    await stage.idle();
  });

  it('that fits several APIs asks the channel once, with a button for each, and everybody sees who chose', async () => {
    const stage = await openSlackStage();
    const { locate } = stage.diagnosis;
    stage.diagnosis.locate = async (): Promise<Location> => ({ kind: 'ambiguous', candidates });
    await tell(stage, 0);
    await tell(stage, 60);
    await tell(stage, 120);
    const [question, ...more] = roots(stage);
    if (question === undefined) throw new Error('Nothing was asked.');
    expect(more).toEqual([]);
    expect(question.onlyFor).toBeNull();
    expect(readable(question)).toContain('orders-5xx');
    expect(readable(question)).not.toContain('<b>');
    expect(buttonsOf(question)).toEqual(['candidate:0', 'candidate:1']);

    stage.diagnosis.locate = locate;
    await stage.workspace.press('ben', question, 'candidate:1');
    await stage.idle();
    expect(buttonsOf(roots(stage)[0] ?? { blocks: [] })).toEqual([]);
    expect(readable(roots(stage)[0] ?? { text: '', blocks: [] })).toContain('<@U0SBXBEN02> has chosen');
    expect(roots(stage)[1]?.text).toContain('Cause found');
    await tell(stage, 180, { state: 'OK' });
    expect(roots(stage)[1]?.text).toContain('Recovered');
  });

  it('is asked about again after the cooldown', async () => {
    const stage = await openSlackStage();
    stage.diagnosis.locate = async (): Promise<Location> => ({ kind: 'ambiguous', candidates });
    await tell(stage, 0);
    stage.pass(31 * 60_000);
    await tell(stage, 1_900);
    await stage.workspace.until(() => roots(stage).length === 2);
  });

  it('that is about no API is said once, aside, and starts nothing', async () => {
    const stage = await openSlackStage();
    const watches = 'The alarm cpu <!channel> watches CPUUtilization of AWS/EC2, and no API was found behind it.';
    stage.diagnosis.locate = async (): Promise<Location> => ({ kind: 'unrelated', alarm: 'cpu', watches });
    await tell(stage, 0, { name: 'cpu' });
    stage.pass(60 * 60_000);
    await tell(stage, 3_600, { name: 'cpu' });
    await tell(stage, 3_660, { name: 'disk' });
    expect(roots(stage).map(({ blocks }) => blocks.map(({ type }) => type))).toEqual([['context'], ['context']]);
    expect(readable(roots(stage)[0] ?? { text: '', blocks: [] })).not.toContain('<!channel>');
    expect(await stage.investigations.listOpen({ teamId: 'T0SANDBOX1' })).toEqual([]);
  });
});

describe('a storm', () => {
  it('is one message that is edited as its members go on; a member has a card once it is opened', async () => {
    const stage = await openSlackStage();
    const { locate } = stage.diagnosis;
    stage.diagnosis.locate = async (asked, alarm) => {
      const location = await locate(asked, alarm);
      const apiId = asked.target.split(':').at(-1) ?? '';
      return location.kind === 'found'
        ? { ...location, target: { ...location.target, apiId, apiName: apiId } }
        : location;
    };
    for (let n = 1; n <= 8; n++) {
      await stage.investigations.submit(alarmSubmission(`storm-${n}`, notice(0, { name: `api-${n}` }), new Date()));
    }
    await stage.idle();
    const storms = () => roots(stage).filter(({ text }) => text.startsWith('Alarm storm'));
    expect(roots(stage)).toHaveLength(6);
    expect(storms()).toHaveLength(1);
    const [storm] = storms();
    if (storm === undefined) throw new Error('There is no storm message.');
    expect(storm.text).toContain('3 APIs at once');
    expect(storm.text).toContain('0 under way or waiting for a turn, 3 done');
    expect(buttonsOf(storm)).toEqual(['open', 'open', 'open']);

    // The first button is that of the first row.
    const [, id = ''] = /"value":"([^"]+)"/.exec(JSON.stringify(storm.blocks)) ?? [];
    const member = await stage.investigations.get(id);
    if (member === null) throw new Error('The button names no investigation.');
    await stage.workspace.press('ben', storm, 'open');
    await stage.idle();
    expect(roots(stage)).toHaveLength(7);
    expect(roots(stage).at(-1)?.text).toContain(member.target.apiName);
    expect(buttonsOf(storms()[0] ?? { blocks: [] })).toEqual(['open', 'open']);

    await tell(stage, 60, { name: member.target.apiId, state: 'OK' });
    expect(readable(storms()[0] ?? { text: '', blocks: [] })).toContain('Recovered');
    expect(storms()[0]?.ts).toBe(storm.ts);
  });
});
