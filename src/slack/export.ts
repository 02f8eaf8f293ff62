/** The record as a file in its thread. */
import type { AuditEntry } from '../investigations/audit-types.ts';
import type { Investigation } from '../investigations/types.ts';
import { idsIn, markdownOf, type Names } from '../render/markdown.ts';
import { note } from '../render/replies.ts';
import { Refused } from './answers.ts';
import { createOnce } from './once.ts';
import type { Here, Surface } from './surface.ts';

/** As long as a second press is taken for an impatient one. */
const impatientMs = 60_000;

export function createExport(surface: Surface) {
  const once = createOnce();
  return (here: Here, investigation: Investigation) =>
    once(investigation.id, () => exportTo(surface, here, investigation));
}

async function exportTo(surface: Surface, { teamId, userId }: Here, investigation: Investigation): Promise<void> {
  const { investigations, client, clock } = surface;
  const { id, version, target } = investigation;
  const [audit, card] = await Promise.all([investigations.audit(id), investigations.ledger.find(id, 'card')]);
  if (card?.ts == null) {
    throw new Refused(note('The card of this investigation is not posted, so there is no thread to put the file in.'));
  }
  const names = await namesOf(surface, idsIn(investigation, audit));
  const detail = `As Markdown, of version ${version}.`;
  if (audit.some(entry => isSame(entry, detail, clock()))) {
    throw new Refused(
      note('This was exported a moment ago, and nothing has changed since; the file is in the thread.'),
    );
  }
  await client.filesUploadV2({
    channel_id: card.channelId,
    thread_ts: card.ts,
    filename: fileName(investigation),
    title: `${target.apiName}, stage ${target.stage}: the record`,
    file: Buffer.from(markdownOf(investigation, audit, names)),
  });
  await investigations.record({ teamId, investigationId: id, who: userId, action: 'exported', via: 'slack', detail });
}

/** Slack is asked for so many; the rest keep their ids. */
const mostNames = 40;

/** Who is not known, or cannot be asked for now, keeps the id: the record is wanted all the same. */
async function namesOf({ members, log }: Surface, ids: readonly string[]): Promise<Names> {
  const names = new Map<string, string>();
  const [groups, users] = [ids.filter(id => id.startsWith('S')), ids.filter(id => !id.startsWith('S'))];
  const asked = await Promise.allSettled([
    ...users.slice(0, mostNames).map(async id => {
      const name = await members.nameOf(id);
      if (name !== null) names.set(id, name);
    }),
    ...(groups.length === 0 ? [] : [members.groups().then(all => all.map(one => names.set(one.id, one.handle)))]),
  ]);
  const failed = asked.find(one => one.status === 'rejected');
  if (failed !== undefined) {
    log.warn({ err: failed.reason }, 'Slack did not tell some names, so the export has the ids of these people.');
  }
  return names;
}

function isSame({ action, detail, at }: AuditEntry, wanted: string, now: Date): boolean {
  return action === 'exported' && detail === wanted && now.getTime() - Date.parse(at) < impatientMs;
}

function fileName({ target, createdAt }: Investigation): string {
  const plain = (text: string) => text.replace(/[^\w.-]+/g, '-').slice(0, 60);
  return `${plain(target.apiName)}-${plain(target.stage)}-${createdAt.slice(0, 10)}.md`;
}
