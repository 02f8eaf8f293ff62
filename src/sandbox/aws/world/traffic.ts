/**
 * The compact description of requests. One flow is one kind of request, repeated; several flows overlay. From it the
 * world derives metrics, execution log, access log, function log and WAF records, consistently.
 */
import { z } from 'zod';
import { text } from './documents.ts';
import { duration, moment } from './time.ts';

/** One number, or `[lowest, highest]` for values spread evenly between them. */
const spread = z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)])]);

/** What the function did with each request. */
const invocation = z.strictObject({
  /** The integration's own function where not told. */
  name: text.optional(),
  durationMs: spread.optional(),
  memoryUsedMb: z.int().default(74),
  initMs: z.number().optional(),
  /** The invocation counts as an error; the text is written to the function's log as a JSON error line. */
  error: text.optional(),
  /** Lambda refused the invocation: it counts as a throttle, and nothing is written to the function's log. */
  throttled: z.boolean().default(false),
  /** Lines that the function writes, between START and END. */
  lines: z.array(z.string()).default([]),
  /** What follows `Status:` in the REPORT line: `timeout`, `error`. */
  reportStatus: text.optional(),
});

export const flow = z
  .strictObject({
    /** Id of the API. */
    api: text,
    /** The only stage where not told. */
    stage: text.optional(),
    /** `GET /orders` as the API declares it, or as the client sends it; a route key for WebSocket APIs. */
    route: text,
    /** The path that the client sends, where it differs from the declared one. */
    path: z.string().startsWith('/').optional(),
    /** First request; two weeks back where not told. */
    from: moment.default(-14 * 86_400_000),
    /** End, exclusive; it goes on for ever where not told. */
    to: moment.optional(),
    every: duration.optional(),
    perMinute: z.number().positive().optional(),
    /** Status that the client gets. */
    status: z.int().min(100).max(599).default(200),
    latencyMs: spread.optional(),
    integrationLatencyMs: spread.optional(),
    /**
     * Lines that the execution log has instead of a response, after the request was sent: the failure lines.
     * Without it the trace is that of a request that the integration answered.
     */
    execution: z.array(z.string()).optional(),
    /** False: the request failed before an integration request was made (authorizer, WAF, mapping). */
    sent: z.boolean().default(true),
    /** Access-log variables without `$context.`, over the derived ones. */
    access: z.record(text, z.union([z.string(), z.number()])).default({}),
    /** null: not invoked. Where not told, a Lambda integration is invoked unless the status is 4xx or 5xx. */
    function: invocation.nullable().optional(),
    /** WAF's decision, where it is recorded. */
    waf: z
      .strictObject({
        rule: text,
        action: z.enum(['ALLOW', 'BLOCK', 'COUNT', 'CAPTCHA', 'CHALLENGE']).default('BLOCK'),
      })
      .optional(),
    /** Goes to the stage's canary. */
    canary: z.boolean().default(false),
    /** WebSocket metrics count these apart. */
    webSocket: z.enum(['message', 'connect']).default('message'),
    sourceIp: text.default('203.0.113.10'),
  })
  .refine(({ every, perMinute }) => (every === undefined) !== (perMinute === undefined), {
    message: 'give either every or perMinute',
    path: ['every'],
  })
  .refine(({ from, to }) => to === undefined || from < to, { message: 'from must be before to', path: ['from'] });

export type Flow = z.output<typeof flow>;
export type Invocation = z.output<typeof invocation>;
export type Spread = z.output<typeof spread>;
