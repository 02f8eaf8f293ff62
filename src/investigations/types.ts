/**
 * Glossary.
 *
 * investigation  the one record of an incident on an API and stage: what asked, what was found, who owns it.
 * inbox          triggers that were accepted and not yet worked on; unique by `key`, so that a repeat is one.
 * run            one pass of the playbook for an investigation.
 * ledger         which Slack messages exist for an investigation; an intent is written before a message is posted.
 */
import type { Candidate, DiagnosisRecord, Finding, Target, Trigger } from '../diagnosis/types.ts';

/** Where an answer goes. */
export interface Conversation {
  teamId: string;
  channelId: string;
  /** Thread to answer in, where the trigger was a message. */
  threadTs: string | null;
  /** Slash commands and modals: for the first answers, within 30 minutes. */
  responseUrl: string | null;
  userId: string | null;
}

export type InvestigationState = 'investigating' | 'diagnosed' | 'recovered' | 'resolved';

export interface Investigation {
  id: string;
  /** Counts up with each change, so that an older record never takes the place of a newer one. */
  version: number;
  state: InvestigationState;
  /** Where it was opened; its card and thread stay there, whoever asks again and from where. */
  conversation: Conversation;
  /** The latest that asked; the run under way, or the last one, answers it. */
  trigger: Trigger;
  target: Target;
  /** Slack user id. */
  owner: string | null;
  /** When it was asked for again, or its alarm fired again; the first included. */
  occurrences: { at: string; by: string | null }[];
  /** The last finished run. */
  record: DiagnosisRecord | null;
  /** Findings of the run under way, as they come; empty when none runs. */
  progress: Finding[];
  /** Runs of single steps and diagnoses asked for by a button, by check: `step:4`, `diagnosis:2`. */
  presses: Record<string, Press>;
  /** A sentence where the last run could not be finished; null otherwise. */
  failure: string | null;
  /** Set while its run, or a pressed check, waits for a turn: at most ten run at once, two a person. */
  waitingSince?: string;
  /** Who closed it, and when. */
  resolved?: { by: string; at: string };
  createdAt: string;
  updatedAt: string;
}

export interface Press {
  by: string;
  at: string;
  state: 'running' | 'done' | 'failed';
}

/** A trigger as it was accepted. */
export interface InboxItem {
  id: string;
  /** Unique: SNS message id, event id, `channel:ts`, or the id of the command's request. */
  key: string;
  trigger: Trigger;
  conversation: Conversation;
  /** Set where the target was ambiguous or unknown, for the buttons of the answer. */
  candidates: Candidate[] | null;
  /** The open investigation that it joined, while its asker has not been told of it. */
  joined: string | null;
  state: 'new' | 'done' | 'failed';
  receivedAt: string;
}

/** What the worker tells the person when a trigger opened no investigation. */
export type Refusal =
  | { kind: 'ambiguous'; inboxId: string; target: string; candidates: Candidate[] }
  | { kind: 'not_found'; inboxId: string; target: string; region: string; candidates: Candidate[] }
  | { kind: 'unrelated'; inboxId: string; target: string; alarm: string; watches: string }
  | { kind: 'unreadable'; inboxId: string; target: string; message: string; remedy: string }
  | { kind: 'failed'; inboxId: string; target: string; message: string };

export type MessagePurpose = 'card' | 'playbook' | 'diagnoses' | `evidence:${string}`;

export interface LedgerEntry {
  investigationId: string;
  purpose: MessagePurpose;
  channelId: string;
  /** null while only intended: the post may or may not have happened. */
  ts: string | null;
  intendedAt: string;
  /** Hash of the last content sent, so that an unchanged message is not sent again. */
  contentHash: string | null;
}

/** How the record reaches people; implemented by slack/, handed in by app.ts. */
export interface Outlets {
  /** Brings the card and thread up to date with the record. Paced and coalesced; resolves when handed over. */
  publish(investigation: Investigation): Promise<void>;
  /** Rejects with UntoldError where the person could not be told now; it is tried again later. */
  refuse(conversation: Conversation, refusal: Refusal): Promise<void>;
  /** Tells the asker, in private, that this investigation was open already and where its card is; rejects likewise. */
  joined(conversation: Conversation, investigation: Investigation): Promise<void>;
}

/** What a surface may do with the record. Every method returns as soon as the wish is stored; the worker does the rest. */
export interface Investigations {
  /** Accepts a trigger; the same `key` twice is one. */
  submit(item: Submission): Promise<{ inboxId: string; repeated: boolean }>;
  /** Submits the candidate at `index` of a refused trigger; `gone` where there is none, or it is another workspace's. */
  choose(inboxId: string, index: number, by: string, conversation: Conversation): Promise<'ok' | 'gone'>;
  get(id: string): Promise<Investigation | null>;
  /** Newest first; all of them, or the first `limit`. */
  listOpen(filter: OpenFilter, limit?: number): Promise<Investigation[]>;
  countOpen(filter: OpenFilter): Promise<number>;
  /** Runs the whole playbook again; `running` where it runs or waits already, `gone` where it is not open. */
  rerun(id: string, by: string): Promise<'started' | 'running' | 'gone'>;
  /**
   * Runs one step or diagnosis again, `check` being `step:4` or `diagnosis:2`; while another check runs it is next. Two
   * presses at once are one run. `running` where it is wanted already, or a whole run brings it anyway.
   */
  press(id: string, check: string, by: string): Promise<'started' | 'running' | 'gone'>;
  resolve(id: string, by: string): Promise<'ok' | 'gone'>;
  ledger: Ledger;
}

export interface OpenFilter {
  teamId: string;
  channelId?: string;
}

export interface Submission {
  key: string;
  trigger: Trigger;
  conversation: Conversation;
}

/** Which messages exist. */
export interface Ledger {
  find(investigationId: string, purpose: MessagePurpose): Promise<LedgerEntry | null>;
  /** Writes the intent to post and answers the entry; where there is one already, that one, unchanged. */
  intend(investigationId: string, purpose: MessagePurpose, channelId: string): Promise<LedgerEntry>;
  /** The message exists at `ts`, with this content; also after each edit. */
  posted(investigationId: string, purpose: MessagePurpose, ts: string, contentHash: string): Promise<void>;
  all(investigationId: string): Promise<LedgerEntry[]>;
}
