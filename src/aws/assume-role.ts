import type { AwsCredentials } from './clients.ts';
import type { Send } from './send.ts';
import { UnreadError } from './unread.ts';

/** An account that is read through a role in it. */
export interface RoleAccount {
  id: string;
  roleArn: string;
  /** Asked for by the role's trust policy, so that nobody else can make the bot enter an account for him. */
  externalId?: string | undefined;
}

/** What CloudTrail of the other account shows as who asked. */
export const sessionName = 'apigw-500';

/** STS's default, and all that a role gets which is assumed from another role's session. */
const sessionSeconds = 3_600;

/** Fresh credentials are asked for so long before the old ones end. */
const refreshMs = 5 * 60_000;

/** What a call needs at the most, its retries included: credentials with less left are as good as gone. */
const lastUseMs = 30_000;

/**
 * Credentials of a role in another account, kept until shortly before they end. Calls that need them at the same time
 * share one sts:AssumeRole. Whatever the role allows, the session may only read: AWS's own ReadOnlyAccess is its session
 * policy, by ARN, because the actions that are read would not fit into the 2,048 characters of an inline one.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * Rejects with UnreadError.
 */
export function assumedRole(account: RoleAccount, send: Send, clock: () => Date): () => Promise<AwsCredentials> {
  let current: AwsCredentials | null = null;
  let refreshing: Promise<AwsCredentials> | null = null;
  const leftMs = () => (current?.expiration?.getTime() ?? 0) - clock().getTime();
  const refresh = () => {
    refreshing ??= assume(account, send)
      .then(fresh => {
        current = fresh;
        return fresh;
      })
      .finally(() => {
        refreshing = null;
      });
    return refreshing;
  };
  const provide = async () => {
    const before = current;
    if (before !== null && leftMs() > refreshMs) return before;
    if (before === null || leftMs() < lastUseMs) return refresh();
    // They still hold: no call has to fail because STS does.
    return refresh().catch(() => before);
  };
  // The SDK would keep them by the clock of the host; `memoized` leaves that to us.
  return Object.assign(provide, { memoized: true });
}

async function assume({ id, roleArn, externalId }: RoleAccount, send: Send): Promise<AwsCredentials> {
  const [, partition = 'aws'] = roleArn.split(':');
  try {
    const { Credentials: issued } = await send('sts:AssumeRole', {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: sessionSeconds,
      PolicyArns: [{ arn: `arn:${partition}:iam::aws:policy/ReadOnlyAccess` }],
      ...(externalId !== undefined && { ExternalId: externalId }),
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
      throw new UnreadError(
        'sts:AssumeRole',
        'timeout',
        'sts:AssumeRole answered without credentials.',
        'Run this again; if it stays so, check what answers in place of AWS (AWS_ENDPOINT_URL).',
      );
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
      accountId: id,
    };
  } catch (error) {
    throw error instanceof UnreadError ? notEntered(error, { id, roleArn, externalId }) : error;
  }
}

/** AWS tells a wrong external id, a trust policy that leaves the bot out, and a lacking permission in the same words. */
function notEntered(error: UnreadError, { id, roleArn, externalId }: RoleAccount): UnreadError {
  const { reason, permission } = error;
  const message = `Account ${id} cannot be read, because its role ${roleArn} could not be assumed: ${error.message}`;
  if (permission !== 'sts:AssumeRole')
    return new UnreadError('sts:AssumeRole', reason, message, error.remedy, permission);
  const condition =
    externalId === undefined
      ? 'asks for no external id (none is configured for it)'
      : 'asks for the external id that is configured for it';
  return new UnreadError(
    'sts:AssumeRole',
    reason,
    message,
    `In account ${id}, check that the role exists, that its trust policy names the bot's own account or role, and that it ${condition}; in the bot's own account, grant sts:AssumeRole on ${roleArn} to the role of the bot.`,
    permission,
  );
}
