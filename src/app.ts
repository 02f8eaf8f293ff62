/** The composition root: configuration -> everything that runs, wired. The only place that knows all the rooms. */
import { randomUUID } from 'node:crypto';
import type { AccessOptions } from './aws/access.ts';
import type { Send } from './aws/send.ts';
import type { SharedReadings } from './aws/shared-trail.ts';
import type { Access } from './aws/types.ts';
import { type Config, ConfigError } from './config.ts';
import { defaultMinutes, noOverrides } from './diagnosis/request.ts';
import type { AlarmNotice, DiagnosisService, Trigger } from './diagnosis/types.ts';
import type { Investigations, Outlets } from './investigations/types.ts';
import type { Metrics } from './metrics.ts';
import { answerJson, createHttpServer, type Handler, type HttpServer } from './server.ts';
import { variables } from './settings.ts';
import type { After } from './slack/answers.ts';
import type { Log } from './telemetry.ts';

/** What comes from outside: the tests and the sandbox bring their own. */
export interface Seams {
  access: Access;
  /** One endpoint for all of AWS, and who asks there, instead of what the SDK finds; not looked at beside `access`. */
  endpoint: string;
  credentials: NonNullable<AccessOptions['credentials']>;
  clock: () => Date;
  newId: () => string;
  fetch: typeof globalThis.fetch;
  /** What the replicas share of what was read. */
  shared: SharedReadings;
  /** How Slack's pacing waits. */
  after: After;
  /** The address to listen on; every one of the machine unless told. */
  host: string;
  log: Log;
}

export interface App {
  /** Connects, listens, and takes up what a process before it has left. Answers the port. */
  start(): Promise<{ port: number }>;
  /** Takes nothing more in; what runs has ten seconds to end, and what does not end is given back. */
  stop(): Promise<void>;
  investigations: Investigations;
  /** Resolves where the store has ended under it: the process has to be started again. */
  broken: Promise<Error>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/** Nobody answers at Slack's address; no setting need be wrong. */
export class SlackUnreachableError extends Error {
  constructor(apiUrl: string, cause: unknown) {
    const { host } = new URL(apiUrl);
    const next = `Check the network, DNS and proxy of this machine, and SLACK_API_URL if it is set; then start again.`;
    super(`Slack cannot be reached at ${host} (${reasonOf(cause)}). ${next}`, { cause });
    this.name = 'SlackUnreachableError';
  }
}

// Together below the ten seconds that a stop may take; Slack's grace counts twice, for what comes in and what goes out.
const runGraceMs = 6_000;
const slackGraceMs = 1_500;

/** Rejects with ConfigError where a setting stands in the way. Modules are loaded here, so that commands start fast. */
export async function createApp(config: Config, seams: Partial<Seams> & { log: Log }): Promise<App> {
  const { slack: settings, retentionDays } = config;
  if (settings === null) throw new ConfigError(['SLACK_BOT_TOKEN is not set.']);
  const { log, clock = () => new Date(), newId = randomUUID } = seams;
  const [
    { openDatabase },
    { StoreError },
    { NewerSchemaError },
    { createSharedReadings },
    { createInvestigations },
    { createSlack, slackPath },
    { createSnsHandler },
    { createEventBridgeHandler },
    { createMetrics },
    { checks },
    { explainText },
  ] = await Promise.all([
    import('./investigations/open-database.ts'),
    import('./investigations/database.ts'),
    import('./investigations/migrations.ts'),
    import('./investigations/shared-readings.ts'),
    import('./investigations/investigations.ts'),
    import('./slack/slack.ts'),
    import('./webhooks/sns.ts'),
    import('./webhooks/eventbridge.ts'),
    import('./metrics.ts'),
    import('./diagnosis/playbook.ts').then(({ steps, diagnoses }) => ({ checks: [...steps, ...diagnoses] })),
    import('./diagnosis/explain.ts'),
  ]);
  const metrics = createMetrics({
    async queueAge() {
      const since = await investigations.waitingSince();
      return since === null ? null : Math.max(0, clock().getTime() - Date.parse(since)) / 1_000;
    },
  });
  const database = await openDatabase(config, clock, log).catch(error => {
    const known = error instanceof StoreError || error instanceof NewerSchemaError;
    throw known ? new ConfigError([error.message], { cause: error }) : error;
  });
  const shared = seams.shared ?? createSharedReadings(database.db, clock);
  const diagnosis = await openDiagnosis(config, { ...seams, shared }, metrics).catch(async error => {
    await database.close();
    throw error;
  });

  // Each needs the other: the record tells Slack, and Slack's buttons ask for the record.
  const outlets: Outlets = {
    teamId: () => slack.outlets.teamId(),
    refreshHomes: users => slack.outlets.refreshHomes(users),
    publishStorm: (storm, members) => slack.outlets.publishStorm(storm, members),
    publish: investigation => slack.outlets.publish(investigation),
    refuse: (conversation, refusal) => slack.outlets.refuse(conversation, refusal),
    joined: (conversation, investigation) => slack.outlets.joined(conversation, investigation),
  };
  const service = measured(diagnosis.service, metrics, clock);
  const investigations = createInvestigations({
    database,
    service,
    outlets,
    alarms: config.alarms,
    clock,
    newId,
    log,
    retentionDays,
  });
  const slack = createSlack({
    settings,
    allowed: config.allow,
    triggers: { reaction: config.alarms.reaction, alarmPostChannels: config.alarmPostChannels },
    investigations,
    mayPublish: investigations.mayPublish,
    fallbackGroup: config.handoffFallbackGroup,
    checks,
    explain: explainText,
    setup: alarmSetup(config),
    draw: async data => (await import('./render/picture.ts')).renderChart(data),
    clock,
    log,
    metrics,
    ...(seams.after === undefined ? {} : { after: seams.after }),
  });
  const ready = () => readiness(investigations, slack);
  const routes: Record<string, Handler> = {
    'GET /healthz': (_request, response) => answerJson(response, 200, { status: 'ok' }),
    'GET /readyz': async (_request, response) => {
      const state = await ready();
      answerJson(response, state.status === 'ready' ? 200 : 503, state);
    },
    'GET /metrics': async (_request, response) => {
      const { contentType, body } = await metrics.text();
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
    },
  };
  const webhooks = {
    submit: acceptAlarm(investigations, clock),
    clock,
    fetch: seams.fetch ?? globalThis.fetch,
    log,
  };
  const counted = (source: string) => ({ onOutcome: (outcome: string) => metrics.webhook(source, outcome) });
  const { topicArns, eventBridgeKey } = config.alarms;
  if (topicArns.length > 0)
    routes['POST /webhooks/sns'] = createSnsHandler({ ...webhooks, ...counted('sns'), topicArns });
  if (eventBridgeKey !== null) {
    routes['POST /webhooks/eventbridge'] = createEventBridgeHandler({
      ...webhooks,
      ...counted('eventbridge'),
      apiKey: eventBridgeKey,
    });
  }
  if (slack.handle !== null) routes[`POST ${slackPath}`] = slack.handle;
  const server = createHttpServer(routes, log);
  let stopped = false;

  return {
    investigations,
    broken: database.ended,
    async start() {
      await slack.start().catch(error => {
        if (isUnreachable(error)) throw new SlackUnreachableError(settings.apiUrl, error);
        throw new ConfigError([`Slack does not answer as it should: ${messageOf(error)}`], { cause: error });
      });
      // A stop does not wait for a start that waits for Slack.
      if (stopped) throw new Error('The program was stopped while it started.');
      await investigations.start();
      return { port: await listen(server, config.port, seams.host) };
    },
    async stop() {
      stopped = true;
      await slack.close();
      await Promise.all([server.close(runGraceMs), investigations.stop(runGraceMs)]);
      const sent = await slack.drain(slackGraceMs);
      await investigations.handOver(sent);
      await database.close();
      diagnosis.close();
    },
    async idle() {
      await slack.idle();
      await investigations.idle();
      await slack.idle();
    },
  };
}

/** An alarm as a trigger: its ARN says account and Region, and the last minutes are looked at. */
function acceptAlarm(investigations: Investigations, clock: () => Date) {
  return (alarm: AlarmNotice, key: string) => {
    const { arn: target, region, accountId } = alarm;
    const span = { minutes: defaultMinutes };
    const request = { target, stage: null, region, accountId, span, overrides: noOverrides };
    const trigger: Trigger = { kind: 'alarm', by: null, at: clock().toISOString(), request, alarm };
    return investigations.submit({ key, trigger, conversation: null });
  };
}

async function listen(server: HttpServer, port: number, host: string | undefined): Promise<number> {
  try {
    return await server.listen(port, host);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : 'may not be used by this user';
    throw new ConfigError([`PORT ${port} ${why}: set PORT to another one.`], { cause: error });
  }
}

/** The same service; its runs are counted and timed. */
function measured(service: DiagnosisService, metrics: Metrics, clock: () => Date): DiagnosisService {
  return {
    ...service,
    async diagnose(...asked) {
      const began = clock().getTime();
      const took = () => Math.max(0, clock().getTime() - began) / 1_000;
      try {
        const record = await service.diagnose(...asked);
        metrics.diagnosed(record.report.verdict.status, took());
        for (const { id, durationMs } of record.findings) metrics.checked(id, durationMs / 1_000);
        return record;
      } catch (error) {
        metrics.diagnosed('failed', took());
        throw error;
      }
    },
  };
}

function alarmSetup({ alarms, alarmPostChannels }: Config) {
  const { topicArns, eventBridgeKey, routes, channel } = alarms;
  const doors = [
    ...(topicArns.length > 0 ? ['SNS'] : []),
    ...(eventBridgeKey === null ? [] : ['EventBridge']),
    ...(alarmPostChannels.length > 0 ? ['posts of other apps'] : []),
  ];
  return { doors, routes: routes.length, channel };
}

/** `/readyz`: whether work would succeed now. */
async function readiness(investigations: { ping(): Promise<void> }, slack: { state(): string }) {
  const store = await investigations.ping().then(
    () => 'ok',
    () => 'unavailable',
  );
  const surface = slack.state();
  return { status: store === 'ok' && surface === 'ok' ? 'ready' : 'not_ready', store, slack: surface };
}

/** Slack's clients wrap what the network said. https://docs.slack.dev/tools/node-slack-sdk/web-api#handle-errors */
function isUnreachable(error: unknown): boolean {
  return error instanceof Error && /_request_error$/.test(String((error as NodeJS.ErrnoException).code));
}

function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = (at as { original?: unknown }).original ?? at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && /^E[A-Z_]+$/.test(code)) return code;
  }
  return 'no answer';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** AWS and the diagnosis over it; also without a store and Slack, for the terminal. */
export interface OpenDiagnosis {
  service: DiagnosisService;
  /** True where reads were tried and every one was denied or failed; sts:GetCallerIdentity does not count. */
  nothingRead(): boolean;
  close(): void;
}

export async function openDiagnosis(
  config: Config,
  seams: Partial<Seams> & { log: Log },
  metrics?: Pick<Metrics, 'awsCalled'>,
): Promise<OpenDiagnosis> {
  const { log, clock = () => new Date(), newId = randomUUID, fetch = globalThis.fetch } = seams;
  const [{ createDiagnosisService }, { openAccess }] = await Promise.all([
    import('./diagnosis/diagnose.ts'),
    import('./aws/access.ts'),
  ]);
  const { endpoint, credentials } = seams;
  const { accounts, quotaShare } = config;
  const { access, nothingRead } = tallied(
    seams.access ?? openAccess({ region: await regionOf(config), accounts, quotaShare, clock, endpoint, credentials }),
    metrics,
  );
  const service = createDiagnosisService({
    access,
    clock,
    newId,
    fetch,
    shared: seams.shared,
    healthFeedUrl: config.healthFeedUrl ?? '',
    onDefect: (check, error) => log.error({ err: error, check }, 'A check failed because of a defect.'),
  });
  return { service, nothingRead, close: () => access.close() };
}

/** AWS at an endpoint of its own, for a seam that has more than one. */
export async function openAws(options: AccessOptions): Promise<Access> {
  const { openAccess } = await import('./aws/access.ts');
  return openAccess(options);
}

/** The Region to look in where none is asked for: AWS_REGION, or what the SDK finds in the profile. */
export async function regionOf(config: Config): Promise<string> {
  if (config.awsRegion !== null) return config.awsRegion;
  const { STSClient } = await import('@aws-sdk/client-sts');
  try {
    return await new STSClient({}).config.region();
  } catch (error) {
    throw new ConfigError([`AWS_REGION is not set, and no profile has a Region: ${variables.AWS_REGION.fix}`], {
      cause: error,
    });
  }
}

/** Counts which reads AWS answered, and how. */
function tallied(
  access: Access,
  metrics: Pick<Metrics, 'awsCalled'> | undefined,
): { access: Access; nothingRead(): boolean } {
  let asked = 0;
  let answered = 0;
  return {
    nothingRead: () => asked > 0 && answered === 0,
    access: {
      close: () => access.close(),
      ownAccountId: () => access.ownAccountId(),
      places: () => access.places(),
      async open(accountId, region) {
        const aws = await access.open(accountId, region);
        const send: Send = async (operation, input, options) => {
          if (operation === 'sts:GetCallerIdentity') return aws.send(operation, input, options);
          asked += 1;
          try {
            const output = await aws.send(operation, input, options);
            answered += 1;
            metrics?.awsCalled(operation, 'ok');
            return output;
          } catch (error) {
            metrics?.awsCalled(operation, (error as { reason?: string }).reason ?? 'failed');
            throw error;
          }
        };
        return { ...aws, send };
      },
    },
  };
}
