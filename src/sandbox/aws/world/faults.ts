/** What goes wrong between the asker and AWS, whatever the world holds. */
import { z } from 'zod';

/** `iam:GetRole`, `apigatewayv2:GetStage`; `iam:*` and `*` take all. */
const operation = z.string().regex(/^(\*|[a-z0-9]+:(\*|[A-Z]\w+))$/, 'must be service:Operation, service:* or *');

export const faults = z.strictObject({
  /** Answered with the service's own AccessDenied, naming the action. */
  denied: z.array(operation).default([]),
  /** Answered with the service's own throttling error: the first so many calls, or always. */
  throttled: z.record(operation, z.union([z.int().positive(), z.literal('always')])).default({}),
  /** Answered with 500. */
  failing: z.array(operation).default([]),
  /** Never answered. */
  hanging: z.array(operation).default([]),
  expiredCredentials: z.boolean().default(false),
  /** Added to every answer. */
  latencyMs: z.number().min(0).default(0),
});

/** Largest page by operation, whatever the asker wants: makes small worlds page. */
export const pageSize = z.record(operation, z.int().positive());

export type Faults = z.output<typeof faults>;
