/**
 * The tables as the newest migration leaves them. Portable on purpose: text and integers only, times as ISO 8601 in
 * UTC (they sort as text), JSON as text, `''` where a column of a unique index has no value (NULLs are all distinct).
 */
export interface Tables {
  inbox: InboxTable;
  investigations: InvestigationsTable;
  messages: MessagesTable;
}

/** Work that a process holds: until `lease_until` nobody else touches it. */
interface Leased {
  lease_holder: string | null;
  lease_until: string | null;
  /** How often it was taken up since it was last finished. */
  attempts: number;
}

export interface InboxTable extends Leased {
  id: string;
  key: string;
  state: 'new' | 'done' | 'failed';
  trigger: string;
  conversation: string;
  candidates: string | null;
  /** Id of the investigation that it joined, until its asker is told. */
  joined: string | null;
  received_at: string;
}

export interface InvestigationsTable extends Leased {
  id: string;
  team_id: string;
  channel_id: string;
  account_id: string;
  region: string;
  api_id: string;
  stage: string;
  state: string;
  /** The whole Investigation as JSON; the columns above are copies for queries. */
  document: string;
  /** Counts up with each write, so that two writers never overwrite each other. */
  version: number;
  /** When the worker has something to do with it; null: nothing. */
  due_at: string | null;
  /** Who waits for that; null for machines. */
  requested_by: string | null;
  /** Time of the oldest log excerpt in the document; null where it has none. */
  excerpts_since: string | null;
  updated_at: string;
}

export interface MessagesTable {
  investigation_id: string;
  purpose: string;
  channel_id: string;
  ts: string | null;
  intended_at: string;
  content_hash: string | null;
}
