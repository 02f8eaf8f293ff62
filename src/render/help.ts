/** How the command is typed. */
import { code, compose, join, type Markup, type Message, md, part, preformatted, section } from './blocks.ts';
import { slashCommand } from './ids.ts';

interface Usage {
  type: string;
  does: string;
}

const targets: Usage[] = [
  { type: 'a1b2c3d4e5', does: 'the id of a REST, HTTP or WebSocket API' },
  { type: 'orders-api', does: 'its name' },
  { type: 'https://api.example.com/orders', does: 'an invoke URL, or the URL of a custom domain' },
  { type: 'alarm:orders-5xx', does: 'a CloudWatch alarm, by name' },
  { type: 'arn:…', does: 'the ARN of an API, a stage or an alarm' },
];

const options: Usage[] = [
  { type: '--stage S', does: 'the stage; without it, the one that exists or fails' },
  { type: '--region R', does: 'the Region, where it is another than the configured one' },
  { type: '--account A', does: 'the account, where several are configured' },
  { type: '--since 30m', does: 'how far back to look: 15m (the default), 2h, or a time with its offset' },
  { type: '--from T --to T', does: 'a fixed span: 2026-11-22T14:00:00+01:00, or 2h' },
  { type: '--function F', does: 'the Lambda function, where it should not be found by itself' },
  { type: '--role R', does: 'the IAM role, likewise' },
  { type: '--policy P', does: 'the ARN of the IAM policy, likewise' },
  { type: '--log-group G', does: 'the log group, likewise' },
];

const words: Usage[] = [
  {
    type: `${slashCommand} status`,
    does: 'tells you alone how the open investigation of this channel stands, or which ones there are',
  },
  { type: `${slashCommand} list`, does: 'lists the open investigations of this channel, for you alone' },
  { type: `${slashCommand} handoff @user`, does: 'offers the open investigation to a person or a user group' },
  { type: `${slashCommand} explain`, does: 'names the cause of log lines that you paste, for you alone' },
  { type: `${slashCommand} help`, does: 'shows this' },
  { type: slashCommand, does: 'opens a form' },
  { type: '@apigw-500 …', does: 'in a channel: the same without forms, answered in the thread for all to see' },
];

/** The private answer to `help`. */
export function helpMessage(): Message {
  const line = `${slashCommand} <target> [stage] [since]`;
  return compose(
    `${line} diagnoses why an Amazon API Gateway API answers with 5xx errors.`,
    [
      part(
        section(
          md`*Why does my API answer 500?* This reads its configuration, logs, metrics and changes; it changes nothing.`,
        ),
        preformatted(`${line}\n${slashCommand} orders-api prod 30m`),
        section(list(md`*The target is one of*`, targets)),
        section(list(md`*Options*`, options)),
        section(list(md`*Also*`, words)),
      ),
    ],
    () => md``,
  );
}

/** Lines, not columns: on a phone columns would break into pieces. */
function list(title: Markup, rows: readonly Usage[]): Markup {
  return join([title, ...rows.map(({ type, does }) => md`• ${code(type)} ${does}`)], '\n');
}
