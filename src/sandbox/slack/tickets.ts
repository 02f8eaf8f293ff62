/** Short-lived things that Slack hands out with an interaction: triggers and response URLs. */
import { randomBytes } from 'node:crypto';
import { limits } from './limits.ts';

interface Trigger {
  userId: string;
  issuedAt: number;
  used: boolean;
}

export interface ResponseUrl {
  channelId: string;
  userId: string;
  /** The message that was acted on; null for commands. */
  messageTs: string | null;
  threadTs: string | null;
  issuedAt: number;
  uses: number;
}

export type Tickets = ReturnType<typeof createTickets>;

export function createTickets(clock: () => Date) {
  const triggers = new Map<string, Trigger>();
  const urls = new Map<string, ResponseUrl>();
  const now = () => clock().getTime();
  const secret = () => randomBytes(12).toString('hex');

  return {
    /** https://docs.slack.dev/surfaces/modals/#trigger_id: three seconds, once. */
    issueTrigger(userId: string): string {
      const id = `${triggers.size + 1}.${now()}.${secret()}`;
      triggers.set(id, { userId, issuedAt: now(), used: false });
      return id;
    },

    exchangeTrigger(id: unknown): { userId: string } | { error: string } {
      const trigger = typeof id === 'string' ? triggers.get(id) : undefined;
      if (trigger === undefined) return { error: 'invalid_trigger_id' };
      if (trigger.used) return { error: 'exchanged_trigger_id' };
      if (now() - trigger.issuedAt > limits.triggerMs) return { error: 'expired_trigger_id' };
      trigger.used = true;
      return { userId: trigger.userId };
    },

    /** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses: five uses in 30 minutes. */
    issueResponseUrl(target: Pick<ResponseUrl, 'channelId' | 'userId' | 'messageTs' | 'threadTs'>): string {
      const id = secret();
      urls.set(id, { ...target, issuedAt: now(), uses: 0 });
      return id;
    },

    useResponseUrl(id: string): ResponseUrl | { error: string } {
      const url = urls.get(id);
      if (url === undefined) return { error: 'invalid_url' };
      if (now() - url.issuedAt > limits.responseUrlMs) return { error: 'expired_url' };
      if (url.uses >= limits.responseUrlUses) return { error: 'used_url' };
      url.uses += 1;
      return url;
    },
  };
}
