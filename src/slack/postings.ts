/** Which messages a record stands for: where each belongs, what it says, and how much it is waited for. Pure. */
import type { Conversation, Investigation, MessagePurpose, Refusal, Storm } from '../investigations/types.ts';
import type { Message } from '../render/blocks.ts';
import { card } from '../render/card.ts';
import { type ChartData, chartOf } from '../render/chart.ts';
import { evidenceMessage } from '../render/evidence.ts';
import { fallbackMessage, handoffMessage, receiverMessage, reminderMessage } from '../render/handoff.ts';
import { notesMessage } from '../render/notes.ts';
import { type Check, playbookMessage } from '../render/playbook.ts';
import { reopenedMessage, unpostedReply } from '../render/replies.ts';
import { stormMessage } from '../render/storm.ts';

/** The messages of one record, as they should be. */
export interface Posting {
  channelId: string;
  /** Thread that all of it stands in; null: the first message stands in the channel, and the others in its thread. */
  threadTs: string | null;
  messages: PostingMessage[];
  /** False while a run is under way: progress gives way to what people wait for. */
  urgent: boolean;
  /** What whoever asked is told in private where the channel takes no message; null: nobody waits. */
  unposted: { to: Conversation; topic: string; message(reason: string, invite: string | null): Message } | null;
}

export interface PostingMessage {
  purpose: MessagePurpose;
  /** null: there is nothing to show of it now. */
  message: Message | null;
  /** In place of a message; it is posted once and stays as it is. */
  picture?: ChartData;
  /** `root`: the message that the others are the thread of. A person: a direct message. */
  place: 'root' | 'thread' | { userId: string };
  /** A reply that the channel sees too. */
  broadcast?: true;
  /** Smaller is sent first. */
  rank: number;
}

/** A record that is published. */
export interface Subject {
  id: string;
  version: number;
  /** `cardLink`: the address of its root message; null while there is none. */
  render(cardLink: string | null): Posting;
}

export interface PostingOptions {
  /** The nine steps and five diagnoses, in order. */
  checks: readonly Check[];
  /** User group that a handoff goes to that nobody has answered; null: there is none. */
  fallbackGroup: string | null;
}

/** Verdict before handoff before recovery before a watched trend before progress. */
const ranks = { verdict: 0, handoff: 10, recovery: 20, refresh: 25, progress: 30 } as const;

export function subjectOf(investigation: Investigation, options: PostingOptions): Subject {
  const { id, version } = investigation;
  return { id, version, render: cardLink => postingOf(investigation, cardLink, options) };
}

function postingOf(investigation: Investigation, cardLink: string | null, options: PostingOptions): Posting {
  const { conversation, storm, state } = investigation;
  const hidden = storm !== null && !storm.opened;
  return {
    channelId: conversation.channelId,
    threadTs: conversation.threadTs,
    urgent: state !== 'investigating',
    messages: hidden ? [] : messagesOf(investigation, cardLink, options),
    unposted: {
      // A private message in a thread without replies is not shown.
      to: { ...conversation, threadTs: null },
      topic: state === 'investigating' ? 'progress' : `verdict ${investigation.record?.report.id ?? ''}`,
      message: (reason, invite) => unpostedReply(reason, invite, investigation),
    },
  };
}

function rankOf({ state, record, observation }: Investigation): number {
  if (state === 'investigating') return ranks.progress;
  if (state === 'recovered') return ranks.recovery;
  const watched = observation !== null && record !== null && observation.at > record.report.generatedAt;
  return watched && state === 'diagnosed' ? ranks.refresh : ranks.verdict;
}

function messagesOf(
  investigation: Investigation,
  cardLink: string | null,
  { checks, fallbackGroup }: PostingOptions,
): PostingMessage[] {
  const { shown } = investigation;
  const base = rankOf(investigation);
  return [
    { purpose: 'card', place: 'root', rank: base, message: card(investigation, checks) },
    { purpose: 'playbook', place: 'thread', rank: base + 2, message: playbookMessage(investigation, checks, 'step') },
    {
      purpose: 'diagnoses',
      place: 'thread',
      rank: base + 3,
      message: playbookMessage(investigation, checks, 'diagnosis'),
    },
    ...shown.map(
      (check): PostingMessage => ({
        purpose: `evidence:${check}`,
        place: 'thread',
        rank: base + 1,
        message: evidenceMessage(investigation, checks, check),
      }),
    ),
    { purpose: 'notes', place: 'thread', rank: base + 1, message: notesMessage(investigation) },
    ...reopenedMessages(investigation),
    ...handoffMessages(investigation, cardLink, fallbackGroup),
    ...charts(investigation, base + 5),
  ];
}

/** The timeline at the verdict, where there were errors, and once more with the recovery; what is written comes first. */
function charts({ state, record, observation, recovered }: Investigation, rank: number): PostingMessage[] {
  if (record === null || state === 'investigating') return [];
  const { report } = record;
  if ((report.impact.errors ?? 0) === 0) return [];
  const place = 'thread';
  const verdict = chartOf(report);
  if (recovered === undefined) {
    return verdict === null ? [] : [{ purpose: 'chart:verdict', place, rank, message: null, picture: verdict }];
  }
  const points = observation?.points ?? report.series.points;
  const recovery = chartOf(report, { recoveredAt: recovered.at, series: { ...report.series, points } });
  return recovery === null ? [] : [{ purpose: 'chart:recovery', place, rank, message: null, picture: recovery }];
}

/** Slack tells nobody of an edit: who thought that it was over is told in the thread, and the channel with it. */
function reopenedMessages(investigation: Investigation): PostingMessage[] {
  const { reopenedAt } = investigation;
  if (reopenedAt === null) return [];
  const message = reopenedMessage(investigation.target, reopenedAt);
  return [{ purpose: `reopened:${reopenedAt}`, place: 'thread', broadcast: true, rank: ranks.handoff, message }];
}

function handoffMessages(
  investigation: Investigation,
  cardLink: string | null,
  fallbackGroup: string | null,
): PostingMessage[] {
  return investigation.handoffs.flatMap((handoff): PostingMessage[] => {
    const { id, to, reminded, fellBack } = handoff;
    const about = { investigation, handoff, cardLink };
    const rank = ranks.handoff;
    return [
      { purpose: `handoff:${id}`, place: 'thread', broadcast: true, rank, message: handoffMessage(about) },
      ...(to.kind === 'user' && handoff.state !== 'taken'
        ? [
            {
              purpose: `handoff_direct:${id}` as const,
              place: { userId: to.id },
              rank: rank + 1,
              // Without the card's address the receiver could not find the thread.
              message: cardLink === null ? null : receiverMessage(about),
            },
          ]
        : []),
      // Once it is answered, what was said before stands as it was.
      ...(reminded && handoff.state === 'offered'
        ? [
            {
              purpose: `handoff_reminder:${id}` as const,
              place: 'thread' as const,
              rank,
              message: reminderMessage(about),
            },
          ]
        : []),
      ...(fellBack && handoff.state === 'offered'
        ? [
            {
              purpose: `handoff_fallback:${id}` as const,
              place: 'thread' as const,
              broadcast: true as const,
              rank,
              message: fallbackMessage(about, fallbackGroup),
            },
          ]
        : []),
    ];
  });
}

/** One message for all of a storm's investigations; each has its own card once somebody opens it. */
export function stormSubject(storm: Storm, members: readonly Investigation[]): Subject {
  const { id, version, channelId } = storm;
  const under = storm.investigating > 0;
  return {
    id,
    version,
    render: () => ({
      channelId,
      threadTs: null,
      urgent: !under,
      messages: [
        {
          purpose: 'storm',
          place: 'root',
          rank: under ? ranks.progress : ranks.verdict,
          message: stormMessage(storm, members),
        },
      ],
      unposted: null,
    }),
  };
}

/** What is told to all, once, where it was asked. */
function publicSubject(
  id: string,
  purpose: MessagePurpose,
  conversation: Conversation,
  message: Message,
  unposted: Posting['unposted'],
): Subject {
  const { channelId, threadTs } = conversation;
  return {
    id,
    version: 1,
    render: () => ({
      channelId,
      threadTs,
      urgent: true,
      messages: [{ purpose, place: 'root', rank: ranks.verdict, message }],
      unposted,
    }),
  };
}

/** What an alarm's trigger asks of whoever reads the channel, because nobody can be asked in private. */
export function questionSubject({ inboxId, kind }: Refusal, conversation: Conversation, message: Message): Subject {
  return publicSubject(inboxId, `question:${kind}`, conversation, message, null);
}

/** The answer to a mention, one for each; where the channel takes no message, whoever asked is told in private. */
export function answerSubject(conversation: Conversation, message: Message): Subject {
  const { channelId, mention = '' } = conversation;
  const unposted = { to: { ...conversation, threadTs: null }, topic: 'answer', message: () => message };
  return publicSubject(`mention:${channelId}:${mention}`, 'answer', conversation, message, unposted);
}
