/** The ids of the contract. They are sent to Slack and come back with every press, so they never change. */
import type { Finding } from '../diagnosis/types.ts';

export const slashCommand = '/apigw-500';

export const actionIds = {
  rerun: 'rerun',
  resolve: 'resolve',
  /** Of a card that was resolved. */
  reopen: 'reopen',
  /** Of a storm message: writes the card and thread of one investigation. */
  open: 'open',
  handoff: 'handoff',
  handoffAll: 'handoff_all',
  handoffAccept: 'handoff_accept',
  handoffDecline: 'handoff_decline',
  note: 'note',
  watch: 'watch',
  export: 'export',
} as const;

/** Actions that carry a number; what comes back is matched by these. */
export const actionPatterns = {
  check: /^(step|diagnosis):\d{1,2}$/,
  candidate: /^candidate:\d{1,2}$/,
  link: /^link:\d{1,2}$/,
  feedback: /^feedback:(yes|no|another)$/,
} as const;

export const viewIds = {
  start: 'start',
  handoff: 'handoff',
  handoffAccept: 'handoff_accept',
  handoffDecline: 'handoff_decline',
  note: 'note',
  explain: 'explain',
  /** What it was instead, after `feedback:another`. */
  feedback: 'feedback',
} as const;

/** Of the menus of a message, and of the app. */
export const shortcutIds = {
  diagnoseAlarm: 'diagnose_alarm',
  addNote: 'add_note',
  explainLog: 'explain_log',
} as const;

/** The form's fields: block and action id in one. */
export const startFields = { target: 'target', stage: 'stage', since: 'since' } as const;

/** Fields of the other forms, likewise. */
export const handoffFields = {
  person: 'person',
  group: 'group',
  state: 'state',
  impact: 'impact',
  tried: 'tried',
  next: 'next',
  contingency: 'contingency',
} as const;
export const answerField = 'words';
export const noteFields = { investigation: 'investigation', text: 'text' } as const;

/** What a button of the playbook asks for: `step:4`, `diagnosis:2`. */
export function checkId(check: { group: Finding['group']; number: number | null }): string {
  return `${check.group}:${check.number}`;
}

export function candidateId(index: number): string {
  return `candidate:${index}`;
}

export function linkId(index: number): string {
  return `link:${index}`;
}

export function feedbackId(answer: 'yes' | 'no' | 'another'): string {
  return `feedback:${answer}`;
}

/** The number at the end of an action id. */
export function numberOf(actionId: string): number {
  return Number(actionId.slice(actionId.indexOf(':') + 1));
}

/** Message metadata, by which a message is found again after a crash. Anyone in the channel can read it. */
export const metadataType = 'apigw500';
