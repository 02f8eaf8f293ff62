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
  name: text.optional().describe("The integration's own function where not told."),
  durationMs: spread.optional().describe('How long it ran: a number, or [lowest, highest].'),
  memoryUsedMb: z.int().default(74).describe('Max Memory Used of the REPORT line.'),
  initMs: z.number().optional().describe('Init Duration of the REPORT line.'),
  error: text
    .optional()
    .describe("The invocation counts as an error; the text is written to the function's log as a JSON error line."),
  throttled: z
    .boolean()
    .default(false)
    .describe("Lambda refused the invocation: it counts as a throttle, and nothing is written to the function's log."),
  lines: z.array(z.string()).default([]).describe('Lines that the function writes, between START and END.'),
  reportStatus: text.optional().describe('What follows `Status:` in the REPORT line: `timeout`, `error`.'),
});

export const flow = z
  .strictObject({
    api: text.describe('Id of the API.'),
    stage: text.optional().describe('The only stage where not told.'),
    route: text.describe(
      '`GET /orders` as the API declares it, or as the client sends it; a route key for WebSocket APIs.',
    ),
    path: z
      .string()
      .startsWith('/')
      .optional()
      .describe('The path that the client sends, where it differs from the declared one.'),
    from: moment.default(-14 * 86_400_000).describe('First request; two weeks back where not told.'),
    to: moment.optional().describe('End, exclusive; it goes on for ever where not told.'),
    every: duration.optional().describe('Time between two requests. Give this or `perMinute`.'),
    perMinute: z.number().positive().optional().describe('Requests a minute.'),
    status: z.int().min(100).max(599).default(200).describe('Status that the client gets.'),
    latencyMs: spread
      .optional()
      .describe('Latency that the client sees; a little over the integration latency where not told.'),
    integrationLatencyMs: spread
      .optional()
      .describe("The integration's share; a little over the function's duration where not told."),
    execution: z
      .array(z.string())
      .optional()
      .describe(
        'Lines of the execution log after the request was sent, instead of an answer: the failure lines. Without it the integration answered.',
      ),
    sent: z
      .boolean()
      .default(true)
      .describe('False: the request failed before an integration request was made (authorizer, WAF, mapping).'),
    access: z
      .record(text, z.union([z.string(), z.number()]))
      .default({})
      .describe('Access-log variables without `$context.`, over the derived ones.'),
    function: invocation
      .nullable()
      .optional()
      .describe(
        'What the function did; null: not invoked. Where not told, a Lambda integration that answered has run.',
      ),
    waf: z
      .strictObject({
        rule: text,
        action: z.enum(['ALLOW', 'BLOCK', 'COUNT', 'CAPTCHA', 'CHALLENGE']).default('BLOCK'),
      })
      .optional()
      .describe("WAF's decision, for its log, samples and metrics."),
    canary: z.boolean().default(false).describe("Goes to the stage's canary."),
    webSocket: z.enum(['message', 'connect']).default('message').describe('WebSocket metrics count these apart.'),
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
