import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readManifest } from '../../../src/sandbox/slack/manifest.ts';
import { openSlackStage } from '../../support/slack-stage.ts';

const yaml = readFileSync(new URL('../../../manifest.yml', import.meta.url), 'utf8');
const raw = parse(yaml);
const manifest = readManifest(yaml);

/** Scopes of bots that this app may ever need: https://docs.slack.dev/reference/scopes. */
const knownScopes = [
  'app_mentions:read',
  'channels:history',
  'channels:join',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'reactions:read',
  'reactions:write',
  'usergroups:read',
  'users:read',
];

/** Events with the scopes that they need: https://docs.slack.dev/reference/events. */
const knownEvents: Record<string, string[]> = {
  app_mention: ['app_mentions:read'],
  app_home_opened: [],
  app_uninstalled: [],
  tokens_revoked: [],
  member_joined_channel: ['channels:read', 'groups:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  reaction_added: ['reactions:read'],
};

describe("Slack's own limits", () => {
  test('names and texts', () => {
    const { display_information: display, features } = raw;
    expect(display.name.length).toBeLessThanOrEqual(35);
    expect(display.description.length).toBeLessThanOrEqual(140);
    expect(display.long_description.length).toBeGreaterThanOrEqual(175);
    expect(display.long_description.length).toBeLessThanOrEqual(4000);
    expect(display.background_color).toMatch(/^#[0-9a-f]{6}$/);
    expect(features.bot_user.display_name.length).toBeLessThanOrEqual(80);
    for (const command of features.slash_commands) {
      expect(command.command).toMatch(/^\/[a-z0-9-]{1,31}$/);
      expect(command.description.length).toBeLessThanOrEqual(2000);
      expect(command.usage_hint.length).toBeLessThanOrEqual(1000);
    }
    for (const shortcut of features.shortcuts ?? []) {
      expect(shortcut.name.length).toBeLessThanOrEqual(24);
      expect(shortcut.description.length).toBeLessThanOrEqual(150);
    }
  });

  test('only the properties of a manifest', () => {
    expect(Object.keys(raw).sort()).toEqual([
      '_metadata',
      'display_information',
      'features',
      'oauth_config',
      'settings',
    ]);
  });

  test('every scope and event exists, none twice, and each event has its scopes', () => {
    expect(manifest.scopes.filter(scope => !knownScopes.includes(scope))).toEqual([]);
    expect(manifest.events.filter(event => !(event in knownEvents))).toEqual([]);
    expect(new Set(manifest.scopes).size).toBe(manifest.scopes.length);
    const needed = manifest.events.flatMap(event => knownEvents[event] ?? []);
    expect(needed.filter(scope => !manifest.scopes.includes(scope))).toEqual([]);
  });

  test('Socket Mode needs no address, and says so nowhere', () => {
    expect(raw.settings).toMatchObject({ socket_mode_enabled: true, token_rotation_enabled: false });
    expect(yaml).not.toMatch(/^\s*(request_url|url):/m);
  });
});

describe('what Slack would not take', () => {
  const changed = (change: (manifest: typeof raw) => void) => {
    const copy = structuredClone(raw);
    change(copy);
    return () => readManifest(stringify(copy));
  };

  test.each<[string, (manifest: typeof raw) => void, RegExp]>([
    ['an unknown event', ({ settings }) => settings.event_subscriptions.bot_events.push('sunrise'), /no event sunrise/],
    [
      'an event without its scope',
      ({ settings }) => settings.event_subscriptions.bot_events.push('message.im'),
      /message\.im needs the scope im:history/,
    ],
    [
      'a command without its scope',
      ({ oauth_config }) => {
        oauth_config.scopes.bot = oauth_config.scopes.bot.filter((scope: string) => scope !== 'commands');
      },
      /the scope commands/,
    ],
    [
      'six shortcuts of a kind',
      ({ features }) => {
        features.shortcuts = [1, 2, 3, 4, 5, 6].map(n => ({ name: `s${n}`, type: 'message', callback_id: `s${n}` }));
      },
      /At most 5 message shortcuts/,
    ],
  ])('%s', (_name, change, message) => {
    expect(changed(change)).toThrow(message);
  });
});

describe('what the app listens to', () => {
  test('is what the manifest has, and nothing else', async () => {
    const { registered } = (await openSlackStage()).slack;
    expect(manifest.commands.map(command => command.command)).toEqual([...registered.commands]);
    expect([...manifest.events].sort()).toEqual([...registered.events].sort());
    expect(manifest.shortcuts.map(shortcut => shortcut.callbackId).sort()).toEqual([...registered.shortcuts].sort());
    expect(manifest.interactive).toBe(registered.actions.length + registered.views.length > 0);
    expect(manifest.homeTab).toBe(registered.events.includes('app_home_opened'));
  });

  test('every scope that is asked for is said why, in the line before it', () => {
    const lines = yaml.split('\n').map(line => line.trim());
    for (const scope of manifest.scopes) expect(lines[lines.indexOf(`- ${scope}`) - 1]).toMatch(/^# \S.*\.$/);
  });
});
