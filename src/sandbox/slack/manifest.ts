import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { fileBeside } from '../../files.ts';

/** What the fake workspace needs of `manifest.yml`: the app is "installed" with exactly what it asks for. */
const manifestSchema = z.object({
  display_information: z.object({ name: z.string() }),
  features: z.object({
    app_home: z.object({ home_tab_enabled: z.boolean().default(false) }).prefault({}),
    bot_user: z.object({ display_name: z.string() }),
    slash_commands: z
      .array(
        z.object({
          command: z.string(),
          description: z.string(),
          usage_hint: z.string().default(''),
          should_escape: z.boolean().default(false),
        }),
      )
      .default([]),
    shortcuts: z
      .array(z.object({ name: z.string(), type: z.enum(['message', 'global']), callback_id: z.string() }))
      .default([]),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({
    event_subscriptions: z.object({ bot_events: z.array(z.string()).default([]) }).prefault({}),
    interactivity: z.object({ is_enabled: z.boolean() }).prefault({ is_enabled: false }),
  }),
});

/**
 * Events that this workspace sends, each with the scopes of which one lets an app hear of it; where there are two, each
 * is for its kind of channel. https://docs.slack.dev/reference/events
 */
export const eventScopes: Record<string, readonly string[]> = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  app_uninstalled: [],
  channel_archive: ['channels:read'],
  channel_rename: ['channels:read'],
  group_archive: ['groups:read'],
  group_rename: ['groups:read'],
  member_joined_channel: ['channels:read', 'groups:read'],
  member_left_channel: ['channels:read', 'groups:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  'message.im': ['im:history'],
  reaction_added: ['reactions:read'],
  reaction_removed: ['reactions:read'],
  tokens_revoked: [],
};

export interface AppManifest {
  name: string;
  botName: string;
  homeTab: boolean;
  interactive: boolean;
  commands: { command: string; description: string; usageHint: string; shouldEscape: boolean }[];
  shortcuts: { name: string; type: 'message' | 'global'; callbackId: string }[];
  scopes: string[];
  events: string[];
}

/** The manifest that ships with this package. */
export function shippedManifest(): AppManifest {
  return readManifest(readFileSync(fileBeside('../manifest.yml'), 'utf8'));
}

export function readManifest(yaml: string): AppManifest {
  const manifest = manifestSchema.parse(parse(yaml));
  const problems = problemsOf(manifest);
  if (problems.length > 0) throw new Error(`Slack would not take this manifest: ${problems.join(' ')}`);
  return {
    name: manifest.display_information.name,
    botName: manifest.features.bot_user.display_name,
    homeTab: manifest.features.app_home.home_tab_enabled,
    interactive: manifest.settings.interactivity.is_enabled,
    commands: manifest.features.slash_commands.map(item => ({
      command: item.command,
      description: item.description,
      usageHint: item.usage_hint,
      shouldEscape: item.should_escape,
    })),
    shortcuts: manifest.features.shortcuts.map(item => ({
      name: item.name,
      type: item.type,
      callbackId: item.callback_id,
    })),
    scopes: manifest.oauth_config.scopes.bot,
    events: manifest.settings.event_subscriptions.bot_events,
  };
}

/** What Slack says when a manifest is saved, beyond the shape of its fields. */
function problemsOf({ features, oauth_config, settings }: z.output<typeof manifestSchema>): string[] {
  const scopes = new Set(oauth_config.scopes.bot);
  const problems: string[] = [];
  for (const event of settings.event_subscriptions.bot_events) {
    const needed = Object.hasOwn(eventScopes, event) ? eventScopes[event] : undefined;
    if (needed === undefined) problems.push(`There is no event ${event}.`);
    else if (needed.length > 0 && !needed.some(scope => scopes.has(scope))) {
      problems.push(`${event} needs the scope ${needed.join(' or ')}.`);
    }
  }
  const asks = features.slash_commands.length + features.shortcuts.length > 0;
  if (asks && !scopes.has('commands')) problems.push('Commands and shortcuts need the scope commands.');
  if (features.shortcuts.length > 0 && !settings.interactivity.is_enabled) {
    problems.push('Shortcuts need interactivity.');
  }
  for (const type of ['message', 'global']) {
    const own = features.shortcuts.filter(shortcut => shortcut.type === type);
    if (own.length > shortcutsOfType) problems.push(`At most ${shortcutsOfType} ${type} shortcuts.`);
  }
  return problems;
}

const shortcutsOfType = 5;
