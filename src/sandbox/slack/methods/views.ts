import { refuse } from '../content.ts';
import { limits } from '../limits.ts';
import { isObject, type Json } from '../schema.ts';
import { viewJson } from '../shapes.ts';
import type { OpenView } from '../state.ts';
import { refuseView } from '../validation.ts';
import { type Call, jsonArg, type Method, requiredArg, SlackError, stringArg } from './call.ts';

/** https://docs.slack.dev/reference/methods?family=views */
export const viewMethods: Record<string, Method> = {
  'views.open': { scopes: [], tier: 'tier4', run: call => put(call, 'open') },
  'views.push': { scopes: [], tier: 'tier4', run: call => put(call, 'push') },
  'views.update': { scopes: [], tier: 'tier4', run: update },
  'views.publish': { scopes: [], tier: 'tier4', run: publish },
};

function put(call: Call, how: 'open' | 'push'): Json {
  const trigger = call.tickets.exchangeTrigger(stringArg(call, 'trigger_id'));
  if ('error' in trigger) throw new SlackError(trigger.error);
  const view = viewArg(call, 'modal');
  const depth = call.state.modalsOf(trigger.userId).length;
  if (how === 'push' && depth === 0) throw new SlackError('not_found');
  if (depth >= limits.viewStack) throw new SlackError('push_limit_reached');
  if (how === 'open' && depth > 0) call.state.closeModal(trigger.userId, true);
  return { view: viewJson(call.state, call.state.pushModal(trigger.userId, view)) };
}

function update(call: Call): Json {
  const opened = call.state.viewById(stringArg(call, 'view_id') ?? stringArg(call, 'external_id') ?? '');
  if (opened === undefined) throw new SlackError('not_found');
  const view = viewArg(call, opened.view.type === 'home' ? 'home' : 'modal', opened);
  needHash(call, opened);
  call.state.replaceView(opened, view);
  return { view: viewJson(call.state, opened) };
}

function publish(call: Call): Json {
  const userId = requiredArg(call, 'user_id');
  const user = call.state.users.get(userId);
  if (user === undefined || user.isBot || user.deleted) throw new SlackError('user_not_found');
  if (!call.homeTab) throw new SlackError('not_enabled');
  const known = call.state.homeOf(userId);
  const view = viewArg(call, 'home', known);
  if (known !== null) needHash(call, known);
  return { view: viewJson(call.state, call.state.publishHome(userId, view)) };
}

function viewArg(call: Call, surface: 'modal' | 'home', replaced: OpenView | null = null): Json {
  const view = jsonArg(call, 'view', 'invalid_arguments');
  refuse(refuseView(view, surface));
  if (!isObject(view)) throw new SlackError('invalid_arguments');
  const holder = view.external_id ? call.state.viewById(String(view.external_id)) : undefined;
  if (holder !== undefined && holder !== replaced) throw new SlackError('duplicate_external_id');
  return view;
}

/** https://docs.slack.dev/surfaces/modals/#handling_race_conditions */
function needHash(call: Call, opened: OpenView): void {
  const hash = stringArg(call, 'hash');
  if (hash !== null && hash !== opened.hash) throw new SlackError('hash_conflict');
}
