/** App Home: published when it is opened, and again whenever something changes, for those who have opened it lately. */
import type { App } from '@slack/bolt';
import type { Investigation } from '../investigations/types.ts';
import { type HomeSetup, homeView, refusedHome } from '../render/home.ts';
import { Refused } from './answers.ts';
import { failureOf } from './errors.ts';
import { mayKnow, type Surface } from './surface.ts';

/** More than are shown, because not everybody may know of all. */
const readAtMost = 200;
const closedAtMost = 30;

export interface Homes {
  /** Never rejects: a home that could not be published is logged, and the next change tries again. */
  refresh(userIds: readonly string[]): Promise<void>;
}

interface Records {
  open: Investigation[];
  closed: Investigation[];
}

export function createHomes(surface: Surface, setup: HomeSetup): Homes {
  const { investigations, identity, client, log, publisher, whyNot } = surface;

  async function read(): Promise<Records> {
    const { teamId } = identity();
    const [open, closed] = await Promise.all([
      investigations.listOpen({ teamId }, readAtMost),
      investigations.listClosed(teamId, closedAtMost),
    ]);
    return { open, closed };
  }

  async function publish(userId: string, records: Records): Promise<void> {
    const [open, closed] = await Promise.all([known(records.open, userId), known(records.closed, userId)]);
    const links = new Map<string, string>();
    for (const { id } of [...open.slice(0, 60), ...closed.slice(0, 10)]) {
      const link = await publisher.permalink(id);
      if (link !== null) links.set(id, link);
    }
    await client.views.publish({ user_id: userId, view: homeView({ open, closed, userId, links, setup }) });
  }

  async function known(all: readonly Investigation[], userId: string): Promise<Investigation[]> {
    const may = await Promise.all(all.map(one => mayKnow(surface, one, userId)));
    return all.filter((_, index) => may[index]);
  }

  return {
    async refresh(userIds) {
      if (userIds.length === 0) return;
      const records = await read();
      for (const userId of userIds) {
        try {
          // Whoever may not any more keeps what was published before, and nothing new.
          if ((await whyNot(userId)) === null) await publish(userId, records);
        } catch (error) {
          log.warn({ err: error, userId, code: failureOf(error) }, 'An App Home could not be brought up to date.');
        }
      }
    },
  };
}

export function registerHome(app: App, surface: Surface, homes: Homes): readonly string[] {
  app.event('app_home_opened', async ({ event }) => {
    if (event.tab !== 'home') return;
    const userId = event.user;
    try {
      await surface.permit({ channelId: null, userId, own: true });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await surface.client.views.publish({ user_id: userId, view: refusedHome(error.reply) });
      return;
    }
    await surface.investigations.homeOpened(surface.identity().teamId, userId);
    await homes.refresh([userId]);
  });
  return ['app_home_opened'];
}
