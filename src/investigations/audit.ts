/** Who did what, when and from where: written with the change itself, never altered. */
import { randomUUID } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { AuditAction, AuditEntry } from './audit-types.ts';
import type { AuditTable, Tables } from './tables.ts';
import type { Investigation } from './types.ts';

/** What a change says of itself; the rest follows from the investigation. */
export interface NewAudit {
  who: string;
  action: AuditAction;
  via: string;
  detail: string;
}

/** A person, or the machine that acted. */
export function whoOf(by: string | null): string {
  return by ?? 'alarm';
}

let written = 0;

/** PostgreSQL's text has no NUL; what comes from outside may. https://www.postgresql.org/docs/current/datatype-character.html */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}

/** In the order of writing, also for what one process writes within a millisecond. */
function nextId(at: string): string {
  written += 1;
  return `${at}-${String(written % 1e9).padStart(9, '0')}-${randomUUID().slice(0, 8)}`;
}

export function auditRow(entry: NewAudit, { id, conversation, updatedAt }: Investigation): AuditTable {
  const { who, action, via, detail } = entry;
  return {
    id: nextId(updatedAt),
    at: updatedAt,
    team_id: conversation.teamId,
    investigation_id: id,
    who,
    action,
    via,
    detail: storable(detail),
  };
}

export function createAudit(db: Kysely<Tables>, clock: () => Date) {
  return {
    async write({ teamId, investigationId, who, action, via, detail }: Omit<AuditEntry, 'at'>): Promise<void> {
      const at = clock().toISOString();
      await db
        .insertInto('audit')
        .values({
          id: nextId(at),
          at,
          team_id: teamId,
          investigation_id: investigationId,
          who,
          action,
          via,
          detail: storable(detail),
        })
        .execute();
    },
    /** Oldest first. */
    async of(investigationId: string): Promise<AuditEntry[]> {
      const rows = await db
        .selectFrom('audit')
        .selectAll()
        .where('investigation_id', '=', investigationId)
        .orderBy('at')
        .orderBy('id')
        .execute();
      return rows.map(entryOf);
    },
  };
}

function entryOf(row: Selectable<AuditTable>): AuditEntry {
  return {
    at: row.at,
    teamId: row.team_id,
    investigationId: row.investigation_id,
    who: row.who,
    action: row.action as AuditAction,
    via: row.via,
    detail: row.detail,
  };
}
