/** Slack as the bot would meet it: its tokens, its scopes, its channels. Asks by hand, for the headers of the answers. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { boundedAll } from '../aws/bounded.ts';
import type { Config, SlackSettings } from '../config.ts';
import { fileBeside } from '../files.ts';
import { redact } from '../redact.ts';
import { variables } from '../settings.ts';
import type { Line, OnDate } from './types.ts';

export interface SlackCheck {
  settings: SlackSettings;
  alarms: Config['alarms'];
  fetch: typeof globalThis.fetch;
  onDate: OnDate;
}

type Status = Line['status'];
type Ask = (method: string, token: string, fields?: Record<string, string>) => Promise<Answer>;

interface Answer {
  /** Slack's code, or what the network said; null where it is well. */
  error: string | null;
  body: Record<string, unknown>;
  /** Of the token; null where the answer does not say. */
  scopes: string[] | null;
}

const timeoutMs = 10_000;

const reinstall =
  'Paste manifest.yml under "App Manifest" of the app at https://api.slack.com/apps, save it, and install the app to the workspace again.';

export async function checkSlack({ settings, alarms, fetch, onDate }: SlackCheck): Promise<Line[]> {
  const ask = asking(settings.apiUrl, fetch, onDate);
  const [identity, inlet] = await Promise.all([ask('auth.test', settings.botToken), inletLine(settings, ask)]);
  const token = tokenLine(identity);
  if (token.status !== 'ok') return [token, ...inlet];
  const user = typeof identity.body.user === 'string' ? identity.body.user : 'apigw-500';
  return [token, scopeLine(identity.scopes), ...inlet, ...(await channelLines(settings, alarms, user, ask))];
}

function line(subject: string, status: Status, finding: string, fix: string | null = null): Line {
  return { area: 'slack', subject, status, finding, fix };
}

function asking(apiUrl: string, fetch: typeof globalThis.fetch, onDate: OnDate): Ask {
  return async (method, token, fields = {}) => {
    try {
      const response = await fetch(new URL(method, apiUrl), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: new URLSearchParams(fields),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const at = new Date(response.headers.get('date') ?? '');
      if (!Number.isNaN(at.getTime())) onDate(at);
      const scopes = response.headers.get('x-oauth-scopes');
      const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
      const error = body.ok === true ? null : typeof body.error === 'string' ? body.error : `HTTP ${response.status}`;
      return { error, body, scopes: scopes?.split(',').map(scope => scope.trim()) ?? null };
    } catch (error) {
      return { error: `no answer: ${redact(reasonOf(error))}`, body: {}, scopes: null };
    }
  };
}

/** What the network says, which `fetch` hides in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? ((error.cause as NodeJS.ErrnoException | undefined) ?? error) : null;
  return (cause as NodeJS.ErrnoException | null)?.code ?? cause?.message ?? String(error);
}

function tokenLine({ error, body }: Answer): Line {
  const subject = 'SLACK_BOT_TOKEN';
  if (error === null && typeof body.bot_id === 'string') {
    return line(subject, 'ok', `The bot is ${String(body.user)} in the workspace ${String(body.team)}.`);
  }
  if (error === null) {
    return line(
      subject,
      'problem',
      'The token belongs to a person, not to a bot.',
      capital(variables.SLACK_BOT_TOKEN.fix),
    );
  }
  return refused(subject, error, variables.SLACK_BOT_TOKEN.fix);
}

/** A token that Slack does not take, or a Slack that does not answer. */
function refused(subject: string, error: string, fix: string): Line {
  if (error.startsWith('no answer') || error.startsWith('HTTP')) {
    return line(
      subject,
      'problem',
      `Slack could not be asked (${error}).`,
      'Check the network, DNS and proxy of this machine, and SLACK_API_URL if it is set.',
    );
  }
  switch (error) {
    case 'ratelimited':
      return line(
        subject,
        'warning',
        'Slack asked to slow down, so it could not be checked.',
        'Run this again in a minute.',
      );
    case 'account_inactive':
    case 'token_revoked':
    case 'token_expired':
      return line(
        subject,
        'problem',
        `Slack does not take the token any more (${error}).`,
        `Install the app to the workspace again, then ${fix}`,
      );
    default:
      return line(subject, 'problem', `Slack does not take the token (${error}).`, capital(fix));
  }
}

const manifestSchema = z.object({ oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }) });

function neededScopes(): string[] {
  const text = readFileSync(fileBeside('../manifest.yml'), 'utf8');
  return manifestSchema.parse(parse(text)).oauth_config.scopes.bot;
}

function scopeLine(granted: string[] | null): Line {
  const subject = 'scopes of the app';
  if (granted === null) {
    return line(
      subject,
      'warning',
      'The answer does not say which scopes the token has.',
      'Check that SLACK_API_URL is Slack.',
    );
  }
  const needed = neededScopes();
  const missing = needed.filter(scope => !granted.includes(scope));
  const more = granted.filter(scope => !needed.includes(scope));
  if (missing.length > 0) return line(subject, 'problem', `The token lacks ${missing.join(', ')}.`, reinstall);
  if (more.length > 0) {
    return line(
      subject,
      'warning',
      `The token has all scopes of the manifest, and more than it needs: ${more.join(', ')}.`,
      `Take them away. ${reinstall}`,
    );
  }
  return line(subject, 'ok', `The token has the ${needed.length} scopes of the manifest and no other.`);
}

/** How Slack's requests come in. */
async function inletLine({ appToken, signingSecret }: SlackSettings, ask: Ask): Promise<Line[]> {
  if (appToken === null) {
    if (signingSecret === null) return [];
    return [
      line(
        'SLACK_SIGNING_SECRET',
        'ok',
        'It is set, for HTTP mode; whether it is the right one, only a request of Slack can show.',
      ),
    ];
  }
  const { error } = await ask('apps.connections.open', appToken);
  if (error === null) return [line('SLACK_APP_TOKEN', 'ok', 'Slack opens a connection for Socket Mode.')];
  const fix = variables.SLACK_APP_TOKEN.fix;
  if (error === 'missing_scope') {
    return [line('SLACK_APP_TOKEN', 'problem', 'The token lacks the scope connections:write.', capital(fix))];
  }
  if (error === 'socket_mode_not_enabled' || error === 'method_not_supported_for_app') {
    return [
      line(
        'SLACK_APP_TOKEN',
        'problem',
        `Socket Mode is switched off for the app (${error}).`,
        'Switch it on under "Socket Mode" of the app at https://api.slack.com/apps, or leave SLACK_APP_TOKEN out for HTTP mode.',
      ),
    ];
  }
  return [refused('SLACK_APP_TOKEN', error, fix)];
}

/** Channels that alarms go to, by id, each with the settings that name it. */
function alarmChannels({ channel, routes }: Config['alarms']): Map<string, string[]> {
  const named = [
    ...(channel === null ? [] : [{ id: channel, setting: 'ALARM_CHANNEL' }]),
    ...routes.map((route, index) => ({ id: route.channel, setting: `alarmRoutes[${index}]` })),
  ];
  const channels = new Map<string, string[]>();
  for (const { id, setting } of named) channels.set(id, [...(channels.get(id) ?? []), setting]);
  return channels;
}

async function channelLines(
  { botToken }: SlackSettings,
  alarms: Config['alarms'],
  botName: string,
  ask: Ask,
): Promise<Line[]> {
  return boundedAll([...alarmChannels(alarms)], 3, async ([id, settings]) => {
    const subject = `channel ${id} (${settings.join(', ')})`;
    const { error, body } = await ask('conversations.info', botToken, { channel: id });
    return channelLine(subject, error, (body.channel ?? {}) as Record<string, unknown>, botName);
  });
}

function channelLine(subject: string, error: string | null, channel: Record<string, unknown>, botName: string): Line {
  const name = `#${String(channel.name)}`;
  const invite = `/invite @${botName}`;
  switch (error) {
    case null:
      break;
    case 'channel_not_found':
      return line(
        subject,
        'problem',
        'There is no such channel, or it is private and the bot was not invited.',
        `Check the id of the channel in the settings; in a private channel, type ${invite}.`,
      );
    case 'missing_scope':
      return line(subject, 'problem', 'Whether the bot is in it could not be read: a scope is missing.', reinstall);
    default:
      return line(subject, 'warning', `Whether the bot is in it could not be read (${error}).`, 'Run this again.');
  }
  if (channel.is_archived === true) {
    return line(
      subject,
      'problem',
      `${name} is archived, so no alarm can be posted there.`,
      'Name another channel in the settings.',
    );
  }
  if (channel.is_member !== true) {
    return line(
      subject,
      'problem',
      `The bot is not in ${name}, so no alarm can be posted there.`,
      `Type ${invite} in ${name}.`,
    );
  }
  return line(subject, 'ok', `The bot is in ${name}.`);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
