/**
 * The Slack surface as it runs: real Bolt and the real record on SQLite, against the strict workspace. Only the
 * diagnosis is scripted, and time runs as fast as the machine.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { explainText } from '../../src/diagnosis/explain.ts';
import type { Candidate, DiagnosisService, Finding, Location } from '../../src/diagnosis/types.ts';
import { createInvestigations, type RunningInvestigations } from '../../src/investigations/investigations.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import type { Outlets } from '../../src/investigations/types.ts';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import type { Message } from '../../src/sandbox/slack/state.ts';
import { createSlackWorkspace, type SlackWorkspace, type WorkspaceOptions } from '../../src/sandbox/slack/workspace.ts';
import type { EventSettings } from '../../src/slack/events.ts';
import type { Allowed } from '../../src/slack/permission.ts';
import { createSlack, type Slack } from '../../src/slack/slack.ts';
import { createLog } from '../../src/telemetry.ts';
import { fastTime } from './fast-time.ts';
import { readable } from './readable.ts';
import { sampleChecks, sampleFindings, sampleRecord, sampleReport, sampleTarget } from './samples.ts';
import { serveSocketMode } from './slack-socket-mode.ts';

export const candidates: Candidate[] = ['prod', 'staging'].map(stage => ({
  apiId: stage === 'prod' ? 'a1b2c3d4e5' : 'f6g7h8i9j0',
  apiName: `orders-${stage} <b>&`,
  apiType: 'REST',
  accountId: '123456789012',
  region: 'eu-west-1',
  stages: [stage],
}));

export interface ScriptedDiagnosis extends DiagnosisService {
  /** Set by tests: runs and re-runs are held until it resolves. */
  gate: Promise<unknown>;
  checked: string[];
  diagnosed: number;
  findings: () => Finding[];
}

export function scriptedDiagnosis(): ScriptedDiagnosis {
  const service: ScriptedDiagnosis = {
    gate: Promise.resolve(),
    checked: [],
    diagnosed: 0,
    findings: sampleFindings,
    async locate({ target }): Promise<Location> {
      if (target === 'orders') return { kind: 'ambiguous', candidates };
      if (target === 'nothing') return { kind: 'not_found', region: 'eu-west-1', candidates: [] };
      if (target === 'locked')
        return { kind: 'unreadable', message: 'AWS denied it.', remedy: 'Allow apigateway:GET.' };
      const { window } = sampleReport();
      return {
        kind: 'found',
        target: {
          ...sampleTarget,
          apiId: target === 'billing-api' ? 'b1i2l3l4i5' : sampleTarget.apiId,
          apiName: target,
        },
        window,
        threshold: null,
      };
    },
    alarmTags: async () => ({}),
    async diagnose(_trigger, location, onFinding) {
      service.diagnosed += 1;
      const findings = service.findings();
      for (const finding of findings) onFinding?.(finding);
      await service.gate;
      return { ...sampleRecord({ target: location.target }), findings };
    },
    async rerun(record, check) {
      service.checked.push(check);
      await service.gate;
      const findings = record.findings.map(finding =>
        `${finding.group}:${finding.number}` === check
          ? { ...finding, summary: `Checked again as ${check}.` }
          : finding,
      );
      return { ...record, findings };
    },
    async recheck(record) {
      return { record, late: [] };
    },
    async observe() {
      return {
        at: new Date().toISOString(),
        direction: 'steady',
        requests: 100,
        errors: 50,
        lastErrorAt: null,
        points: null,
      };
    },
  };
  return service;
}

export interface SlackStage {
  workspace: SlackWorkspace;
  slack: Slack;
  investigations: RunningInvestigations;
  diagnosis: ScriptedDiagnosis;
  /** Time goes on by this much. */
  pass(ms: number): void;
  /** Where the app listens, in HTTP mode. */
  url: string;
  /** Sends a command as Slack does, signed; `fields` in place of the usual ones. Answers the HTTP status. */
  deliver(fields: Record<string, string>): Promise<number>;
  /** Everything has been worked off and sent. */
  idle(): Promise<void>;
  /** What a person sees in a channel, as the text that they read. */
  read(user: string, channel: string): string[];
  /** The message that the predicate finds, as a place to press a button. */
  find(user: string, channel: string, holds: (message: Message) => boolean): Message;
  logged: string[];
}

export interface StageOptions {
  mode?: 'http' | 'socket';
  allowed?: Partial<Allowed>;
  triggers?: Partial<EventSettings>;
  workspace?: WorkspaceOptions;
  fallbackGroup?: string;
}

export async function openSlackStage(options: StageOptions = {}): Promise<SlackStage> {
  const { mode = 'http', allowed = {}, triggers = {} } = options;
  const { clock, after, pass, slowClock } = fastTime();
  const workspace = createSlackWorkspace({ clock, rateLimits: 'off', ...options.workspace });
  const served = await workspace.listen();
  const socket = mode === 'socket' ? await serveSocketMode(workspace) : null;
  const logged: string[] = [];
  const log = createLog('warn', { write: line => void logged.push(line) });

  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-slack-'));
  const database = await openSqlite(folder, slowClock);
  const diagnosis = scriptedDiagnosis();
  const outlets: Outlets = {
    teamId: () => slack.outlets.teamId(),
    refreshHomes: users => slack.outlets.refreshHomes(users),
    publishStorm: (storm, members) => slack.outlets.publishStorm(storm, members),
    publish: investigation => slack.outlets.publish(investigation),
    refuse: (conversation, refusal) => slack.outlets.refuse(conversation, refusal),
    joined: (conversation, investigation) => slack.outlets.joined(conversation, investigation),
  };
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const investigations = createInvestigations({
    database,
    service: diagnosis,
    outlets,
    clock: slowClock,
    newId,
    log,
    retentionDays: 90,
    alarms: { routes: [], channel: 'C0SBXINC01' },
  });
  const slack = createSlack({
    settings: {
      botToken: workspace.botToken,
      signingSecret: mode === 'http' ? workspace.signingSecret : null,
      appToken: mode === 'socket' ? workspace.appToken : null,
      apiUrl: served.apiUrl,
    },
    allowed: { channels: null, userGroups: null, guests: false, ...allowed },
    triggers: { reaction: 'mag', alarmPostChannels: [], ...triggers },
    investigations,
    mayPublish: investigations.mayPublish,
    fallbackGroup: options.fallbackGroup ?? null,
    checks: sampleChecks,
    explain: explainText,
    setup: { doors: ['SNS'], routes: 0, channel: 'C0SBXINC01' },
    draw: null,
    metrics: { acknowledged() {}, slackRefused() {} },
    clock,
    after,
    log,
  });

  const server = createServer((request, response) => slack.handle?.(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  if (mode === 'http') workspace.connect(httpTransport(url, workspace.signingSecret, workspace.clock));

  onTestFinished(async () => {
    await slack.close();
    await slack.drain(0);
    await socket?.close();
    server.closeAllConnections();
    server.close();
    await investigations.stop(0);
    await investigations.handOver();
    await database.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  });

  await slack.start();
  await investigations.start();

  return {
    workspace,
    slack,
    investigations,
    diagnosis,
    url,
    pass,
    logged,
    deliver: fields => deliverCommand(url, workspace.signingSecret, fields),
    async idle() {
      await slack.idle();
      await investigations.idle();
      await slack.idle();
    },
    read: (user, channel) => workspace.messages(user, channel).map(readable),
    find(user, channel, holds) {
      const found = workspace.messages(user, channel).find(holds);
      if (found === undefined) throw new Error(`${user} sees no such message in ${channel}.`);
      return found;
    },
  };
}

async function deliverCommand(url: string, secret: string, fields: Record<string, string>): Promise<number> {
  const body = new URLSearchParams({
    command: '/apigw-500',
    text: 'orders-api',
    team_id: 'T0SANDBOX1',
    channel_id: 'C0SBXINC01',
    user_id: 'U0SBXANA01',
    trigger_id: '1.2.3',
    ...fields,
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
  };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

export { readable };

/** Action ids of the buttons of a message, in order. */
export function buttonsOf(message: { blocks: readonly unknown[] }): string[] {
  return [...JSON.stringify(message.blocks).matchAll(/"action_id":"([^"]+)"/g)].map(([, id]) => id ?? '');
}
