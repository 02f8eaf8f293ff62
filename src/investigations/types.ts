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
  state: InvestigationState;
  conversation: Conversation;
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
  /** Runs of single steps and diagnoses asked for by a button, by finding id. */
  presses: Record<string, Press>;
  /** A sentence where the last run could not be finished; null otherwise. */
  failure: string | null;
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
  state: 'new' | 'done' | 'failed';
  receivedAt: string;
}

/** What the worker tells the person when a trigger opened no investigation. */
export type Refusal =
  | { kind: 'ambiguous'; inboxId: string; target: string; candidates: Candidate[] }
  | { kind: 'not_found'; inboxId: string; target: string; region: string; candidates: Candidate[] }
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
  refuse(conversation: Conversation, refusal: Refusal): Promise<void>;
}
