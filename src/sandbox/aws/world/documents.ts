/** Shapes that several parts of a world share. */
import { z } from 'zod';

export const text = z.string().min(1);
export const texts = z.record(z.string(), z.string());

const oneOrMany = z.union([z.string(), z.array(z.string())]);
const principal = z.union([z.literal('*'), z.record(z.string(), oneOrMany)]);

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Action: oneOrMany.optional(),
  NotAction: oneOrMany.optional(),
  Resource: oneOrMany.optional(),
  NotResource: oneOrMany.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.union([oneOrMany, z.boolean(), z.number()]))).optional(),
});

/** An IAM policy as IAM writes it; a single statement may stand without its list. */
export const policyDocument = z
  .strictObject({
    Version: z.string().default('2012-10-17'),
    Id: z.string().optional(),
    Statement: z.union([statement.transform(one => [one]), z.array(statement)]),
  })
  .meta({ id: 'policyDocument' });

export type PolicyText = z.output<typeof policyDocument>;
export type StatementText = PolicyText['Statement'][number];

export const accessLogSettings = z.strictObject({
  destinationArn: text.describe('ARN of a log group, or of a Firehose stream named `amazon-apigateway-…`.'),
  format: text,
});
