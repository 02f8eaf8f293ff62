/**
 * Every setting: what it must look like, and the words for people. `.env.example` and docs/configuration.md are generated
 * from `variables` and `fileSchema`; config.ts reads them.
 */
import { z } from 'zod';

export type AccountSettings = z.output<typeof accountSchema>;
export type AlarmRoute = z.output<typeof alarmRouteSchema>;
export type FileSettings = z.output<typeof fileSchema>;
export type LogLevel = (typeof logLevels)[number];

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** One environment variable: what it must look like, and the words for people. */
export interface Variable {
  schema: z.ZodType;
  about: string;
  /** What to set it to; follows "NAME is not valid:" and "NAME is not set:". */
  fix: string;
  /** What holds where it is not set, as text. */
  default?: string;
}

const text = z.string();
const httpUrl = z.url({ protocol: /^https?$/ });
const list = text.transform(value =>
  value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== ''),
);
const topicArn = text.regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/);

export const variables = {
  SLACK_BOT_TOKEN: {
    schema: text.regex(/^xoxb-\S+$/),
    about: 'The bot token of the Slack app. Needed by `serve`.',
    fix: 'copy the "Bot User OAuth Token" (xoxb-…) from the page "OAuth & Permissions" of your Slack app.',
  },
  SLACK_SIGNING_SECRET: {
    schema: text.min(16),
    about: 'HTTP mode: proves that a request comes from Slack. Needed by `serve` unless SLACK_APP_TOKEN is set.',
    fix: 'copy the "Signing Secret" from the page "Basic Information" of your Slack app.',
  },
  SLACK_APP_TOKEN: {
    schema: text.regex(/^xapp-\S+$/),
    about: 'Socket Mode: the app-level token with the scope connections:write. Where it is set, Socket Mode is used.',
    fix: 'create an "App-Level Token" (xapp-…) with connections:write on the page "Basic Information", or leave it out for HTTP mode.',
  },
  SLACK_API_URL: {
    schema: httpUrl,
    about: "Slack's Web API.",
    fix: "give a URL with http or https, or leave it out for Slack's own.",
    default: 'https://slack.com/api/',
  },
  PORT: {
    schema: text
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine(port => port <= 65_535),
    about: 'Port of the HTTP server: Slack in HTTP mode, webhooks, health. 0 takes a free one.',
    fix: 'give a whole number from 0 to 65535.',
    default: '3000',
  },
  DATABASE_URL: {
    schema: text.regex(/^postgres(ql)?:\/\/\S+$/),
    about: 'PostgreSQL, for several replicas. Without it, SQLite in DATA_DIR.',
    fix: 'give a URL that begins with postgres://, or leave it out for SQLite.',
  },
  DATA_DIR: {
    schema: text,
    about: 'Folder of the SQLite store. One process a folder, on a local disk: never NFS or EFS.',
    fix: 'give a folder on a local disk that this program may write to.',
    default: './data',
  },
  AWS_REGION: {
    schema: text.regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    about:
      'The Region to look in where none is asked for. All other variables of the AWS SDK (AWS_PROFILE, AWS_ENDPOINT_URL, …) hold too.',
    fix: 'give the code of a Region, such as eu-west-1.',
  },
  HEALTH_FEED_URL: {
    schema: z.union([z.literal(''), httpUrl]),
    about: 'The public AWS status feed, read where the Health API is not part of the support plan. Empty: off.',
    fix: 'give a URL with http or https, or leave it empty to switch it off.',
    default: 'https://health.aws.amazon.com/public/currentevents',
  },
  ALARM_CHANNEL: {
    schema: text.regex(/^[CG][A-Z0-9]{2,}$/),
    about: 'The channel id for alarms that no route of the configuration file sends elsewhere.',
    fix: 'give the id of a channel (C…), which its "About" panel in Slack shows.',
  },
  SNS_TOPIC_ARNS: {
    schema: list.pipe(z.array(topicArn).min(1)),
    about: 'Topics that may send alarms to /webhooks/sns, separated by commas.',
    fix: 'give the full ARN of each topic, separated by commas.',
  },
  EVENTBRIDGE_API_KEY: {
    schema: text.min(16),
    about: 'The key that an EventBridge API destination sends to /webhooks/eventbridge as x-api-key.',
    fix: 'give a random key of at least 16 characters.',
  },
  ALARM_REACTION: {
    schema: text.regex(/^[\w+'-]+$/),
    about: 'The reaction, without colons, that starts a diagnosis of the alarm it is put on.',
    fix: 'give the name of an emoji without colons, such as mag.',
    default: 'mag',
  },
  RETENTION_DAYS: {
    schema: text
      .regex(/^\d{1,4}$/)
      .transform(Number)
      .refine(days => days >= 1),
    about: 'Days after its last change that an investigation is kept. Log excerpts are kept 14 days at most.',
    fix: 'give a whole number of days from 1 to 9999.',
    default: '90',
  },
  CONFIG_FILE: {
    schema: text,
    about: 'A YAML file with accounts, alarm routes, who may use the bot, and the share of AWS quotas; see below.',
    fix: 'give the path of a YAML file that this program may read.',
  },
  LOG_LEVEL: {
    schema: z.enum(logLevels),
    about: 'How much is logged, to stderr.',
    fix: `give one of ${logLevels.join(', ')}.`,
    default: 'info for serve, warn for other commands',
  },
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

function textOrMissing(issue: { input: unknown }): string {
  return issue.input === undefined ? 'is missing' : 'must be text: put it in quotes';
}

const accountId = z.string({ error: textOrMissing }).regex(/^\d{12}$/, 'must have 12 digits');
const region = z
  .string({ error: textOrMissing })
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the code of a Region, such as eu-west-1');
const channelId = z.string({ error: textOrMissing }).regex(/^[CG][A-Z0-9]{2,}$/, 'must be the id of a channel (C…)');

const accountSchema = z
  .strictObject({
    id: accountId.describe('The 12-digit account id, in quotes.'),
    roleArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, 'must be the ARN of a role')
      .optional()
      .describe('The role to assume there; left out for the account of the own credentials.'),
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must have 2 to 1224 letters, digits or any of _+=,.@:/-')
      .optional()
      .describe("The external id that the role's trust policy asks for."),
    regions: z.array(region).min(1, 'must name at least one Region').describe('The Regions to look in.'),
  })
  .superRefine(({ id, roleArn, regions }, context) => {
    const [, partition, , , owner] = roleArn?.split(':') ?? [];
    if (owner === undefined) return;
    if (owner !== id) {
      context.addIssue({ code: 'custom', path: ['roleArn'], message: 'must be a role of the account that id names' });
    }
    if (regions.some(one => partitionOf(one) !== partition)) {
      context.addIssue({ code: 'custom', path: ['regions'], message: "must lie in the partition of the role's ARN" });
    }
  });

/** The Region's name tells it; roles and credentials never reach from one into another. */
function partitionOf(name: string): string {
  if (name.startsWith('cn-')) return 'aws-cn';
  return name.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

const alarmRouteSchema = z.strictObject({
  account: accountId.optional().describe('Only alarms of this account.'),
  region: region.optional().describe('Only alarms of this Region.'),
  name: z.string().min(1).optional().describe('Only alarms whose name fits; `*` stands for anything.'),
  tag: z
    .string()
    .regex(/^[^=]+=.*$/, 'must be key=value')
    .optional()
    .describe('Only alarms with this tag, as key=value.'),
  channel: channelId.describe('Where they go.'),
});

const emptyMeansNobody = 'must not be empty: leave it out to allow all';

export const fileSchema = z.strictObject({
  accounts: z
    .array(accountSchema)
    .refine(accounts => new Set(accounts.map(({ id }) => id)).size === accounts.length, 'must name each account once')
    .optional()
    .describe(
      'Accounts beside the one of the own credentials, and Regions beside AWS_REGION: everywhere that a target is looked for.',
    ),
  alarmRoutes: z
    .array(alarmRouteSchema)
    .optional()
    .describe('Which channel an alarm goes to; the first that fits wins.'),
  allow: z
    .strictObject({
      channels: z.array(channelId).min(1, emptyMeansNobody).optional().describe('The only channels to answer in.'),
      userGroups: z
        .array(z.string().regex(/^S[A-Z0-9]{2,}$/, 'must be the id of a user group (S…)'))
        .min(1, emptyMeansNobody)
        .optional()
        .describe('The only user groups whose members may use the bot; where membership cannot be read, nobody may.'),
      guests: z
        .boolean('must be true or false')
        .optional()
        .describe(
          'true: guests of the workspace, and people of other workspaces in shared channels, may use the bot too.',
        ),
    })
    .optional()
    .describe('Who may use the bot; without it, everybody in the workspace, in every channel it is in.'),
  alarmPosts: z
    .strictObject({
      channels: z
        .array(channelId)
        .min(1, 'must name at least one channel, or be left out')
        .describe('Channels where a post of an alarm by another app is diagnosed by itself.'),
    })
    .optional()
    .describe('Without it, a post is diagnosed when somebody asks: by the reaction, or the message shortcut.'),
  handoff: z
    .strictObject({
      fallbackGroup: z
        .string({ error: textOrMissing })
        .regex(/^S[A-Z0-9]{2,}$/, 'must be the id of a user group (S…)')
        .describe('The user group that is told of a handoff that nobody has answered for 20 minutes.'),
    })
    .optional()
    .describe('Without it, only the thread and the channel are told.'),
  quotaShare: z
    .number()
    .gt(0, 'must be above 0')
    .max(1, 'must be 1 at most')
    .optional()
    .describe('Share of each AWS quota that may be used, above 0 and up to 1; 0.5 where it is left out.'),
});
