/** Charts in the thread: the real publisher, the strict workspace, and (once) the real drawing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLedger } from '../../src/investigations/ledger.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import { renderChart } from '../../src/render/picture.ts';
import { type AppManifest, shippedManifest } from '../../src/sandbox/slack/manifest.ts';
import type { Message } from '../../src/sandbox/slack/state.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { createAnswers } from '../../src/slack/answers.ts';
import type { DrawChart } from '../../src/slack/pictures.ts';
import { createPublisher } from '../../src/slack/publish.ts';
import { createLog } from '../../src/telemetry.ts';
import { fastTime } from '../support/fast-time.ts';
import { diagnosedInvestigation, openedInvestigation, sampleChecks, sampleRecord } from '../support/samples.ts';

const channelId = 'C0SBXINC01';
const conversation = { teamId: 'T0SANDBOX1', channelId, threadTs: null, responseUrl: null, userId: 'U0SBXANA01' };
const diagnosed = (more: Partial<Investigation> = {}) => diagnosedInvestigation({ conversation, ...more });
const drawn: DrawChart = async () => ({
  png: new Uint8Array([1, 2, 3]),
  altText: 'Bars that rise.',
  title: '5xx of a',
});

async function open(draw: DrawChart = drawn, manifest: AppManifest = shippedManifest()) {
  const { clock, after } = fastTime();
  const workspace = createSlackWorkspace({ clock, manifest });
  const served = await workspace.listen();
  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-pictures-'));
  const database = await openSqlite(folder, clock);
  onTestFinished(async () => {
    await served.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const client = new WebClient(workspace.botToken, {
    slackApiUrl: served.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      setName() {},
      getLevel: () => 'info' as never,
    },
  });
  const logged: string[] = [];
  const log = createLog('warn', { write: line => void logged.push(line) });
  const ledger = createLedger(database.db, clock);
  const asked: number[] = [];
  const start = () =>
    createPublisher({
      client,
      ledger,
      checks: sampleChecks,
      answers: createAnswers(client, log, after),
      fallbackGroup: null,
      mayPublish: () => true,
      draw(data) {
        asked.push(shown().length);
        return draw(data);
      },
      bot: () => ({ id: workspace.state.seed.botId, name: 'apigw-500', workspaceUrl: `${served.url}/` }),
      clock,
      after,
      log,
    });
  const shown = () => workspace.messages('ana', 'incidents');
  const charts = () => shown().filter(message => JSON.stringify(message.blocks).includes('"type":"image"'));
  return { workspace, start, publisher: start(), ledger, logged, shown, charts, asked };
}

const fileOf = (message: Message | undefined) =>
  (message?.blocks[0]?.slack_file as { id?: string } | undefined)?.id ?? 'none';

describe('the chart of an incident', () => {
  it('comes after what is written, in its thread, with words for who does not see it', async () => {
    const { publisher, workspace, shown, charts } = await open(renderChart);
    await publisher.publish(diagnosed());

    const [chart, ...more] = charts();
    expect(more).toEqual([]);
    expect(shown()).toHaveLength(4);
    expect(shown().at(-1)).toBe(chart);
    expect(chart?.threadTs).toBe(shown()[0]?.ts);
    const [block] = chart?.blocks ?? [];
    expect(block?.alt_text).toMatch(/^Bar chart of the 5xx errors each minute of .+ 100 of 1,200 requests/);
    expect(chart?.text).toMatch(/^5xx of /);
    const file = workspace.state.files.get(fileOf(chart));
    expect(file?.data?.subarray(1, 4).toString()).toBe('PNG');
  });

  it('is drawn when all else stands there, once, and never again', async () => {
    const { publisher, start, charts, asked } = await open();
    await publisher.publish(openedInvestigation({ conversation }));
    expect(asked).toEqual([]);
    await publisher.publish(diagnosed({ version: 2 }));
    expect(asked).toEqual([3]);

    await publisher.publish(
      diagnosed({ version: 3, record: sampleRecord({ generatedAt: '2026-11-22T14:30:00.000Z' }) }),
    );
    const next = start();
    await next.publish(diagnosed({ version: 4 }));
    expect(charts()).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it('comes once more with the recovery', async () => {
    const { publisher, charts } = await open();
    await publisher.publish(diagnosed());
    const recovered = { at: '2026-11-22T14:20:00.000Z', by: 'watch' } as const;
    for (const version of [2, 3]) await publisher.publish(diagnosed({ state: 'recovered', recovered, version }));
    expect(charts()).toHaveLength(2);
    expect(new Set(charts().map(fileOf)).size).toBe(2);
  });

  it('does not come where nothing failed, or the metrics could not be read', async () => {
    const { publisher, charts, asked } = await open();
    const { report } = sampleRecord();
    const quiet = { ...report.impact, errors: 0 };
    await publisher.publish(diagnosed({ record: sampleRecord({ impact: quiet }) }));
    const unread = { ...report.series, points: null };
    await publisher.publish(diagnosed({ id: 'inv-2', record: sampleRecord({ series: unread }) }));
    expect(charts()).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe('a chart that may have been posted', () => {
  it('is looked for, and not posted twice', async () => {
    const { workspace, publisher, charts } = await open(data => {
      workspace.fail('chat.postMessage', 'lost');
      return drawn(data);
    });
    await publisher.publish(diagnosed());
    expect(charts()).toHaveLength(1);
    expect(workspace.calls.filter(({ method }) => method === 'files.completeUploadExternal')).toHaveLength(1);
  });

  it('is found again after a crash between the post and the ledger, and neither drawn nor posted again', async () => {
    const { publisher, start, ledger, charts, asked } = await open();
    const { posted } = ledger;
    ledger.posted = (id, purpose, ts, hash) =>
      purpose === 'chart:verdict' ? Promise.resolve() : posted(id, purpose, ts, hash);
    await publisher.publish(diagnosed());
    ledger.posted = posted;

    await start().publish(diagnosed());
    expect(charts()).toHaveLength(1);
    expect(asked).toHaveLength(1);
    expect((await ledger.find('inv-1', 'chart:verdict'))?.ts).toBe(charts()[0]?.ts);
  });

  it('is drawn and posted where only the intent was stored', async () => {
    const { publisher, ledger, charts } = await open();
    await ledger.intend('inv-1', 'chart:verdict', channelId);
    await publisher.publish(diagnosed());
    expect(charts()).toHaveLength(1);
  });
});

describe('a chart that cannot be posted', () => {
  it('without the scope is left out, with one line in the log, and is drawn no more', async () => {
    const manifest = shippedManifest();
    const scopes = manifest.scopes.filter(scope => scope !== 'files:write');
    const { publisher, logged, shown, charts, asked } = await open(drawn, { ...manifest, scopes });
    for (const id of ['inv-1', 'inv-2', 'inv-3']) await publisher.publish(diagnosed({ id }));
    expect(charts()).toEqual([]);
    expect(shown()).toHaveLength(9);
    expect(asked).toHaveLength(1);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('files:write');
  });

  it('because it cannot be drawn is left out, and the log says so', async () => {
    const { publisher, logged, shown } = await open(() => Promise.reject(new Error('The chart was not drawn.')));
    await publisher.publish(diagnosed());
    expect(shown()).toHaveLength(3);
    expect(logged.join()).toContain('The chart was not drawn.');
  });

  it('is tried again where the upload fails, and while Slack still works through it', async () => {
    const faults = [
      () => workspace.fail('upload', { status: 500 }),
      () => workspace.fail('chat.postMessage', { error: 'invalid_blocks' }),
    ];
    const { workspace, publisher, charts, shown, asked } = await open(data => {
      faults.shift()?.();
      return drawn(data);
    });
    await publisher.publish(diagnosed());
    expect(faults).toEqual([]);
    expect(asked).toHaveLength(2);
    expect(charts()).toHaveLength(1);
    expect(shown()).toHaveLength(4);
  });

  it('is given up after some tries, and never becomes a message without a picture', async () => {
    const { workspace, publisher, logged, shown, asked } = await open(data => {
      workspace.fail('chat.postMessage', { error: 'invalid_blocks' }, 20);
      return drawn(data);
    });
    await publisher.publish(diagnosed());
    expect(shown()).toHaveLength(3);
    expect(asked).toHaveLength(1);
    expect(logged.filter(line => line.includes('A chart is given up'))).toHaveLength(1);
  });
});
