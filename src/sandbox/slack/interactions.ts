/** What people do with the app itself, as it is told. https://docs.slack.dev/reference/interaction-payloads */
import { deliver, type Outcome, type Parcel, type Timer, type Transport } from './delivery.ts';
import { chosen, formProblems, type Input, type Inputs, stateValues } from './inputs.ts';
import type { AppManifest } from './manifest.ts';
import { objects } from './methods/call.ts';
import { asEscaped } from './people.ts';
import type { ResponseTarget } from './responses.ts';
import { isObject, type Json } from './schema.ts';
import { messageJson, viewJson } from './shapes.ts';
import { type Channel, type Message, type OpenView, type State, slackbotId, type User } from './state.ts';
import type { Tickets } from './tickets.ts';
import { interactiveElements, refuseView } from './validation.ts';

/** What the person sees of it: it was taken, or the error that Slack shows. */
export type Shown = { ok: true } | { ok: false; error: string };

/** A submitted form may come back with messages under its fields. */
export type Submitted = Shown | { ok: false; error: 'form'; fields: Record<string, string> };

export interface InteractionsContext {
  state: State;
  tickets: Tickets;
  manifest: AppManifest;
  transport(): Transport | null;
  timer: Timer;
  origin(): string;
  respond(target: ResponseTarget, response: Json): void;
  /** Brings the app into a channel. */
  invite(user: User, channel: Channel): void;
}

export type Interactions = ReturnType<typeof createInteractions>;

export function createInteractions(context: InteractionsContext) {
  const { state, tickets, manifest } = context;
  const { seed } = state;
  const team = { id: seed.teamId, domain: seed.teamDomain };

  function send(kind: Parcel['kind'], body: Json): Promise<Outcome> {
    if (kind === 'interactive' && !manifest.interactive) {
      return Promise.resolve({ ok: false, error: 'dispatch_failed', reason: 'not_configured', noRetry: true });
    }
    return deliver(context.transport(), { kind, body, retry: null }, context.timer);
  }

  function responseUrl(target: Parameters<Tickets['issueResponseUrl']>[0]): string {
    return `${context.origin()}/response/${tickets.issueResponseUrl(target)}`;
  }

  /** Types a line that begins with a slash. Commands carry no thread. */
  async function command(user: User, channel: Channel, line: string): Promise<Shown> {
    const [, word = '', rest = ''] = line.match(/^(\S+)\s*([\s\S]*)$/) ?? [];
    if (word === '/invite' && rest.replace(/^@/, '').trim() === seed.botName) {
      context.invite(user, channel);
      return { ok: true };
    }
    const known = manifest.commands.find(item => item.command === word);
    if (known === undefined) return tell(user, channel, `${word} is not a valid command.`, 'invalid_command');
    const outcome = await send('slash_commands', {
      ...common(),
      team_domain: team.domain,
      team_id: team.id,
      channel_id: channel.id,
      channel_name: { public: channel.name, private: 'privategroup', im: 'directmessage' }[channel.kind],
      user_id: user.id,
      user_name: user.name,
      command: word,
      text: (known.shouldEscape ? asEscaped(state, rest) : rest).trim(),
      is_enterprise_install: 'false',
      response_url: responseUrl({ channelId: channel.id, userId: user.id, messageTs: null, threadTs: null }),
      trigger_id: tickets.issueTrigger(user.id),
    });
    if (!outcome.ok) {
      return tell(user, channel, `${word} failed with the error "${outcome.error}"`, outcome.error);
    }
    const response = typeof outcome.body === 'string' ? { text: outcome.body } : outcome.body;
    if (isObject(response) && (response.text !== undefined || response.blocks !== undefined)) {
      context.respond({ channelId: channel.id, userId: user.id, messageTs: null }, response);
    }
    return { ok: true };
  }

  /** Presses a button, or chooses in a menu, of a message. */
  async function press(
    user: User,
    message: Message,
    actionId: string,
    input?: Input,
    others: Inputs = {},
  ): Promise<Shown> {
    if (message.userId !== seed.botUserId) throw new Error('This belongs to another app, which is not here.');
    const blocks = [...message.blocks, ...message.attachments.flatMap(attachment => objects(attachment.blocks))];
    const { block, element } = elementOf(blocks, actionId);
    const ephemeral = message.onlyFor !== null;
    const channel = state.channels.get(message.channelId);
    const inputs = input === undefined ? others : { ...others, [actionId]: input };
    const outcome = await send('interactive', {
      type: 'block_actions',
      ...common(),
      user: person(user),
      team,
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: message.channelId,
        is_ephemeral: ephemeral,
        ...(message.threadTs !== null && { thread_ts: message.threadTs }),
      },
      channel: { id: message.channelId, name: channel?.name ?? '' },
      // An ephemeral message is not Slack's to repeat: the payload only names it.
      ...(!ephemeral && { message: messageJson(state, message) }),
      state: { values: stateValues(blocks, inputs) },
      response_url: responseUrl({
        channelId: message.channelId,
        userId: user.id,
        messageTs: message.ts,
        threadTs: message.threadTs,
      }),
      trigger_id: tickets.issueTrigger(user.id),
      actions: [actionJson(block, element, input)],
    });
    return shown(outcome);
  }

  /** Presses a button, or changes a field that reports its changes, of a modal or of the home tab. */
  async function pressInView(
    user: User,
    opened: OpenView,
    actionId: string,
    input?: Input,
    others: Inputs = {},
  ): Promise<Shown> {
    const blocks = objects(opened.view.blocks);
    const { block, element } = elementOf(blocks, actionId);
    const inputs = input === undefined ? others : { ...others, [actionId]: input };
    const outcome = await send('interactive', {
      type: 'block_actions',
      ...common(),
      user: person(user),
      team,
      container: { type: 'view', view_id: opened.id },
      view: viewJson(state, opened, stateValues(blocks, inputs)),
      trigger_id: tickets.issueTrigger(user.id),
      actions: [actionJson(block, element, input)],
    });
    return shown(outcome);
  }

  /** Submits the modal in front. What is missing is said by the client, before anything is sent. */
  async function submit(user: User, inputs: Inputs): Promise<Submitted> {
    const opened = frontModal(user);
    const blocks = objects(opened.view.blocks);
    const problems = formProblems(blocks, inputs);
    if (Object.keys(problems).length > 0) return { ok: false, error: 'form', fields: problems };
    const outcome = await send('interactive', {
      type: 'view_submission',
      ...common(),
      user: person(user),
      team,
      view: viewJson(state, opened, stateValues(blocks, inputs)),
      trigger_id: tickets.issueTrigger(user.id),
      response_urls: responseUrls(user, blocks, inputs),
    });
    return outcome.ok ? afterSubmission(user, opened, outcome.body) : { ok: false, error: outcome.error };
  }

  /** One for each conversation that was chosen in a field with `response_url_enabled`. */
  function responseUrls(user: User, blocks: readonly Json[], inputs: Inputs): Json[] {
    return interactiveElements(blocks).flatMap(({ block, element }) => {
      if (element.response_url_enabled !== true) return [];
      const [channelId] = Object.values(chosen(element, inputs[String(element.action_id)]));
      if (typeof channelId !== 'string') return [];
      const target = { channelId, userId: user.id, messageTs: null, threadTs: null };
      const field = { block_id: block.block_id, action_id: element.action_id };
      return [{ ...field, channel_id: channelId, response_url: responseUrl(target) }];
    });
  }

  /** https://docs.slack.dev/surfaces/modals/#updating_views: what the acknowledgement asks for. */
  function afterSubmission(user: User, opened: OpenView, body: unknown): Submitted {
    const answer = isObject(body) ? body : {};
    const action = answer.response_action;
    if (action === 'errors') return { ok: false, error: 'form', fields: answer.errors as Record<string, string> };
    if (action === 'update' || action === 'push') {
      if (!isObject(answer.view) || refuseView(answer.view, 'modal') !== null)
        return { ok: false, error: 'invalid_view' };
      if (action === 'update') state.replaceView(opened, answer.view);
      else state.pushModal(user.id, answer.view);
    } else {
      const all = action === 'clear' || opened.view.clear_on_close === true;
      if (state.modalsOf(user.id).includes(opened)) state.closeModal(user.id, all);
    }
    return { ok: true };
  }

  async function close(user: User, all = false): Promise<void> {
    const opened = frontModal(user);
    state.closeModal(user.id, all || opened.view.clear_on_close === true);
    if (opened.view.notify_on_close !== true) return;
    await send('interactive', {
      type: 'view_closed',
      ...common(),
      user: person(user),
      team,
      view: viewJson(state, opened),
      is_cleared: all,
    });
  }

  async function messageShortcut(user: User, message: Message, callbackId: string): Promise<Shown> {
    needShortcut(callbackId, 'message');
    const channel = state.channels.get(message.channelId);
    const outcome = await send('interactive', {
      type: 'message_action',
      ...common(),
      callback_id: callbackId,
      action_ts: state.nextTs(),
      user: person(user),
      team,
      channel: { id: message.channelId, name: channel?.name ?? '' },
      message_ts: message.ts,
      message: messageJson(state, message),
      response_url: responseUrl({ channelId: message.channelId, userId: user.id, messageTs: null, threadTs: null }),
      trigger_id: tickets.issueTrigger(user.id),
    });
    return shown(outcome);
  }

  async function globalShortcut(user: User, callbackId: string): Promise<Shown> {
    needShortcut(callbackId, 'global');
    const outcome = await send('interactive', {
      type: 'shortcut',
      ...common(),
      callback_id: callbackId,
      action_ts: state.nextTs(),
      user: person(user),
      team,
      trigger_id: tickets.issueTrigger(user.id),
    });
    return shown(outcome);
  }

  /** What Slack itself says, to one person. */
  function tell(user: User, channel: Channel, text: string, error: string): Shown {
    state.post({ channelId: channel.id, userId: slackbotId, text, onlyFor: user.id });
    return { ok: false, error };
  }

  function common(): Json {
    return { token: 'verification-token', api_app_id: seed.appId };
  }

  function person(user: User): Json {
    return { id: user.id, username: user.name, name: user.name, team_id: user.teamId };
  }

  function frontModal(user: User): OpenView {
    const opened = state.modalsOf(user.id).at(-1);
    if (opened === undefined) throw new Error(`${user.name} has no modal open.`);
    return opened;
  }

  function needShortcut(callbackId: string, type: 'message' | 'global'): void {
    if (!manifest.shortcuts.some(item => item.callbackId === callbackId && item.type === type)) {
      throw new Error(`The manifest has no ${type} shortcut ${callbackId}.`);
    }
  }

  function actionJson(block: Json, element: Json, input: Input | undefined): Json {
    return {
      type: element.type,
      block_id: block.block_id,
      action_id: element.action_id,
      action_ts: state.nextTs(),
      ...(element.text !== undefined && { text: element.text }),
      ...(element.url !== undefined && { url: element.url }),
      ...chosen(element, input),
    };
  }

  return { command, press, pressInView, submit, close, messageShortcut, globalShortcut };
}

function shown(outcome: Outcome): Shown {
  return outcome.ok ? { ok: true } : { ok: false, error: outcome.error };
}

function elementOf(blocks: readonly Json[], actionId: string): { block: Json; element: Json } {
  const found = interactiveElements(blocks).find(({ element }) => element.action_id === actionId);
  if (found !== undefined) return found;
  const there = interactiveElements(blocks).map(({ element }) => String(element.action_id));
  throw new Error(`There is no ${actionId} to press; there is ${there.join(', ') || 'nothing'}.`);
}
