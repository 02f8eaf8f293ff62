import { type Config, ConfigError } from '../config.ts';
import { variables } from '../settings.ts';
import type { Line } from './types.ts';

/** The configuration, or null where it cannot be used. */
export function checkConfiguration(read: () => Config): { config: Config | null; lines: Line[] } {
  try {
    const config = read();
    return { config, lines: [valid(config), ...slackLines(config)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: null, lines: error.problems.map(wrong) };
  }
}

function valid({ accounts }: Config): Line {
  const others =
    accounts.length === 0
      ? ''
      : `, with ${accounts.length === 1 ? '1 account' : `${accounts.length} accounts`} in CONFIG_FILE`;
  return {
    area: 'configuration',
    subject: 'settings',
    status: 'ok',
    finding: `All settings are valid${others}.`,
    fix: null,
  };
}

/** `PORT is not valid: give a whole number …`: what is wrong stands before the colon, what to do after it. */
function wrong(problem: string): Line {
  const [, what = problem, fix] =
    /^(.*? (?:is not valid|is not set|cannot be read \(\w+\)|must be set|is not valid YAML[^:]*))[:.] (.*)$/s.exec(
      problem,
    ) ?? [];
  const [subject = ''] = /^(?:CONFIG_FILE(?:, [^:]+)?|[A-Z][A-Z_]+)/.exec(problem) ?? ['settings'];
  return {
    area: 'configuration',
    subject,
    status: 'problem',
    finding: fix === undefined ? problem : `${what}.`,
    fix: fix === undefined ? 'Correct it there; docs/configuration.md tells what it may be.' : sentence(fix),
  };
}

function slackLines({ slack }: Config): Line[] {
  if (slack === null) {
    return [
      {
        area: 'slack',
        subject: 'SLACK_BOT_TOKEN',
        status: 'warning',
        finding: 'Slack is not set up, so nothing of it was checked; the commands of the terminal work without it.',
        fix: `For the bot, ${variables.SLACK_BOT_TOKEN.fix}`,
      },
    ];
  }
  if (slack.appToken !== null || slack.signingSecret !== null) return [];
  return [
    {
      area: 'slack',
      subject: 'SLACK_APP_TOKEN or SLACK_SIGNING_SECRET',
      status: 'problem',
      finding: 'Neither is set, so nothing that Slack sends can be received.',
      fix: `For Socket Mode, ${variables.SLACK_APP_TOKEN.fix.replace(/, or leave.*$/, '.')} For HTTP mode, ${variables.SLACK_SIGNING_SECRET.fix}`,
    },
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
