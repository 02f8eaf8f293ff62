/** What people do with the bot, so that every Slack method is called that it uses. */
import type { SlackWorkspace } from '../../../src/sandbox/slack/workspace.ts';
import { type Bot, type BotOptions, finalCard, openBot, whispers } from './bot.ts';
import { scenarioNamed } from './stories.ts';

export interface Act {
  options?: Partial<BotOptions>;
  /** The start of the program is part of it; otherwise it runs, and a card is there, before anything fails. */
  fromStart?: true;
  /** What it ends with may as well be told in private. */
  private?: true;
  by: string;
  run(bot: Bot): Promise<void>;
  done(bot: Bot): boolean;
  /** What is left of it where Slack goes on refusing one call; without it, nothing is. */
  stands?(bot: Bot): boolean;
  /** Methods that an act before it calls too, and that are to fail in this one all the same. */
  also?: readonly string[];
}

const channel = 'incidents';
const command = '/apigw-500 orders-api prod';

async function type(bot: Bot, line: string): Promise<void> {
  await bot.workspace.command('ana', channel, line);
}

const cardThere = (bot: Bot) => finalCard(bot) !== null;

const onCall = 'S0SBXONC01';

export const acts: Readonly<Record<string, Act>> = {
  'start and ask': {
    fromStart: true,
    by: 'ana',
    async run(bot) {
      await bot.start();
      await type(bot, command);
    },
    done: cardThere,
  },
  'start over Socket Mode': {
    fromStart: true,
    options: { mode: 'socket' },
    by: 'ana',
    async run(bot) {
      await bot.start();
      await type(bot, command);
    },
    done: cardThere,
  },
  'ask as one of a user group': {
    fromStart: true,
    private: true,
    options: { config: { allow: { channels: null, userGroups: [onCall] } as never } },
    by: 'ana',
    async run(bot) {
      await bot.start();
      await type(bot, command);
    },
    done: cardThere,
  },
  'ask for what is not there': {
    private: true,
    by: 'ana',
    run: bot => type(bot, '/apigw-500 zz9zz9zz9z'),
    done: bot => whispers(bot, 'ana').some(one => one.text.includes('zz9zz9zz9z')),
  },
  'ask for what is not there, without a response URL': {
    private: true,
    by: 'ana',
    async run(bot) {
      bot.workspace.fail('response_url', { status: 404 }, Number.POSITIVE_INFINITY);
      await type(bot, '/apigw-500 zz9zz9zz9z');
    },
    done: bot => whispers(bot, 'ana').some(one => one.text.includes('zz9zz9zz9z')),
  },
  'open the form': {
    private: true,
    by: 'ana',
    run: bot => type(bot, '/apigw-500'),
    done: bot => bot.workspace.modal('ana') !== null,
  },
  'react to the post of an alarm': {
    private: true,
    by: 'ben',
    async run({ workspace }) {
      const post = workspace.postAs('Amazon Q Developer', channel, { text: 'Good morning' });
      workspace.react('ben', post, 'mag');
    },
    done: bot => whispers(bot, 'ben').length > 0,
  },
  'react to a reply': {
    private: true,
    by: 'ben',
    async run({ workspace }) {
      const root = workspace.say('ana', channel, 'Deploying now.');
      const reply = workspace.postAs('Amazon Q Developer', channel, { text: 'Good morning', threadTs: root.ts });
      workspace.react('ben', reply, 'mag');
    },
    done: bot => whispers(bot, 'ben').length > 0,
  },
  'a post whose answer was lost': {
    fromStart: true,
    by: 'ana',
    async run(bot) {
      await bot.start();
      bot.workspace.fail('chat.postMessage', 'lost', 2);
      await type(bot, command);
    },
    done: cardThere,
  },
  'open the form of a handoff': {
    private: true,
    by: 'ana',
    async run(bot) {
      await press(bot, 'handoff');
    },
    done: bot => JSON.stringify(bot.workspace.modal('ana')).includes('"person"'),
  },
  'hand off': {
    private: true,
    by: 'ana',
    async run(bot) {
      await press(bot, 'handoff');
      await bot.until(() => JSON.stringify(bot.workspace.modal('ana')).includes('"person"'));
      await bot.workspace.submitView('ana', { person: 'U0SBXBEN02', next: 'Give the permission back' });
    },
    done: ({ workspace }) =>
      workspace.directMessages('ben').length > 0 &&
      JSON.stringify(workspace.messages('ben', channel)).includes('handoff_accept'),
    // Somebody who takes no direct messages is mentioned in the thread, which the channel sees.
    stands: ({ workspace }) => JSON.stringify(workspace.messages('ben', channel)).includes('handoff_accept'),
  },
  'open App Home': {
    by: 'ana',
    async run({ workspace }) {
      workspace.openHome('ana');
    },
    done: bot => homeOf(bot, 'ana').includes('orders-api'),
    // There is nowhere else to say it; what was published before stays.
    stands: () => true,
  },
  'open App Home, of a private channel': {
    fromStart: true,
    by: 'chika',
    async run(bot) {
      await bot.start();
      await bot.workspace.command('ana', 'war-room', command);
      await bot.until(() => bot.workspace.messages('ana', 'war-room').some(one => one.text.startsWith('Cause found')));
      bot.workspace.openHome('chika');
    },
    done: bot => homeOf(bot, 'chika').includes('orders-api'),
    // Where nobody says who is in it, it is kept back.
    stands: bot => homeOf(bot, 'chika') !== 'null',
  },
  'add a note': {
    private: true,
    by: 'ana',
    also: ['views.open', 'views.update', 'chat.postMessage'],
    async run(bot) {
      await press(bot, 'note');
      if (await bot.until(() => modalOf(bot).includes('"text"'))) {
        await bot.workspace.submitView('ana', { text: 'Rolled it back' });
      }
    },
    done: ({ workspace }) => JSON.stringify(workspace.messages('ben', channel)).includes('Rolled it back'),
  },
  'stop the watch': {
    by: 'ana',
    also: ['chat.update'],
    run: bot => press(bot, 'watch'),
    done: bot => JSON.stringify(finalCard(bot)?.blocks).includes('"Watch"'),
    // The card stays as it was; who pressed is told at the next card that Slack takes.
    stands: () => true,
  },
  export: {
    private: true,
    by: 'ana',
    also: ['files.getUploadURLExternal', 'files.completeUploadExternal'],
    run: bot => press(bot, 'export'),
    done: ({ workspace }) => JSON.stringify(workspace.messages('ben', channel)).includes('.md"'),
  },
  'explain log lines': {
    private: true,
    by: 'ana',
    also: ['views.open', 'views.update'],
    async run(bot) {
      await type(bot, '/apigw-500 explain');
      if (await bot.until(() => modalOf(bot).includes('"words"'))) {
        const words = '(id) Execution failed due to configuration error: Invalid permissions on Lambda function';
        await bot.workspace.submitView('ana', { words });
      }
    },
    done: bot => modalOf(bot).includes('does not let API Gateway invoke it'),
  },
  'mention the bot': {
    private: true,
    by: 'ana',
    also: ['chat.postMessage'],
    async run({ workspace }) {
      workspace.say('ana', channel, '@apigw-500 help');
    },
    done: ({ workspace }) =>
      workspace.messages('ben', channel).some(one => JSON.stringify(one).includes('--since 30m')),
  },
};

const modalOf = ({ workspace }: Bot) => JSON.stringify(workspace.modal('ana'));
const homeOf = ({ workspace }: Bot, user: string) => JSON.stringify(workspace.home(user));

async function press(bot: Bot, id: string): Promise<void> {
  const card = finalCard(bot);
  if (card === null) throw new Error('There is no card to press a button of.');
  await bot.workspace.press('ana', card, id);
}

/** The bot just before the act; `fail` is done where the act begins. */
export async function prepared(act: Act, fail: (workspace: SlackWorkspace) => void = () => undefined): Promise<Bot> {
  const bot = await openBot({ scenario: await scenarioNamed('lambda-permission-removed'), ...act.options });
  if (act.fromStart !== true) {
    await bot.start();
    await type(bot, command);
    if (!(await bot.until(() => cardThere(bot)))) throw new Error('Undisturbed, there is no card.');
    await bot.app.idle();
  }
  fail(bot.workspace);
  return bot;
}
