/** Everything that the bot needs around it, each in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bot, Installed } from './bot.ts';
import { accountsFile } from './many-apis.ts';
import type { Latencies, Load } from './slack-process.ts';

export interface StageOptions {
  /** Of every AWS answer. */
  latencyMs: number;
  accounts: number;
  /** In each account. */
  apis: number;
  quotaShare: number;
}

export interface Stage {
  bot: Bot;
  /** Types commands into the workspace at a steady rate; resolves when the last one was acknowledged. */
  type(load: Omit<Load, 'url'>): Promise<Latencies>;
  end(): Promise<void>;
}

/** `installed`: where several stages follow each other. */
export async function openStage(options: StageOptions, installed: Installed): Promise<Stage> {
  const { latencyMs, accounts, apis, quotaShare } = options;
  const aws = started('./accounts-process.ts', [latencyMs, accounts, apis].map(String));
  const slack = started('./slack-process.ts', []);
  const [{ endpoint }, tokens] = (await Promise.all([told(aws), told(slack)])) as [
    { endpoint: string },
    Record<string, string>,
  ];
  const configFile = join(installed.folder, 'config.yaml');
  writeFileSync(configFile, accountsFile(accounts, quotaShare));
  const bot = await installed.start({
    ...tokens,
    CONFIG_FILE: configFile,
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
    HEALTH_FEED_URL: `${endpoint}/health-feed`,
  });
  return {
    bot,
    async type(load) {
      slack.send({ url: `${bot.url}/slack/events`, ...load } satisfies Load);
      return (await told(slack)) as Latencies;
    },
    async end() {
      await bot.stop();
      aws.disconnect();
      slack.disconnect();
    },
  };
}

function started(file: string, args: readonly string[]): ChildProcess {
  return fork(new URL(file, import.meta.url), args);
}

async function told(process: ChildProcess): Promise<unknown> {
  const ended = once(process, 'exit').then(([code]) => {
    throw new Error(`A process of the benchmark ended with code ${code}.`);
  });
  ended.catch(() => {});
  const [message] = (await Promise.race([once(process, 'message'), ended])) as [unknown];
  return message;
}
