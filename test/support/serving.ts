/** The program as it is installed, serving in processes of its own, against the strict Slack and the embedded AWS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { DatabaseSettings } from '../../src/investigations/database.ts';
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

const scenarioId = 'lambda-permission-removed';

export interface Served {
  /** SIGTERM; answers the exit code and how long it took. */
  stop(): Promise<{ code: number | null; ms: number }>;
  /** Slack's requests go to this process from now on. */
  connect(): void;
}

export async function openServing(store: DatabaseSettings) {
  const scenarios = await loadScenarios();
  const scenario = scenarios.get(scenarioId);
  if (scenario === undefined) throw new Error(`There is no scenario ${scenarioId}.`);
  const aws = await startAwsServer({ scenarios, clock: () => new Date() });
  onTestFinished(() => aws.stop());
  const workspace = createSlackWorkspace({ rateLimits: 'off' });
  const served = await workspace.listen();
  onTestFinished(() => served.close());
  const environment = {
    PATH: process.env.PATH ?? '',
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: served.apiUrl,
    PORT: '0',
    HEALTH_FEED_URL: '',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: `${aws.url}/aws/${scenarioId}`,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(store.databaseUrl === null ? { DATA_DIR: store.dataDir } : { DATABASE_URL: store.databaseUrl }),
  };

  /** Resolves when it takes requests. */
  async function serve(): Promise<Served> {
    const program = join(import.meta.dirname, '..', '..', 'bin', 'apigw-500.js');
    const child = spawn(process.execPath, [program, 'serve'], {
      cwd: store.dataDir,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const { promise: ready, resolve, reject } = Promise.withResolvers<number>();
    createInterface({ input: child.stderr }).on('line', line => {
      if (line.includes('"Ready."')) resolve(JSON.parse(line).port);
    });
    void ended.then(([code]) => reject(new Error(`It ended with code ${code} before it was ready.`)));
    const port = await ready;
    return {
      async stop() {
        const from = performance.now();
        child.kill('SIGTERM');
        const [code] = await ended;
        return { code, ms: performance.now() - from };
      },
      connect: () =>
        workspace.connect(
          httpTransport(`http://127.0.0.1:${port}/slack/events`, workspace.signingSecret, workspace.clock),
        ),
    };
  }

  /** What the bot has said in the channel, by the record and the purpose that it sends with it. */
  function said(): { name: string; text: string }[] {
    return workspace.messages('ana', 'incidents').flatMap(({ metadata, text, onlyFor }) => {
      const payload = metadata?.event_payload as { investigation?: string; purpose?: string } | undefined;
      if (payload === undefined || onlyFor !== null) return [];
      return [{ name: `${payload.investigation} ${payload.purpose}`, text }];
    });
  }

  return {
    workspace,
    serve,
    said,
    cards: () => said().filter(({ name }) => name.endsWith(' card')),
    /** AWS answers no question about logs from now on, or all again. */
    hang(hanging: boolean): void {
      scenario.world.faults.hanging = hanging ? ['logs:*'] : [];
    },
  };
}
