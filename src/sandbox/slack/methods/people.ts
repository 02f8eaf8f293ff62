import type { Json } from '../schema.ts';
import { userJson } from '../shapes.ts';
import type { UserGroup } from '../state.ts';
import { type Call, flagArg, type Method, page, requiredArg, SlackError } from './call.ts';

export const peopleMethods: Record<string, Method> = {
  'auth.test': { scopes: [], tier: 'special', run: authTest },
  'apps.connections.open': { scopes: [], tier: 'tier3', token: 'app', run: connectionsOpen },
  'users.info': { scopes: ['users:read'], tier: 'tier4', run: usersInfo },
  'users.list': { scopes: ['users:read'], tier: 'tier2', run: usersList },
  'usergroups.list': { scopes: ['usergroups:read'], tier: 'tier2', run: groupsList },
  'usergroups.users.list': { scopes: ['usergroups:read'], tier: 'tier2', run: groupMembers },
};

function authTest({ state, origin }: Call): Json {
  const { seed } = state;
  return {
    url: `${origin}/`,
    team: seed.teamDomain,
    team_id: seed.teamId,
    user: seed.botName,
    user_id: seed.botUserId,
    bot_id: seed.botId,
    is_enterprise_install: false,
  };
}

function connectionsOpen({ socketUrl }: Call): Json {
  if (socketUrl === null) throw new SlackError('socket_mode_not_enabled');
  return { url: socketUrl() };
}

function usersInfo(call: Call): Json {
  const user = call.state.users.get(requiredArg(call, 'user', 'user_not_found'));
  if (user === undefined) throw new SlackError('user_not_found');
  return { user: userJson(call.state, user) };
}

function usersList(call: Call): Json {
  const { items, next } = page(call, [...call.state.users.values()], 200, 1000);
  return { members: items.map(user => userJson(call.state, user)), response_metadata: { next_cursor: next } };
}

function groupsList(call: Call): Json {
  const withUsers = flagArg(call, 'include_users');
  return { usergroups: call.state.userGroups.map(group => groupJson(call, group, withUsers)) };
}

function groupMembers(call: Call): Json {
  const id = requiredArg(call, 'usergroup', 'no_such_subteam');
  const group = call.state.userGroups.find(item => item.id === id);
  if (group === undefined) throw new SlackError('no_such_subteam');
  return { users: group.members };
}

function groupJson(call: Call, group: UserGroup, withUsers: boolean): Json {
  return {
    id: group.id,
    team_id: call.state.seed.teamId,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    date_delete: 0,
    user_count: group.members.length,
    ...(withUsers && { users: group.members }),
  };
}
