import { reactionEvent, reactionName } from '../reactions.ts';
import type { Json } from '../schema.ts';
import { messageJson } from '../shapes.ts';
import type { Message } from '../state.ts';
import { type Call, channelOf, type Method, needMembership, requiredArg, SlackError } from './call.ts';

/** https://docs.slack.dev/reference/methods?family=reactions */
export const reactionMethods: Record<string, Method> = {
  'reactions.add': { scopes: ['reactions:write'], tier: 'tier3', run: call => change(call, true) },
  'reactions.remove': { scopes: ['reactions:write'], tier: 'tier2', run: call => change(call, false) },
  'reactions.get': {
    scopes: ['reactions:read'],
    tier: 'tier3',
    run: call => ({ type: 'message', message: messageJson(call.state, messageOf(call)) }),
  },
};

function change(call: Call, present: boolean): Json {
  const name = reactionName(requiredArg(call, 'name', 'no_reaction'));
  if (name === null) throw new SlackError('invalid_name');
  const message = messageOf(call);
  if (call.state.channels.get(message.channelId)?.archived) throw new SlackError('is_archived');
  const { botUserId } = call.state.seed;
  if (!call.state.react(message, botUserId, name, present)) {
    throw new SlackError(present ? 'already_reacted' : 'no_reaction');
  }
  call.emit(reactionEvent(call.state, message, botUserId, name, present), message.channelId);
  return {};
}

function messageOf(call: Call): Message {
  const channel = channelOf(call, requiredArg(call, 'channel', 'channel_not_found'));
  needMembership(call, channel);
  const message = call.state.message(channel.id, requiredArg(call, 'timestamp', 'no_item_specified'));
  if (message === undefined || message.onlyFor !== null) throw new SlackError('message_not_found');
  return message;
}
