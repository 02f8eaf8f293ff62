/**
 * The tables as the newest migration leaves them. Portable on purpose: text and integers only, times as ISO 8601 in
 * UTC (they sort as text), JSON as text, `''` where a column of a unique index has no value (NULLs are all distinct).
 */
export interface Tables {
  inbox: InboxTable;
  investigations: InvestigationsTable;
  alarms: AlarmsTable;
  storms: StormsTable;
  messages: MessagesTable;
  audit: AuditTable;
  homes: HomesTable;
  leases: LeasesTable;
  shared_readings: SharedReadingsTable;
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
  /** null: an alarm, which a route sends somewhere. */
  conversation: string | null;
  candidates: string | null;
  /** Id of the investigation that it joined, until its asker is told. */
  joined: string | null;
  /** What one alarm says is worked off in order; null for everything else. */
  alarm_arn: string | null;
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
  owner: string | null;
  storm_id: string | null;
  /** The whole Investigation as JSON; the columns above are copies for queries. */
  document: string;
  /** Counts up with each write, so that two writers never overwrite each other. */
  version: number;
  /** The newest version that Slack is known to show; below `version`, it is in the outbox. */
  published_version: number;
  /** When the worker has something to do with it; null: nothing. */
  due_at: string | null;
  /** Who waits for that; null for machines. */
  requested_by: string | null;
  /** Time of the oldest log excerpt in the document; null where it has none. */
  excerpts_since: string | null;
  /** Null unless it has recovered. */
  recovered_at: string | null;
  created_at: string;
  updated_at: string;
}

/** Which investigations an alarm has fired for. */
export interface AlarmsTable {
  alarm_arn: string;
  investigation_id: string;
}

export interface StormsTable {
  id: string;
  team_id: string;
  channel_id: string;
  started_at: string;
  /** When its newest investigation was opened. */
  last_at: string;
  version: number;
  published_version: number;
}

export interface MessagesTable {
  /** Of the investigation, the storm, or the inbox item. */
  investigation_id: string;
  purpose: string;
  channel_id: string;
  ts: string | null;
  intended_at: string;
  content_hash: string | null;
}

export interface AuditTable {
  id: string;
  at: string;
  team_id: string;
  investigation_id: string | null;
  who: string;
  action: string;
  via: string;
  detail: string;
}

/** Whose App Home is kept up to date. */
export interface HomesTable {
  team_id: string;
  user_id: string;
  opened_at: string;
}

/** What one process does for all, by name. */
export interface LeasesTable {
  name: string;
  holder: string;
  lease_until: string;
}

/** What replicas read once for all of them. */
export interface SharedReadingsTable {
  key: string;
  value: string;
  expires_at: string;
}
