/** The workspace's records in the JSON that Slack sends. https://docs.slack.dev/reference/objects */
import type { Json } from './schema.ts';
import type { Channel, Message, OpenView, State, StoredFile, User } from './state.ts';

export function messageJson(state: State, message: Message, withMetadata = false): Json {
  const { seed } = state;
  const ours = message.userId === seed.botUserId;
  const app = state.appBy(message.userId);
  const replies = message.threadTs === null ? state.replies(message) : [];
  const last = replies.at(-1);
  return {
    type: 'message',
    ...(message.broadcast && { subtype: 'thread_broadcast' }),
    ...(message.files.length > 0 && { subtype: 'file_share', upload: false }),
    // What another app posts has no user: https://docs.slack.dev/reference/events/message/bot_message
    ...(app === undefined
      ? { user: message.userId }
      : { subtype: 'bot_message', bot_id: app.botId, app_id: app.appId, username: app.name }),
    ts: message.ts,
    team: seed.teamId,
    text: message.text,
    ...(ours && {
      bot_id: seed.botId,
      app_id: seed.appId,
      bot_profile: { id: seed.botId, app_id: seed.appId, name: seed.botName, team_id: seed.teamId, deleted: false },
    }),
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.attachments.length > 0 && { attachments: message.attachments }),
    ...(message.threadTs !== null && { thread_ts: message.threadTs }),
    ...(last !== undefined && {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users_count: new Set(replies.map(reply => reply.userId)).size,
      reply_users: [...new Set(replies.map(reply => reply.userId))],
      latest_reply: last.ts,
    }),
    ...(message.editedAt !== null && { edited: { user: message.userId, ts: message.editedAt } }),
    ...(message.reactions.size > 0 && {
      reactions: [...message.reactions].map(([name, users]) => ({ name, users, count: users.length })),
    }),
    ...(message.files.length > 0 && { files: message.files.map(fileJson) }),
    ...(withMetadata && message.metadata !== null && { metadata: message.metadata }),
  };
}

const channelTypes = { public: 'channel', private: 'group', im: 'im' } as const;

/** A new message as an event: https://docs.slack.dev/reference/events/message. */
export function messageEvent(state: State, message: Message): Json {
  return { ...messageJson(state, message), ...whereOf(state, message), event_ts: message.ts };
}

/** An edit: https://docs.slack.dev/reference/events/message/message_changed. `previous` is what it was before. */
export function changedEvent(state: State, message: Message, previous: Json): Json {
  const ts = state.nextTs();
  const body = { message: messageJson(state, message), previous_message: previous };
  return {
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    ...whereOf(state, message),
    ts,
    event_ts: ts,
    ...body,
  };
}

/** https://docs.slack.dev/reference/events/message/message_deleted */
export function deletedEvent(state: State, message: Message): Json {
  const ts = state.nextTs();
  const body = { deleted_ts: message.ts, previous_message: messageJson(state, message) };
  return {
    type: 'message',
    subtype: 'message_deleted',
    hidden: true,
    ...whereOf(state, message),
    ts,
    event_ts: ts,
    ...body,
  };
}

function whereOf(state: State, message: Message): Json {
  const kind = state.channels.get(message.channelId)?.kind ?? 'public';
  return { channel: message.channelId, channel_type: channelTypes[kind] };
}

export function fileJson(file: StoredFile): Json {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    mimetype: file.mimeType,
    filetype: file.name.split('.').at(-1)?.toLowerCase() ?? '',
    mode: file.mimeType.startsWith('text/') ? 'snippet' : 'hosted',
    size: file.size,
    user: file.ownerId,
    is_external: false,
    url_private: `/sandbox/files/${file.id}`,
  };
}

export function channelJson(state: State, channel: Channel): Json {
  const isMember = channel.members.has(state.seed.botUserId);
  if (channel.kind === 'im') {
    return { id: channel.id, is_im: true, is_archived: channel.archived, user: channel.name, is_member: isMember };
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    is_archived: channel.archived,
    is_member: isMember,
    is_ext_shared: false,
    context_team_id: state.seed.teamId,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}

export function userJson(state: State, user: User): Json {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    real_name: user.realName,
    deleted: user.deleted,
    is_bot: user.isBot,
    is_app_user: false,
    is_restricted: user.guest,
    is_ultra_restricted: false,
    ...(user.teamId !== state.seed.teamId && { is_stranger: true }),
    tz: user.timeZone,
    profile: { real_name: user.realName, display_name: user.name, team: state.seed.teamId },
  };
}

export function viewJson(state: State, opened: OpenView, values: Json = {}): Json {
  const { seed } = state;
  return {
    id: opened.id,
    team_id: seed.teamId,
    app_id: seed.appId,
    app_installed_team_id: seed.teamId,
    bot_id: seed.botId,
    callback_id: '',
    private_metadata: '',
    external_id: '',
    title: null,
    close: null,
    submit: null,
    clear_on_close: false,
    notify_on_close: false,
    ...opened.view,
    state: { values },
    hash: opened.hash,
    root_view_id: opened.rootId,
    previous_view_id: opened.previousId,
  };
}
