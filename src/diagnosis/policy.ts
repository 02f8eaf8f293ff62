/**
 * A narrow evaluator for resource-based policies and trust policies, where AWS has no simulator: IAM's simulates
 * neither service principals nor resource policies for roles.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import type { PolicyDocument, PolicyStatement } from '../aws/types.ts';
import {
  all,
  any,
  type Context,
  conditionHolds,
  matchesResource,
  matchesText,
  not,
  type Truth,
} from './policy-match.ts';
import { lowerFirst } from './wording.ts';

export type Principal =
  | { kind: 'service'; name: string }
  | { kind: 'role'; arn: string }
  | { kind: 'anonymous' }
  /** Somebody with AWS credentials; who, cannot be told. */
  | { kind: 'signed' };

/** A `*` or `**` in the resource or in a value of the context makes it a set of requests (policy-match.ts). */
export interface PolicyRequest {
  principal: Principal;
  action: string;
  /** null where the policy's statements name no resource: trust policies. */
  resource: string | null;
  context: Context;
}

export interface Evaluation {
  decision: 'allow' | 'explicit-deny' | 'implicit-deny' | 'unknown';
  /** The one that decided or cannot be told; for an implicit deny the Allow that comes closest. */
  statement: PolicyStatement | null;
  /** All statements of the policy, in their order. */
  among: readonly PolicyStatement[];
  /** One sentence. */
  because: string;
}

/** Deny wins. A statement that cannot be told makes the decision `unknown` wherever it could change it. */
export function evaluatePolicy(document: PolicyDocument, request: PolicyRequest): Evaluation {
  const read = document.statements.map((statement, index) => {
    const parts = partsOf(statement, request);
    return { statement, parts, truth: all(parts.map(part => part.truth)), name: nameOf(statement, index) };
  });
  const among = document.statements;
  const denials = read.filter(one => one.statement.effect === 'Deny');
  const allows = read.filter(one => one.statement.effect === 'Allow');
  const denied = denials.find(one => one.truth === true);
  if (denied) return evaluation('explicit-deny', denied, among, `${denied.name} denies ${request.action}.`);
  const untold = (one: (typeof read)[number]) => typeof one.truth === 'string';
  const allowed = allows.find(one => one.truth === true);
  const mayAllow = allows.find(untold);
  if (!allowed && !mayAllow) return nearest(allows, among, request);
  const open = denials.find(untold) ?? (allowed ? undefined : mayAllow);
  if (open) return evaluation('unknown', open, among, `${open.name} ${open.truth}.`);
  return evaluation('allow', allowed, among, `${allowed?.name} allows ${request.action}.`);
}

interface Part {
  truth: Truth;
  /** What the statement asks for; told where it does not hold. */
  wants: string;
}

interface ReadStatement {
  statement: PolicyStatement;
  parts: Part[];
}

function evaluation(
  decision: Evaluation['decision'],
  one: ReadStatement | undefined,
  among: readonly PolicyStatement[],
  because: string,
): Evaluation {
  return { decision, statement: one?.statement ?? null, among, because };
}

function nearest(
  allows: (ReadStatement & { name: string })[],
  among: readonly PolicyStatement[],
  request: PolicyRequest,
): Evaluation {
  const missing = `No statement allows ${request.action} to ${principalName(request.principal)}`;
  const reach = (one: ReadStatement) => one.parts.findIndex(part => part.truth === false);
  const closest = allows.filter(one => reach(one) > 0).sort((a, b) => reach(b) - reach(a))[0];
  if (!closest) return evaluation('implicit-deny', undefined, among, `${missing}.`);
  const wants = closest.parts[reach(closest)]?.wants ?? '';
  return evaluation('implicit-deny', closest, among, `${missing}; the closest, ${lowerFirst(closest.name)}, ${wants}.`);
}

/** In the order in which a statement is told apart from the request: who, what, on what, when. */
function partsOf(statement: PolicyStatement, request: PolicyRequest): Part[] {
  const { actions, notActions, resources, notResources } = statement;
  return [
    { truth: appliesTo(statement, request.principal), wants: 'is for other principals' },
    {
      truth: element(actions, notActions, pattern =>
        matchesText(pattern.toLowerCase(), request.action.toLowerCase(), true),
      ),
      wants: `is for ${list(actions, notActions)}`,
    },
    {
      truth:
        request.resource === null ||
        element(resources, notResources, pattern =>
          matchesResource(expand(pattern, request.resource ?? ''), request.resource ?? ''),
        ),
      wants: `is for ${list(resources, notResources)}`,
    },
    ...Object.entries(statement.conditions).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        truth: conditionHolds(operator, key, values, request.context),
        wants: `requires ${key} ${operator} ${values.join(' or ')}`,
      })),
    ),
  ];
}

function element(wanted: string[], excluded: string[], matches: (pattern: string) => Truth): Truth {
  return excluded.length > 0 ? not(any(excluded.map(matches))) : any(wanted.map(matches));
}

function list(wanted: string[], excluded: string[]): string {
  return excluded.length > 0 ? `anything but ${excluded.join(', ')}` : wanted.join(', ') || 'nothing';
}

function appliesTo({ principal, notPrincipal }: PolicyStatement, who: Principal): Truth {
  if (notPrincipal !== null) return not(names(notPrincipal, who));
  return principal !== null && names(principal, who);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function names(principal: NonNullable<PolicyStatement['principal']>, who: Principal): Truth {
  if (principal === '*') return true;
  return any(
    Object.entries(principal).flatMap(([kind, values]) =>
      values.map((value): Truth => {
        if (kind === 'AWS' && value === '*') return true;
        if (who.kind === 'service') return kind === 'Service' && value.toLowerCase() === who.name;
        if (who.kind === 'role') return kind === 'AWS' && isRole(value, who.arn);
        return (
          who.kind === 'signed' && kind !== 'Service' && `is for ${value}, and who calls cannot be known from here`
        );
      }),
    ),
  );
}

function isRole(value: string, roleArn: string): boolean {
  const [, partition, , , account] = roleArn.split(':');
  return value === roleArn || value === account || value === `arn:${partition}:iam::${account}:root`;
}

/** API Gateway takes `execute-api:/stage/METHOD/path` for its own API's ARN. */
function expand(pattern: string, resource: string): string {
  return pattern.startsWith('execute-api:/')
    ? resource.replace(/\/.*$/s, '') + pattern.slice('execute-api:'.length)
    : pattern;
}

function nameOf(statement: PolicyStatement, index: number): string {
  return statement.sid === null ? `Statement ${index + 1}` : `Statement "${statement.sid}"`;
}

function principalName(principal: Principal): string {
  if (principal.kind === 'service') return principal.name;
  if (principal.kind === 'role') return principal.arn;
  return principal.kind === 'anonymous' ? 'everybody' : 'signed callers';
}

const roles: Record<Evaluation['decision'], string> = {
  allow: 'decides',
  'explicit-deny': 'decides',
  'implicit-deny': 'comes closest',
  unknown: 'cannot be told',
};

/** How many of the others stand on each side of it; the rest is counted. */
const neighbours = 2;

/**
 * The statement that decided in its place, marked, with the others around it in a line each; nothing where no statement
 * did. `match` is the marked line.
 */
export function decidedBy({ decision, statement, among }: Evaluation): { excerpt?: string; match?: string } {
  if (statement === null) return {};
  const at = among.indexOf(statement);
  if (at < 0 || among.length < 2) return { excerpt: statementText(statement) };
  const number = (index: number) => `${index + 1} of ${among.length}`;
  const brief = ({ effect, sid }: PolicyStatement) => (sid === null ? effect : `${effect} "${sid}"`);
  const others = among.map((one, index) => `${number(index)}: ${brief(one)}`);
  const before = others.slice(Math.max(0, at - neighbours), at);
  const after = others.slice(at + 1, at + 1 + neighbours);
  const [above, below] = [at - before.length, among.length - at - 1 - after.length];
  const match = `> ${number(at)} ${roles[decision]}: ${brief(statement)}`;
  const excerpt = [
    ...(above > 0 ? [`${above} more above`] : []),
    ...before,
    match,
    statementText(statement).replace(/^/gm, '  '),
    ...after,
    ...(below > 0 ? [`${below} more below`] : []),
  ].join('\n');
  return { excerpt, match };
}

/** A statement as IAM writes it, for people to compare. */
export function statementText(statement: PolicyStatement): string {
  const entries: [string, unknown][] = [
    ['Sid', statement.sid],
    ['Effect', statement.effect],
    ['Principal', unlisted(statement.principal)],
    ['NotPrincipal', unlisted(statement.notPrincipal)],
    ['Action', unlisted(statement.actions)],
    ['NotAction', unlisted(statement.notActions)],
    ['Resource', unlisted(statement.resources)],
    ['NotResource', unlisted(statement.notResources)],
    ['Condition', Object.keys(statement.conditions).length === 0 ? null : unlisted(statement.conditions)],
  ];
  return JSON.stringify(
    Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined)),
    null,
    2,
  );
}

/** IAM writes a list of one as its only value. */
function unlisted(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 1 ? value : value[0];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unlisted(inner)]));
}
