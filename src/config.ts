/**
 * Configuration: environment variables and one YAML file -> a frozen Config. The only place that reads `process.env`.
 *
 * Every problem is reported at once, by name, with the fix and without the value, which may be a secret.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import dotenv from 'dotenv';
import type { z } from 'zod';
import {
  type AccountSettings,
  type AlarmRoute,
  type FileSettings,
  fileSchema,
  type LogLevel,
  type Variable,
  type VariableName,
  variables,
} from './settings.ts';

const require = createRequire(import.meta.url);

/** `serve` cannot do without its Slack settings; every other command can. */
export type ConfigPurpose = 'serve' | 'command';

export interface Config {
  slack: SlackSettings | null;
  port: number;
  /** `postgres://…`; null: SQLite in `dataDir`. */
  databaseUrl: string | null;
  /** Absolute. */
  dataDir: string;
  /** The SDK's own variables are read by the SDK; this is the Region that is used where none is asked for. */
  awsRegion: string | null;
  accounts: readonly AccountSettings[];
  /** Share of each AWS quota that this program may use, 0..1. */
  quotaShare: number;
  /** null: off. */
  healthFeedUrl: string | null;
  allow: {
    /** Channel ids; null: every channel that the bot is a member of. */
    channels: readonly string[] | null;
    /** User group ids; null: everybody in the workspace. */
    userGroups: readonly string[] | null;
    /** Guests, and people of other workspaces in shared channels. */
    guests: boolean;
  };
  alarms: {
    channel: string | null;
    topicArns: readonly string[];
    eventBridgeKey: string | null;
    reaction: string;
    routes: readonly AlarmRoute[];
  };
  /** Channels where a post of an alarm by another app is diagnosed by itself. */
  alarmPostChannels: readonly string[];
  /** User group id; null: there is none. */
  handoffFallbackGroup: string | null;
  retentionDays: number;
  /** null: not set; a server then logs at `info`, a command at `warn`. */
  logLevel: LogLevel | null;
}

export interface SlackSettings {
  botToken: string;
  /** Set in HTTP mode. */
  signingSecret: string | null;
  /** Set in Socket Mode, which then is the mode. */
  appToken: string | null;
  /** Ends with a slash. */
  apiUrl: string;
}

/** Everything that is wrong with the configuration, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration of this process: `.env` (which never overrides a set variable), the environment, CONFIG_FILE. */
export function readConfig(purpose: ConfigPurpose): Config {
  dotenv.config({ quiet: true });
  return parseConfig(process.env, purpose);
}

/** `PORT` as it is set now: where no configuration was read, by the shell. */
export function portOfShell(): string | undefined {
  return process.env.PORT;
}

/** Throws ConfigError with every problem. `readFile` answers the text of CONFIG_FILE. */
export function parseConfig(
  environment: Environment,
  purpose: ConfigPurpose,
  readFile: (path: string) => string = path => readFileSync(path, 'utf8'),
): Config {
  const problems: string[] = [];

  function read<N extends VariableName>(name: N): z.output<(typeof variables)[N]['schema']> | null {
    const variable: Variable = variables[name];
    const raw = environment[name]?.trim();
    // An empty line in .env means "not set", but for the one variable that can be switched off that way.
    if (raw === undefined || (raw === '' && name !== 'HEALTH_FEED_URL')) return null;
    const parsed = variable.schema.safeParse(raw);
    if (parsed.success) return parsed.data as z.output<(typeof variables)[N]['schema']>;
    problems.push(`${name} is not valid: ${variable.fix}`);
    return null;
  }

  const file = readConfigFile(read('CONFIG_FILE'), readFile, problems);
  const healthFeedUrl = read('HEALTH_FEED_URL') ?? variables.HEALTH_FEED_URL.default;
  const config: Config = {
    slack: null,
    port: read('PORT') ?? Number(variables.PORT.default),
    databaseUrl: read('DATABASE_URL'),
    dataDir: resolve(read('DATA_DIR') ?? variables.DATA_DIR.default),
    awsRegion: read('AWS_REGION'),
    accounts: file.accounts ?? [],
    quotaShare: file.quotaShare ?? 0.5,
    healthFeedUrl: healthFeedUrl === '' ? null : healthFeedUrl,
    allow: {
      channels: file.allow?.channels ?? null,
      userGroups: file.allow?.userGroups ?? null,
      guests: file.allow?.guests ?? false,
    },
    alarms: {
      channel: read('ALARM_CHANNEL'),
      topicArns: read('SNS_TOPIC_ARNS') ?? [],
      eventBridgeKey: read('EVENTBRIDGE_API_KEY'),
      reaction: read('ALARM_REACTION') ?? variables.ALARM_REACTION.default,
      routes: file.alarmRoutes ?? [],
    },
    alarmPostChannels: file.alarmPosts?.channels ?? [],
    handoffFallbackGroup: file.handoff?.fallbackGroup ?? null,
    retentionDays: read('RETENTION_DAYS') ?? Number(variables.RETENTION_DAYS.default),
    logLevel: read('LOG_LEVEL'),
  };

  const slack = {
    botToken: read('SLACK_BOT_TOKEN'),
    signingSecret: read('SLACK_SIGNING_SECRET'),
    appToken: read('SLACK_APP_TOKEN'),
    apiUrl: (read('SLACK_API_URL') ?? variables.SLACK_API_URL.default).replace(/\/*$/, '/'),
  };
  if (purpose === 'serve') problems.push(...missingSlackSettings(environment), ...missingChannel(environment));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({ ...config, slack: slack.botToken === null ? null : { ...slack, botToken: slack.botToken } });
}

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? '').trim() !== '';
}

function missingSlackSettings(environment: Environment): string[] {
  const missing: string[] = [];
  if (!isSet(environment, 'SLACK_BOT_TOKEN'))
    missing.push(`SLACK_BOT_TOKEN is not set: ${variables.SLACK_BOT_TOKEN.fix}`);
  if (!isSet(environment, 'SLACK_SIGNING_SECRET') && !isSet(environment, 'SLACK_APP_TOKEN')) {
    missing.push(
      `SLACK_SIGNING_SECRET or SLACK_APP_TOKEN must be set. For HTTP mode, ${variables.SLACK_SIGNING_SECRET.fix} For Socket Mode, create an app-level token (xapp-…) there.`,
    );
  }
  return missing;
}

/** A route need not fit every alarm, and none is dropped. */
function missingChannel(environment: Environment): string[] {
  const doors = ['SNS_TOPIC_ARNS', 'EVENTBRIDGE_API_KEY'].filter(name => isSet(environment, name));
  if (doors.length === 0 || isSet(environment, 'ALARM_CHANNEL')) return [];
  return [`ALARM_CHANNEL is not set, although ${doors.join(' and ')} let alarms in: ${variables.ALARM_CHANNEL.fix}`];
}

function readConfigFile(path: string | null, readFile: (path: string) => string, problems: string[]): FileSettings {
  if (path === null) return {};
  // Loaded where there is a file to read: it costs a start 30 ms and 8 MB.
  const yaml: typeof import('yaml') = require('yaml');
  let content: unknown;
  try {
    content = yaml.parse(readFile(path)) ?? {};
  } catch (error) {
    problems.push(unreadableFile(error, yaml));
    return {};
  }
  const parsed = fileSchema.safeParse(content, {
    error: issue => (issue.input === undefined ? 'is missing' : undefined),
  });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) problems.push(fileProblem(issue));
  return {};
}

/** Names the place, never the text: the file may hold secrets. */
function unreadableFile(error: unknown, yaml: typeof import('yaml')): string {
  if (error instanceof yaml.YAMLParseError) {
    const at = error.linePos?.[0];
    return `CONFIG_FILE is not valid YAML${at === undefined ? '' : ` at line ${at.line}, column ${at.col}`}: correct it there.`;
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return `CONFIG_FILE cannot be read (${code}): ${variables.CONFIG_FILE.fix}`;
}

/** `CONFIG_FILE, accounts[0].regions: must name at least one Region.`; zod's own messages never hold the value. */
function fileProblem(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const where = path === '' ? 'CONFIG_FILE' : `CONFIG_FILE, ${path.replace(/^\./, '')}`;
  if (issue.code === 'unrecognized_keys') {
    return `${where}: unknown field ${issue.keys.map(key => `"${key}"`).join(', ')}; remove it or correct its name.`;
  }
  return `${where}: ${issue.message}.`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
