import type { Seed } from './state.ts';

const ana = 'U0SBXANA01';
const ben = 'U0SBXBEN02';
const chika = 'U0SBXCHK03';
const botUserId = 'U0SBXBOT04';

/** The people and channels of the sandbox. `general` is the channel that the app is not in. */
export const sandboxSeed: Omit<Seed, 'botName'> = {
  teamId: 'T0SANDBOX1',
  teamDomain: 'sandbox',
  appId: 'A0SANDBOX1',
  botId: 'B0SANDBOX1',
  botUserId,
  users: [
    { id: ana, name: 'ana', realName: 'Ana Ruiz' },
    { id: ben, name: 'ben', realName: 'Ben Okafor', timeZone: 'Europe/London' },
    { id: chika, name: 'chika', realName: 'Chika Mori', timeZone: 'Asia/Tokyo' },
  ],
  channels: [
    {
      id: 'C0SBXINC01',
      name: 'incidents',
      members: [ana, ben, chika, botUserId],
      topic: 'Production incidents. On call: Ana, then Ben.',
    },
    { id: 'C0SBXPAY02', name: 'payments', members: [ana, ben, botUserId], topic: 'The payments team.' },
    { id: 'C0SBXGEN03', name: 'general', members: [ana, ben, chika], topic: 'Everything else.' },
    {
      id: 'C0SBXWAR04',
      name: 'war-room',
      private: true,
      members: [ana, chika, botUserId],
      topic: 'Private: who is not in it does not see it.',
    },
  ],
  // The id of the app is Amazon Q Developer's own: https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html
  apps: [{ botId: 'B0SBXAMQ01', appId: 'A6L22LZNH', name: 'Amazon Q Developer' }],
  userGroups: [{ id: 'S0SBXONC01', handle: 'oncall', name: 'On call', members: [ana, ben] }],
};
