/** AssumeRole (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html), for roles of the worlds served. */

import { hashOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import type { StatementText } from '../world/documents.ts';
import { callerArn, partitionOf } from '../world/lookup.ts';
import type { World } from '../world.ts';
import type { Handler } from './ask.ts';
import { conditionsHold, list, wildcard } from './simulate.ts';

const roleShape = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;

/** Of a role whose maximum was not raised. */
const maxSessionSeconds = 3_600;

export const assumeRole: Handler<'sts:AssumeRole'> = (input, { world, accounts, now }) => {
  const { RoleArn = '', RoleSessionName = '', ExternalId, DurationSeconds = 3_600, Policy, PolicyArns = [] } = input;
  if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) throw invalid('roleSessionName');
  if (ExternalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(ExternalId)) throw invalid('externalId');
  if (Policy !== undefined && Policy.length > 2_048) throw invalid('policy');
  const policy = new RegExp(`^arn:${partitionOf(world.region)}:iam::(aws|\\d{12}):policy/[\\w+=,.@/-]+$`);
  if (PolicyArns.length > 10 || !PolicyArns.every(({ arn = '' }) => policy.test(arn))) throw invalid('policyArns');
  if (DurationSeconds < 900 || DurationSeconds > maxSessionSeconds) {
    throw new WireError(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  const [, partition, accountId = '', name = ''] = roleShape.exec(RoleArn) ?? [];
  const home = accounts.worldIn(accountId);
  const role = home?.roles[name];
  const known = partition === partitionOf(world.region) && role !== undefined;
  // AWS tells a role that does not exist in the same words, so that nobody can find out which do.
  if (!known || !trusts(role.trust.Statement, world, ExternalId)) {
    throw new WireError(
      'AccessDenied',
      403,
      `User: ${callerArn(world)} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    );
  }
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${RoleSessionName}`;
  const id = `AROA${hashOf(`${accountId}/${name}`).toString('hex').slice(0, 17).toUpperCase()}`;
  return {
    Credentials: accounts.issue({ accountId, arn, expiresAt: now + DurationSeconds * 1_000 }),
    AssumedRoleUser: { Arn: arn, AssumedRoleId: `${id}:${RoleSessionName}` },
    PackedPolicySize: PolicyArns.length,
  };
};

function trusts(statements: StatementText[], caller: World, externalId: string | undefined): boolean {
  const context = {
    'aws:principalaccount': [caller.accountId],
    'aws:principalarn': [callerRole(caller)],
    ...(externalId !== undefined && { 'sts:externalid': [externalId] }),
  };
  const fitting = statements.filter(
    statement =>
      list(statement.Action).some(action => wildcard(action.toLowerCase(), 'sts:assumerole')) &&
      isCaller(statement, caller) &&
      conditionsHold(statement, context).holds,
  );
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow');
}

/** The account itself, its role, or the session of that role. */
function isCaller({ Principal }: StatementText, caller: World): boolean {
  if (Principal === undefined) return false;
  const root = `arn:${partitionOf(caller.region)}:iam::${caller.accountId}:root`;
  const names = ['*', caller.accountId, root, callerRole(caller), callerArn(caller)];
  return Principal === '*' || list(Principal.AWS).some(name => names.includes(name));
}

/** The role whose session asks: what trust policies name, and what aws:PrincipalArn is. */
function callerRole(caller: World): string {
  return callerArn(caller).replace(/:sts::(\d+):assumed-role\/([^/]+)\/.*$/, ':iam::$1:role/$2');
}

function invalid(member: string): WireError {
  return new WireError(
    'ValidationError',
    400,
    `1 validation error detected: Value at '${member}' failed to satisfy constraint`,
  );
}
