import { deliver, type Timer, type Transport } from './delivery.ts';
import { limits } from './limits.ts';
import { type AppManifest, eventScopes } from './manifest.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';

const suffixes = { public: 'channels', private: 'groups', im: 'im' } as const;

/**
 * Sends events that the app subscribed to, from conversations that it is in; repeats one that is not acknowledged
 * under the same event id. https://docs.slack.dev/apis/events-api/#error_handling
 */
export function createEvents(
  state: State,
  manifest: AppManifest,
  transport: () => Transport | null,
  clock: () => Date,
  timer: Timer,
) {
  const { seed } = state;
  const granted = new Set(manifest.scopes);

  function emit(event: Json, channelId: string | null): void {
    const channel = channelId === null ? undefined : state.channels.get(channelId);
    const name = event.type === 'message' && channel ? `message.${suffixes[channel.kind]}` : String(event.type);
    if (!manifest.events.includes(name)) return;
    if (channel && !channel.members.has(seed.botUserId)) return;
    const needed = eventScopes[name];
    if (needed !== undefined && needed.length > 0 && !needed.some(scope => granted.has(scope))) return;
    const envelope: Json = {
      token: 'verification-token',
      team_id: seed.teamId,
      context_team_id: seed.teamId,
      context_enterprise_id: null,
      api_app_id: seed.appId,
      event,
      type: 'event_callback',
      event_id: state.newId('Ev'),
      event_time: Math.floor(clock().getTime() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: seed.teamId,
          user_id: seed.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    };
    void attempt(envelope, 0, '');
  }

  async function attempt(body: Json, number: number, reason: string): Promise<void> {
    const retry = number === 0 ? null : { number, reason };
    const outcome = await deliver(transport(), { kind: 'events_api', body, retry }, timer);
    const wait = limits.eventRetriesMs[number];
    if (outcome.ok || outcome.noRetry || wait === undefined) return;
    timer(wait, () => void attempt(body, number + 1, outcome.reason));
  }

  return { emit };
}
