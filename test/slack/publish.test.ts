import { LogLevel, WebClient } from '@slack/web-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Investigation, Ledger, LedgerEntry } from '../../src/investigations/types.ts';
import { createSlackWorkspace, type WorkspaceOptions } from '../../src/sandbox/slack/workspace.ts';
import { createAnswers } from '../../src/slack/answers.ts';
import { createPublisher, type Publisher } from '../../src/slack/publish.ts';
import { createLog } from '../../src/telemetry.ts';
import { fastTime } from '../support/fast-time.ts';
import { diagnosedInvestigation, openedInvestigation, sampleChecks, sampleFindings } from '../support/samples.ts';
import { readable } from '../support/slack-stage.ts';
import { offered } from '../support/standings.ts';

const channelId = 'C0SBXINC01';
const home = { teamId: 'T0SANDBOX1', channelId, threadTs: null, responseUrl: null, userId: 'U0SBXANA01' };

function memoryLedger(clock: () => Date): Ledger & { entries: Map<string, LedgerEntry> } {
  const entries = new Map<string, LedgerEntry>();
  return {
    entries,
    find: async (id, purpose) => entries.get(`${id} ${purpose}`) ?? null,
    async intend(investigationId, purpose, channel) {
      const key = `${investigationId} ${purpose}`;
      const intendedAt = clock().toISOString();
      const fresh = { investigationId, purpose, channelId: channel, ts: null, intendedAt, contentHash: null };
      const entry = entries.get(key) ?? fresh;
      entries.set(key, entry);
      return entry;
    },
    async posted(id, purpose, ts, contentHash) {
      const entry = entries.get(`${id} ${purpose}`);
      if (entry !== undefined) entries.set(`${id} ${purpose}`, { ...entry, ts, contentHash });
    },
    all: async id => [...entries.values()].filter(entry => entry.investigationId === id),
  };
}

async function openPublisher(options: WorkspaceOptions = {}, refuses = (_blocks: string) => false) {
  const { clock, after } = fastTime();
  const workspace = createSlackWorkspace({ clock, ...options });
  const served = await workspace.listen();
  const made: { method: string; at: Date; ts: string | null }[] = [];
  onTestFinished(() => served.close());
  const client = new WebClient(workspace.botToken, {
    slackApiUrl: served.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    // When a call was made, by the clock that runs ahead while it is on its way.
    fetch(url, init) {
      made.push({
        method: String(url).replace(/.*\//, ''),
        at: clock(),
        ts: new URLSearchParams(String(init?.body)).get('ts'),
      });
      if (refuses(new URLSearchParams(String(init?.body)).get('blocks') ?? '')) {
        return Promise.resolve(Response.json({ ok: false, error: 'invalid_blocks' }));
      }
      return fetch(url, init);
    },
  });
  const ledger = memoryLedger(clock);
  const log = createLog('silent');
  const { botId, botName } = workspace.state.seed;
  const bot = () => ({ id: botId, name: botName, workspaceUrl: `${served.url}/` });
  const lease = { mine: true };
  const start = (): Publisher =>
    createPublisher({
      client,
      ledger,
      checks: sampleChecks,
      answers: createAnswers(client, log, after),
      draw: null,
      fallbackGroup: null,
      mayPublish: () => lease.mine,
      bot,
      clock,
      after,
      log,
    });
  const shown = () => workspace.messages('ana', 'incidents');
  const sent = (method: string) => workspace.calls.filter(call => call.method === method && call.answer === 'ok');
  return { workspace, ledger, lease, publisher: start(), start, shown, sent, made };
}

function opened(id = 'inv-1', more: Partial<Investigation> = {}): Investigation {
  return openedInvestigation({ id, conversation: home, ...more });
}

function diagnosed(id = 'inv-1', more: Partial<Investigation> = {}): Investigation {
  return diagnosedInvestigation({ id, conversation: home, ...more });
}

/** Times between one call and the next, in milliseconds. */
function gaps(calls: readonly { at: Date }[]): number[] {
  return calls.slice(1).map((call, index) => call.at.getTime() - (calls[index]?.at.getTime() ?? 0));
}

describe('pacing', () => {
  it('posts at most one message a second in a channel, the card first', async () => {
    const { publisher, sent } = await openPublisher();
    await Promise.all(['a', 'b', 'c'].map(id => publisher.publish(diagnosed(id))));
    await publisher.settled();
    const posts = sent('chat.postMessage');
    expect(posts).toHaveLength(9);
    expect(Math.min(...gaps(posts))).toBeGreaterThanOrEqual(999);
    expect(posts.slice(0, 3).every(call => call.args.thread_ts === undefined)).toBe(true);
  });

  it('sends the newest state only, and progress at most every three seconds', async () => {
    const { publisher, made, shown } = await openPublisher();
    const findings = sampleFindings();
    for (let done = 0; done <= findings.length; done += 1) {
      void publisher.publish(opened('inv-1', { progress: findings.slice(0, done) }));
    }
    await publisher.settled();
    expect(readable(shown()[0] ?? { text: '', blocks: [] })).toContain('14 of 14 checks are done');

    for (const done of [1, 2, 3]) {
      await publisher.publish(opened('inv-1', { progress: findings.slice(0, done) }));
      await publisher.settled();
    }
    const edits = made.filter(call => call.method === 'chat.update' && call.ts === shown()[0]?.ts);
    expect(edits.length).toBeLessThanOrEqual(5);
    expect(Math.min(...gaps(edits))).toBeGreaterThanOrEqual(2_900);
  });

  it('does not send what has not changed, also after a restart', async () => {
    const { publisher, start, workspace } = await openPublisher();
    await publisher.publish(diagnosed());
    await publisher.settled();
    const before = workspace.calls.length;
    await publisher.publish(diagnosed());
    const next = start();
    await next.publish(diagnosed());
    await next.settled();
    expect(workspace.calls.length).toBe(before);
  });

  it('stays under forty-five edits a minute, verdicts before progress', async () => {
    const { publisher, shown, made } = await openPublisher({ rateLimits: 'off' });
    const ids = Array.from({ length: 30 }, (_, index) => `inv-${index}`);
    for (const id of ids) await publisher.publish(opened(id));
    await publisher.settled();
    for (const [index, id] of ids.entries()) {
      const progress = sampleFindings().slice(0, 3);
      void publisher.publish(index === 29 ? diagnosed(id) : opened(id, { progress }));
    }
    await publisher.settled();

    const edits = made.filter(call => call.method === 'chat.update');
    expect(edits).toHaveLength(61);
    for (const { at } of edits) {
      const minute = edits.filter(other => other.at >= at && other.at.getTime() < at.getTime() + 60_000);
      expect(minute.length).toBeLessThanOrEqual(45);
    }
    // Progress has taken its share of the first minute; the verdict, which came last, need not wait for the next.
    const verdict = shown().find(message => message.text.startsWith('Cause found'));
    expect(edits.findIndex(edit => edit.ts === verdict?.ts)).toBe(30);
  });

  it('waits as long as Slack says, and goes on', async () => {
    const { publisher, workspace, sent, shown } = await openPublisher();
    workspace.fail('chat.postMessage', { retryAfterSeconds: 7 });
    await publisher.publish(diagnosed());
    await publisher.settled();
    const [refused] = workspace.calls.filter(call => call.answer === 'ratelimited');
    const [first] = sent('chat.postMessage');
    expect((first?.at.getTime() ?? 0) - (refused?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(6_900);
    expect(shown()).toHaveLength(3);
    expect(sent('conversations.history')).toEqual([]);
  });
});

describe('a message that may have been posted', () => {
  it('is looked for, and not posted twice', async () => {
    const { publisher, workspace, shown, sent } = await openPublisher();
    workspace.fail('chat.postMessage', 'lost');
    await publisher.publish(opened());
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()).toHaveLength(3);
    expect(sent('conversations.history')).toHaveLength(1);
    expect(shown()[0]?.text).toContain('Cause found');
  });

  it('is found again after a crash between the post and the ledger, in the channel and in the thread', async () => {
    const { publisher, start, ledger, shown, sent } = await openPublisher();
    await publisher.publish(opened());
    await publisher.settled();
    for (const [key, entry] of ledger.entries) ledger.entries.set(key, { ...entry, ts: null, contentHash: null });

    const next = start();
    await next.publish(diagnosed());
    await next.settled();
    expect(shown()).toHaveLength(3);
    expect(sent('conversations.history')).toHaveLength(1);
    expect(sent('conversations.replies')).toHaveLength(2);
    expect(shown().every(message => !message.text.includes('Investigating'))).toBe(true);
  });

  it('is posted where only the intent was stored', async () => {
    const { publisher, ledger, shown } = await openPublisher();
    await ledger.intend('inv-1', 'card', channelId);
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()).toHaveLength(3);
  });

  it('is not taken from somebody else who copied our metadata', async () => {
    const { publisher, ledger, workspace, shown } = await openPublisher();
    await ledger.intend('inv-1', 'card', channelId);
    workspace.state.post({
      channelId,
      userId: 'U0SBXBEN02',
      text: 'A forged card.',
      metadata: { event_type: 'apigw500', event_payload: { investigation: 'inv-1', purpose: 'card' } },
    });
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown().filter(message => message.userId === workspace.state.seed.botUserId)).toHaveLength(3);
  });

  it('is posted anew where somebody deleted it', async () => {
    const { publisher, workspace, shown } = await openPublisher();
    await publisher.publish(opened());
    await publisher.settled();
    const [card] = shown();
    if (card !== undefined) workspace.state.remove(card);
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown().filter(message => message.text.includes('Cause found'))).toHaveLength(1);
  });
});

describe('what Slack refuses', () => {
  it('is tried again where Slack is down', async () => {
    const { publisher, workspace, shown } = await openPublisher();
    workspace.fail('chat.postMessage', { status: 503 }, 3);
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()).toHaveLength(3);
  });

  it('is told once in private, and once more with the verdict', async () => {
    const { publisher, workspace, shown } = await openPublisher();
    workspace.fail('chat.postMessage', { error: 'restricted_action' }, 5);
    for (const progress of [[], sampleFindings().slice(0, 1), sampleFindings().slice(0, 2)]) {
      await publisher.publish(opened('inv-1', { progress }));
      await publisher.settled();
    }
    expect(shown()).toHaveLength(1);
    expect(workspace.calls.filter(call => call.method === 'chat.postMessage')).toHaveLength(1);
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()).toHaveLength(2);
    expect(readable(shown()[1] ?? { text: '', blocks: [] })).toContain('Give API Gateway the permission again.');
  });

  it('is sent as plain text where its blocks are not taken', async () => {
    const { publisher, workspace, shown } = await openPublisher();
    workspace.fail('chat.postMessage', { error: 'invalid_blocks' });
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()[0]?.blocks).toEqual([]);
    expect(shown()[0]?.text).toContain('Cause found');
    expect(shown()).toHaveLength(3);
  });

  it('is sent in older kinds of blocks where the workspace does not know a newer one', async () => {
    const { publisher, shown } = await openPublisher({}, blocks => blocks.includes('"type":"table"'));
    await publisher.publish(diagnosed());
    await publisher.settled();
    const diagnoses = shown().find(message => message.text.startsWith('Diagnoses'));
    expect(shown()).toHaveLength(3);
    expect(JSON.stringify(diagnoses?.blocks)).toContain('"action_id":"diagnosis:5"');
    expect(JSON.stringify(diagnoses?.blocks)).toContain('RemovePermission on orders-prod');
    expect(diagnoses).not.toHaveProperty('classic');
  });

  it('does not post a thread before its card', async () => {
    const { publisher, workspace, shown } = await openPublisher();
    workspace.fail('chat.postMessage', { error: 'is_archived' });
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown().filter(message => message.onlyFor === null)).toEqual([]);
    await publisher.retry([diagnosed()]);
    await publisher.settled();
    expect(shown().filter(message => message.onlyFor === null)).toHaveLength(3);
  });
});

describe('a record', () => {
  it('that is older than what was published changes nothing', async () => {
    const { publisher, shown } = await openPublisher();
    void publisher.publish(diagnosed('inv-1', { version: 3 }));
    void publisher.publish(opened('inv-1', { version: 2 }));
    await publisher.settled();
    expect(shown()[0]?.text).toContain('Cause found');
  });

  it('rejects where the ledger could not be read, and can be published later', async () => {
    const { publisher, ledger, shown } = await openPublisher();
    const all = ledger.all;
    ledger.all = async () => {
      ledger.all = all;
      throw new Error('disk full');
    };
    await expect(publisher.publish(diagnosed())).rejects.toThrow('disk full');
    await publisher.publish(diagnosed());
    expect(shown()).toHaveLength(3);
  });

  it('is left to the process that publishes', async () => {
    const { publisher, lease, shown } = await openPublisher();
    lease.mine = false;
    await expect(publisher.publish(diagnosed())).rejects.toThrow('Another process publishes now.');
    expect(shown()).toEqual([]);
    lease.mine = true;
    await publisher.publish(diagnosed());
    expect(shown()).toHaveLength(3);
  });

  it('that waited when another process took over does not come back over what that one has shown', async () => {
    const { publisher, start, lease, workspace, shown } = await openPublisher();
    await publisher.publish(diagnosed('inv-1', { version: 2 }));
    workspace.fail('chat.update', 'ratelimited');
    const again = diagnosed('inv-1', { version: 3, owner: 'U0SBXBEN02' });
    const waiting = publisher.publish(again);
    await workspace.until(() => workspace.calls.some(call => call.method === 'chat.update'));
    lease.mine = false;
    await expect(waiting).rejects.toThrow('Another process publishes now.');

    lease.mine = true;
    const other = start();
    const resolved = { by: 'U0SBXANA01', at: '2026-11-22T14:20:00Z' };
    await other.publish(diagnosed('inv-1', { version: 4, state: 'resolved', resolved }));
    await publisher.settled();
    expect(shown()[0]?.text).toContain('Resolved');
  });

  it('whose direct message was not sent before a crash has it sent after', async () => {
    const { publisher, start, workspace } = await openPublisher();
    const handedOff = { ...offered(), conversation: home, version: 2 };
    const lift = workspace.fail('conversations.open', 'internal_error', Number.POSITIVE_INFINITY);
    publisher.publish(handedOff).catch(() => undefined);
    await workspace.until(() => workspace.calls.some(call => call.method === 'conversations.open'));
    await publisher.stop(0);
    lift();

    const next = start();
    const posts = () => workspace.calls.filter(call => call.method === 'chat.postMessage' && call.answer === 'ok');
    const before = posts().length;
    await next.publish(handedOff);
    expect(
      posts()
        .slice(before)
        .some(call => String(call.args.channel).startsWith('D')),
    ).toBe(true);
  });

  it('is sent again where the ledger could not note that it was', async () => {
    const { publisher, ledger, shown } = await openPublisher();
    const posted = ledger.posted;
    ledger.posted = async () => {
      ledger.posted = posted;
      throw new Error('disk full');
    };
    await publisher.publish(diagnosed());
    await publisher.settled();
    expect(shown()).toHaveLength(3);
    expect([...ledger.entries.values()].every(entry => entry.ts !== null)).toBe(true);
  });

  it('that no message can be made of ends nothing, and the next one is shown', async () => {
    const { publisher, shown } = await openPublisher();
    await publisher.publish({ ...diagnosed(), target: null } as unknown as Investigation);
    await publisher.settled();
    expect(shown()).toEqual([]);
    await publisher.publish(diagnosed('inv-1', { version: 2 }));
    await publisher.settled();
    expect(shown()).toHaveLength(3);
  });

  it('takes the message that the ledger knows by then, and posts no second one', async () => {
    const { publisher, ledger, shown, sent, start } = await openPublisher();
    await publisher.publish(diagnosed());
    await publisher.settled();
    const all = ledger.all;
    ledger.all = async () => {
      ledger.all = all;
      return [];
    };
    const next = start();
    await next.publish(diagnosed());
    await next.settled();
    expect(shown()).toHaveLength(3);
    expect(sent('chat.postMessage')).toHaveLength(3);
  });
});

describe('stopping', () => {
  it('sends what is left, and nothing afterwards', async () => {
    const { publisher, shown } = await openPublisher();
    await publisher.publish(diagnosed());
    await publisher.settled();
    await publisher.stop(1_000);
    const resolved = { by: 'U0SBXANA01', at: '2026-11-22T14:20:00Z' };
    await expect(publisher.publish(diagnosed('inv-1', { state: 'resolved', resolved }))).rejects.toThrow('any more');
    expect(shown()[0]?.text).toContain('Cause found');
  });

  it('says whether Slack has answered every message', async () => {
    const { publisher, workspace, start } = await openPublisher();
    await publisher.publish(diagnosed());
    expect(await publisher.stop(0)).toBe(true);

    const next = start();
    workspace.fail('chat.postMessage', 'timeout');
    void next.publish(diagnosed('inv-2'));
    await workspace.until(() =>
      workspace.calls.some(
        ({ method, args }) => method === 'chat.postMessage' && JSON.stringify(args).includes('inv-2'),
      ),
    );
    expect(await next.stop(0)).toBe(false);
  });
});
