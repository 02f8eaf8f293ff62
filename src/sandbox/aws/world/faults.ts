/** What goes wrong between the asker and AWS, whatever the world holds. */
import { z } from 'zod';

/** `iam:GetRole`, `apigatewayv2:GetStage`; `iam:*` and `*` take all. */
const operation = z.string().regex(/^(\*|[a-z0-9]+:(\*|[A-Z]\w+))$/, 'must be service:Operation, service:* or *');

export const faults = z.strictObject({
  denied: z.array(operation).default([]).describe("Answered with the service's own AccessDenied, naming the action."),
  throttled: z
    .record(operation, z.union([z.int().positive(), z.literal('always')]))
    .default({})
    .describe("Answered with the service's own throttling error: the first so many calls, or always."),
  failing: z.array(operation).default([]).describe('Answered with 500.'),
  hanging: z.array(operation).default([]).describe('Never answered.'),
  malformed: z
    .array(operation)
    .default([])
    .describe('Answered with 200 and the page of a proxy in place of what AWS says.'),
  missing: z
    .array(operation)
    .default([])
    .describe("Answered as if there were no such thing, where AWS documents that, in the service's own words."),
  expiredCredentials: z.boolean().default(false),
  latencyMs: z.number().min(0).default(0).describe('Added to every answer.'),
});

/** Largest page by operation, whatever the asker wants: makes small worlds page. */
export const pageSize = z.record(operation, z.int().positive());

export type Faults = z.output<typeof faults>;
