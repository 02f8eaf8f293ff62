/** Names of reactions as Slack keeps them, and the event that tells of one. */
import type { Json } from './schema.ts';
import type { Message, State } from './state.ts';

/** Emoji with more than one name; Slack keeps and reports the first. */
const aliases: Record<string, string> = {
  thumbsup: '+1',
  thumbsdown: '-1',
  collision: 'boom',
  hankey: 'poop',
  shit: 'poop',
  hand: 'raised_hand',
  runner: 'running',
  satisfied: 'laughing',
  telephone: 'phone',
  pencil: 'memo',
  car: 'red_car',
  sailboat: 'boat',
  punch: 'facepunch',
};

/** The name that is kept: an alias by its first name, a skin tone as it is. Null where it is no name. */
export function reactionName(given: string): string | null {
  const [, base = '', tone = ''] = /^([a-z0-9_+'-]+)(::skin-tone-[2-6])?$/.exec(given) ?? [];
  return base === '' ? null : `${aliases[base] ?? base}${tone}`;
}

/**
 * The event does not carry the message, only where it is; what another app posted has no author.
 * https://docs.slack.dev/reference/events/reaction_added
 */
export function reactionEvent(state: State, message: Message, userId: string, name: string, present: boolean): Json {
  return {
    type: present ? 'reaction_added' : 'reaction_removed',
    user: userId,
    reaction: name,
    item: { type: 'message', channel: message.channelId, ts: message.ts },
    ...(state.appBy(message.userId) === undefined && { item_user: message.userId }),
    event_ts: state.nextTs(),
  };
}
