/**
 * Glossary.
 *
 * investigation  the one record of an incident on an API and stage: what asked, what was found, who owns it.
 * inbox          triggers that were accepted and not yet worked on; unique by `key`, so that a repeat is one.
 * run            one pass of the playbook for an investigation.
 * occurrence     one time that it was asked for, or that its alarm fired.
 * watch          metrics read again on a schedule until the API has recovered, or until a limit.
 * recheck        the change diagnoses run once more, after CloudTrail's delivery lag.
 * handoff        an offer of the investigation to a person or a group; it passes on once it is accepted.
 * storm          more new investigations in a channel than people can read: one message lists them.
 * ledger         which Slack messages exist for an investigation; an intent is written before a message is posted.
 * outbox         records whose newest version Slack may not show yet; one process at a time works on it.
 * audit          who did what, when and from where; append-only.
 */
import type {
  AlarmNotice,
  Candidate,
  Change,
  DiagnosisRecord,
  Finding,
  Observation,
  Target,
  Trigger,
} from '../diagnosis/types.ts';
import type { AuditEntry } from './audit-types.ts';

/** Where an answer goes. */
export interface Conversation {
  teamId: string;
  channelId: string;
  /** Thread to answer in, where the trigger was a message. */
  threadTs: string | null;
  /** Slash commands and modals: for the first answers, within 30 minutes. */
  responseUrl: string | null;
  userId: string | null;
  /** Message that mentions the bot: what is answered to it stands in its thread, for all to see. */
  mention?: string;
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
  /** Slack user id; null: nobody has taken it yet. */
  owner: string | null;
  /** The newest ones, oldest first; `by` is null for alarms. */
  occurrences: Occurrence[];
  /** All of them, the first included. */
  occurrenceCount: number;
  /** The alarms that fired for it, by their newest state. */
  alarms: AlarmState[];
  /** The last finished run. */
  record: DiagnosisRecord | null;
  /** Findings of the run under way, as they come; empty when none runs. */
  progress: Finding[];
  /** Runs of single steps and diagnoses asked for by a button, by check: `step:4`, `diagnosis:2`. */
  presses: Record<string, Press>;
  /** A sentence where the last run could not be finished; null otherwise. */
  failure: string | null;
  /** Checks whose evidence somebody has opened in the thread. */
  shown: string[];
  /** Set while its run, or a pressed check, waits for a turn: at most ten run at once, two a person. */
  waitingSince?: string;
  /** What the run under way waits for, such as "its share of CloudTrail calls in eu-west-1"; absent while it gets on. */
  waitingFor?: string;
  /** null: nobody watches. */
  watch: Watch | null;
  /** Somebody has stopped the watch, and nobody has asked for the API since: it does not begin by itself. */
  unwatched?: true;
  /** How it stands, as last observed; null before the first check. */
  observation: Observation | null;
  /** When the change diagnoses are run once more; null: not wanted, or done. */
  recheckAt: string | null;
  /** Changes that CloudTrail delivered after the verdict; the newest recheck's. */
  late: { at: string; changes: Change[] } | null;
  notes: Note[];
  /** Oldest first; at most the last is `offered`. */
  handoffs: Handoff[];
  /** One a person: the newest. */
  feedback: Feedback[];
  /** It is listed in a storm message; its card and thread are written when somebody opens it. */
  storm: { id: string; opened: boolean } | null;
  /** When it last failed again after a recovery; the channel is told then, which an edited card does not do. */
  reopenedAt: string | null;
  /** Since when it has recovered, and what said so. */
  recovered?: { at: string; by: 'alarm' | 'watch' };
  /** Who closed it, and when; the watch and the recheck that ended with it, for who opens it again. */
  resolved?: { by: string; at: string; watch?: Watch | null; recheckAt?: string | null };
  /** Who opened it again after it was closed, and when. */
  reopened?: { by: string; at: string };
  createdAt: string;
  updatedAt: string;
}

export interface Occurrence {
  at: string;
  /** Slack user id; null: an alarm. */
  by: string | null;
}

export interface AlarmState {
  arn: string;
  name: string;
  state: AlarmNotice['state'];
  /** When it went into that state. */
  at: string;
}

export interface Watch {
  /** null: it began by itself, after a verdict on failing requests. */
  by: string | null;
  since: string;
  nextAt: string;
  /** How long after the check before `nextAt` is; absent in records from before it was stored. */
  everyMinutes?: number;
  /** It ends here whatever is seen. */
  until: string;
}

/** What people tried, or know. */
export interface Note {
  id: string;
  by: string;
  at: string;
  /** Masked. */
  text: string;
  /** Permalink of the message that it was taken from. */
  link: string | null;
}

/** Whom a handoff names. */
export interface Receiver {
  kind: 'user' | 'group';
  /** Slack user id, or user group id. */
  id: string;
}

/** What only people know; masked, and empty where nothing was said. */
export interface HandoffWords {
  state: string;
  impact: string;
  tried: string;
  next: string;
  contingency: string;
}

export interface Handoff {
  id: string;
  from: string;
  /** Who had it when it was offered; null: nobody. */
  owner: string | null;
  to: Receiver;
  words: HandoffWords;
  offeredAt: string;
  /** `superseded`: another offer took its place. `taken`: somebody took it over without an offer to them. */
  state: 'offered' | 'accepted' | 'declined' | 'superseded' | 'taken';
  /** Due once; null when it was given. */
  remindAt: string | null;
  /** Due once; null when it was told. */
  fallbackAt: string | null;
  reminded: boolean;
  fellBack: boolean;
  answer: { by: string; at: string; words: string } | null;
}

export interface Feedback {
  by: string;
  at: string;
  answer: 'yes' | 'no' | 'another';
  /** The verdict's first cause when it was given; null where there was none. */
  cause: string | null;
  /** What it was instead, in their words; masked. */
  words: string | null;
}

/** Several new investigations in one channel at once. */
export interface Storm {
  id: string;
  version: number;
  teamId: string;
  channelId: string;
  startedAt: string;
  /** How many investigations it has, and how many of them are under way or wait for a turn. */
  total: number;
  investigating: number;
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
  /** null: an alarm that came by a webhook; a route says where it goes. */
  conversation: Conversation | null;
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

export type MessagePurpose =
  | 'card'
  | 'playbook'
  | 'diagnoses'
  | `evidence:${string}`
  | `chart:${'verdict' | 'recovery'}`
  | 'notes'
  | `reopened:${string}`
  | `handoff:${string}`
  | `handoff_direct:${string}`
  | `handoff_reminder:${string}`
  | `handoff_fallback:${string}`
  /** Of a trigger that fits several targets, or none, where nobody can be told in private. */
  | `question:${Refusal['kind']}`
  /** What whoever asked was told in private, because the channel took no message: Slack's code, and of what. */
  | `told:${string}`
  /** To a mention of the bot. */
  | 'answer'
  | 'storm';

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
  /** The workspace that alarms go to. */
  teamId(): string;
  /**
   * Brings the card and thread up to date with the record, paced and coalesced. Resolves when Slack shows this version
   * or a newer one, or will never take it; rejects where it may work later.
   */
  publish(investigation: Investigation): Promise<void>;
  /** `members`: those that the message may list, the open ones first. */
  publishStorm(storm: Storm, members: readonly Investigation[]): Promise<void>;
  /** Rejects with UntoldError where the person could not be told now; it is tried again later. */
  refuse(conversation: Conversation, refusal: Refusal): Promise<void>;
  /** Tells the asker, in private, that this investigation was open already and where its card is; rejects likewise. */
  joined(conversation: Conversation, investigation: Investigation): Promise<void>;
  /** Brings App Home up to date for those who have it open. */
  refreshHomes(userIds: readonly string[]): Promise<void>;
}

/** What a surface may do with the record. Every method returns as soon as the wish is stored; the worker does the rest. */
export interface Investigations {
  /** Accepts a trigger; the same `key` twice is one. */
  submit(item: Submission): Promise<Accepted>;
  /** Submits the candidate at `index` of a refused trigger; `gone` where there is none, or it is another workspace's. */
  choose(inboxId: string, index: number, by: string, conversation: Conversation): Promise<'ok' | 'gone'>;
  get(id: string): Promise<Investigation | null>;
  /** Newest first; all of them, or the first `limit`. */
  listOpen(filter: OpenFilter, limit?: number): Promise<Investigation[]>;
  countOpen(filter: OpenFilter): Promise<number>;
  /** The last that were closed or have recovered, newest first. */
  listClosed(teamId: string, limit: number): Promise<Investigation[]>;
  /** Runs the whole playbook again; `running` where it runs or waits already, `gone` where it is not open. */
  rerun(id: string, by: string): Promise<'started' | 'running' | 'gone'>;
  /**
   * Runs one step or diagnosis again, `check` being `step:4` or `diagnosis:2`; while another check runs it is next. Two
   * presses at once are one run. `running` where it is wanted already, or a whole run brings it anyway.
   */
  press(id: string, check: string, by: string): Promise<'started' | 'running' | 'gone'>;
  /** Opens the evidence of a check as a message of the thread; it is kept up to date from then on. */
  show(id: string, check: string): Promise<void>;
  /** Writes the card and thread of an investigation that a storm message lists. */
  openThread(id: string, by: string): Promise<'ok' | 'gone'>;
  /** Puts a line under what people tried; `text` is masked here. */
  note(id: string, by: string, text: string, link: string | null): Promise<'ok' | 'gone'>;
  /** Starts or stops the watch. */
  watch(id: string, by: string, on: boolean): Promise<'ok' | 'gone'>;
  feedback(id: string, by: string, answer: Feedback['answer'], words: string | null): Promise<'ok' | 'gone'>;
  /** Offers it; to oneself is taking it over. An offer that is still open gives way. */
  offer(id: string, by: string, to: Receiver, words: HandoffWords): Promise<'offered' | 'taken' | 'gone'>;
  /**
   * The receiver takes it over; `words` is the read-back. `groups`: user groups that the person is in, looked up by the
   * surface. Of two at once one wins.
   */
  accept(id: string, handoffId: string, by: Answerer, words: string): Promise<HandoffAnswer>;
  decline(id: string, handoffId: string, by: Answerer, words: string): Promise<HandoffAnswer>;
  resolve(id: string, by: string): Promise<'ok' | 'gone'>;
  /** Takes a `resolve` back: it stands as it stood before. One that is not closed stays as it is. */
  reopen(id: string, by: string): Promise<ReopenAnswer>;
  /** Who did what with it, oldest first. */
  audit(id: string): Promise<AuditEntry[]>;
  /** Writes what no other method does: a refusal, an export. */
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** App Home was opened: it is kept up to date for a day. */
  homeOpened(teamId: string, userId: string): Promise<void>;
  ledger: Ledger;
}

export interface Accepted {
  inboxId: string;
  /** There was one with this key. */
  repeated: boolean;
  /** When the first one with this key came. */
  firstAt: string;
}

export interface Answerer {
  userId: string;
  groups: readonly string[];
}

/** `not_yours`: somebody else is named. `answered`: by whom, and how, before. */
export type HandoffAnswer =
  | { outcome: 'done' }
  | { outcome: 'not_yours'; to: Receiver }
  | { outcome: 'answered'; handoff: Handoff }
  | { outcome: 'gone' };

/** `other`: meanwhile another one was opened for the same API and stage, and there is one at a time. */
export type ReopenAnswer = { outcome: 'ok' } | { outcome: 'gone' } | { outcome: 'other'; investigation: Investigation };

export interface OpenFilter {
  teamId: string;
  channelId?: string;
  /** Slack user id; null: those that nobody owns. */
  owner?: string | null;
}

export interface Submission {
  key: string;
  trigger: Trigger;
  /** null: a route says where it goes. */
  conversation: Conversation | null;
}

/** Which messages exist. `subjectId` is the investigation's id, the storm's, or the inbox item's. */
export interface Ledger {
  find(subjectId: string, purpose: MessagePurpose): Promise<LedgerEntry | null>;
  /** Writes the intent to post and answers the entry; where there is one already, that one, unchanged. */
  intend(subjectId: string, purpose: MessagePurpose, channelId: string): Promise<LedgerEntry>;
  /** The message exists at `ts`, with this content; also after each edit. */
  posted(subjectId: string, purpose: MessagePurpose, ts: string, contentHash: string): Promise<void>;
  all(subjectId: string): Promise<LedgerEntry[]>;
}
