import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

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
  return readManifest(readFileSync(new URL('../../../manifest.yml', import.meta.url), 'utf8'));
}

export function readManifest(yaml: string): AppManifest {
  const manifest = manifestSchema.parse(parse(yaml));
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
