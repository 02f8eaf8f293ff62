import { type Json, parseJson } from './json.ts';
import type { OperationName } from './operations.ts';
import type { PolicyDocument, PolicyStatement } from './types.ts';
import { unreadable } from './unread.ts';

/** Text that is not an IAM policy. */
export class MalformedPolicyError extends Error {}

type Principal = PolicyStatement['principal'];

/**
 * Reads IAM JSON into one shape: every "string or list" is a list, nothing else is changed.
 * Throws MalformedPolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(json: string): PolicyDocument {
  const document = objectOf(parseJson(json), 'the policy');
  return {
    version: typeof document.Version === 'string' ? document.Version : null,
    statements: listOf(document.Statement).map(statementOf),
  };
}

/** The policy in an answer of AWS; what is malformed becomes an UnreadError. */
export function policyIn(json: string, operation: OperationName, input: object): PolicyDocument {
  try {
    return parsePolicy(json);
  } catch (error) {
    throw error instanceof MalformedPolicyError ? unreadable(operation, input, error.message) : error;
  }
}

function statementOf(value: unknown): PolicyStatement {
  const statement = objectOf(value, 'a statement of the policy');
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new MalformedPolicyError('a statement of the policy neither allows nor denies');
  }
  return {
    sid: typeof statement.Sid === 'string' ? statement.Sid : null,
    effect,
    principal: principalOf(statement.Principal),
    notPrincipal: principalOf(statement.NotPrincipal),
    actions: textsOf(statement.Action),
    notActions: textsOf(statement.NotAction),
    resources: textsOf(statement.Resource),
    notResources: textsOf(statement.NotResource),
    conditions: mapped(statement.Condition, operator => mapped(operator, textsOf)),
  };
}

function principalOf(value: unknown): Principal {
  if (value === undefined) return null;
  return value === '*' ? '*' : mapped(value, textsOf);
}

function mapped<T>(value: unknown, convert: (value: unknown) => T): Record<string, T> {
  if (value === undefined) return {};
  const entries = Object.entries(objectOf(value, 'a principal or condition of the policy'));
  return Object.fromEntries(entries.map(([key, inner]) => [key, convert(inner)]));
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new MalformedPolicyError(`${what} is not a JSON object`);
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Conditions may hold booleans and numbers: `{"Bool": {"aws:SecureTransport": true}}`. */
function textsOf(value: unknown): string[] {
  return listOf(value).map(String);
}
