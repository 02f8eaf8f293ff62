import { describe, expect, test } from 'vitest';
import { UnreadError } from '../../src/aws/unread.ts';
import { type AlarmRoute, channelFor, needsTags } from '../../src/investigations/routing.ts';
import { createLog } from '../../src/telemetry.ts';
import { alarmSubmission, notice } from './data.ts';
import { onlyOpen, openBench } from './fixtures.ts';

const fired = notice(0);

describe('a route', () => {
  test.each<[string, AlarmRoute, boolean]>([
    ['by account', { account: '123456789012', channel: 'C1' }, true],
    ['by another account', { account: '999999999999', channel: 'C1' }, false],
    ['by Region', { region: 'eu-west-1', channel: 'C1' }, true],
    ['by another Region', { region: 'us-east-1', channel: 'C1' }, false],
    ['by the whole name', { name: 'orders-5xx', channel: 'C1' }, true],
    ['by a pattern', { name: 'orders-*', channel: 'C1' }, true],
    ['by a pattern with a dot, which is a dot', { name: 'orders.5xx', channel: 'C1' }, false],
    ['by a part of the name', { name: 'orders', channel: 'C1' }, false],
    ['by a tag', { tag: 'team=orders', channel: 'C1' }, true],
    ['by a tag with another value', { tag: 'team=payments', channel: 'C1' }, false],
    ['by a tag that objects have by nature', { tag: 'constructor=x', channel: 'C1' }, false],
    [
      'by all of them',
      { account: '123456789012', region: 'eu-west-1', name: '*5xx', tag: 'a=b=c', channel: 'C1' },
      true,
    ],
    ['with one that does not fit', { account: '123456789012', name: 'payments-*', channel: 'C1' }, false],
    ['without conditions', { channel: 'C1' }, true],
  ])('%s', (_name, route, fits) => {
    expect(channelFor([route], fired, { team: 'orders', a: 'b=c' })).toBe(fits ? 'C1' : null);
  });

  test('that fits first wins, and one by tag fits nothing where the tags are unknown', () => {
    const routes = [{ tag: 'team=orders', channel: 'C1' }, { name: 'orders-*', channel: 'C2' }, { channel: 'C3' }];
    expect(channelFor(routes, fired, { team: 'orders' })).toBe('C1');
    expect(channelFor(routes, fired, null)).toBe('C2');
  });

  test('asks for tags only where they can decide', () => {
    expect(needsTags([{ tag: 'a=b', channel: 'C1' }], fired)).toBe(true);
    expect(needsTags([{ tag: 'a=b', name: 'payments-*', channel: 'C1' }], fired)).toBe(false);
    expect(needsTags([{ name: 'orders-*', channel: 'C1' }], fired)).toBe(false);
  });
});

describe('an alarm', () => {
  async function routed(routes: AlarmRoute[], channel: string | null, tags: () => Promise<Record<string, string>>) {
    const lines: string[] = [];
    const log = createLog('info', { write: line => void lines.push(line) });
    const bench = await openBench({ alarms: { routes, channel }, log });
    bench.service.alarmTags = tags;
    await bench.investigations.submit(alarmSubmission('one', fired));
    await bench.investigations.idle();
    return { bench, logged: lines.join('') };
  }
  const none = async () => ({});
  const unreadable = async () => {
    throw new UnreadError('cloudwatch:ListTagsForResource', 'access_denied', 'AWS denied it.', 'Allow it.');
  };

  test('goes where its route says', async () => {
    const { bench, logged } = await routed([{ tag: 'team=orders', channel: 'C2' }], 'C1', async () => ({
      team: 'orders',
    }));
    expect((await onlyOpen(bench)).conversation).toMatchObject({ channelId: 'C2', threadTs: null });
    expect(logged).not.toContain('No route');
  });

  test('that no route fits goes to the default, and to the log', async () => {
    const { bench, logged } = await routed([{ name: 'payments-*', channel: 'C2' }], 'C1', none);
    expect((await onlyOpen(bench)).conversation.channelId).toBe('C1');
    expect(logged).toContain('No route fits an alarm; it goes to ALARM_CHANNEL.');
    expect(logged).toContain(fired.arn);
  });

  test('whose tags cannot be read goes to the default, and the log says why', async () => {
    const { bench, logged } = await routed([{ tag: 'team=orders', channel: 'C2' }], 'C1', unreadable);
    expect((await onlyOpen(bench)).conversation.channelId).toBe('C1');
    expect(logged).toContain('no route by tag is taken');
    expect(logged).toContain('No route fits');
  });

  test('with nowhere to go is told in the log, with what to set', async () => {
    const { bench, logged } = await routed([], null, none);
    expect(await bench.investigations.listOpen({ teamId: 'T1' })).toEqual([]);
    expect(logged).toContain('An alarm has nowhere to go: set ALARM_CHANNEL');
    expect(logged).toContain(fired.arn);
  });
});
