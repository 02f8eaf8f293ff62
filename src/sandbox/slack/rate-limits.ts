import { type Tier, tiers } from './limits.ts';

/** `strict`: Slack's tiers. `off`: none, for tests that are about something else. */
export type RateLimits = 'strict' | 'off' | { channelBurst: number; perMinute: Partial<Record<Tier, number>> };

/** Posts that a channel takes at once before it holds the app to one a second. */
const defaultBurst = 4;

/**
 * Counts calls as Slack does: a method's tier over the last minute, and about one message a second in each channel
 * with short bursts. Both answer the seconds to wait, or null. https://docs.slack.dev/apis/web-api/rate-limits
 */
export function createRateLimiter(settings: RateLimits, clock: () => Date) {
  const calls = new Map<string, number[]>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  const off = settings === 'off';
  const burst = typeof settings === 'object' ? settings.channelBurst : defaultBurst;

  return {
    method(name: string, tier: Tier): number | null {
      if (off) return null;
      const allowed = (typeof settings === 'object' ? settings.perMinute[tier] : undefined) ?? tiers[tier];
      const now = clock().getTime();
      const recent = (calls.get(name) ?? []).filter(at => now - at < 60_000);
      calls.set(name, recent);
      const oldest = recent[0];
      if (oldest !== undefined && recent.length >= allowed)
        return Math.max(1, Math.ceil((oldest + 60_000 - now) / 1000));
      recent.push(now);
      return null;
    },

    channel(channelId: string): number | null {
      if (off) return null;
      const now = clock().getTime();
      const bucket = buckets.get(channelId) ?? { tokens: burst, at: now };
      bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / 1000);
      bucket.at = now;
      buckets.set(channelId, bucket);
      if (bucket.tokens < 1) return 1;
      bucket.tokens -= 1;
      return null;
    },
  };
}
