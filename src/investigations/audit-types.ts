/** Who did what, when, from where. */
export interface AuditEntry {
  at: string;
  teamId: string;
  investigationId: string | null;
  /** Slack user id, `alarm`, or `apigw-500` itself. */
  who: string;
  action: AuditAction;
  /** The door: `slack`, `sns`, `eventbridge`, `terminal`, `timer`. */
  via: string;
  /** One short sentence without secrets. */
  detail: string;
}

export type AuditAction =
  | 'opened'
  | 'asked_again'
  | 'alarm_fired'
  /** Into another state than ALARM, while the investigation goes on. */
  | 'alarm_changed'
  | 'recovered'
  /** After a recovery, by what asked again; after it was closed, by a person. */
  | 'reopened'
  | 'rerun'
  | 'check_pressed'
  | 'handoff_offered'
  | 'handoff_accepted'
  | 'handoff_declined'
  | 'handoff_reminded'
  | 'handoff_fell_back'
  | 'taken'
  | 'thread_opened'
  | 'note_added'
  | 'watch_started'
  | 'watch_stopped'
  | 'feedback'
  | 'exported'
  | 'resolved'
  | 'denied';
