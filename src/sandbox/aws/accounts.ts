/** Several accounts behind one endpoint: whose a request is, and the sessions that AssumeRole opens in another of them. */
import { randomBytes } from 'node:crypto';
import { expiredCredentials, unknownCredentials } from './denials.ts';
import type { Asked } from './wire/protocols.ts';
import type { World } from './world.ts';

export interface NewSession {
  accountId: string;
  /** Of the assumed role's session. */
  arn: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface IssuedCredentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
  Expiration: Date;
}

export interface Accounts {
  /** What IAM of an account knows, the same in all its Regions; null where no such account is served. */
  worldIn(accountId: string): World | null;
  issue(session: NewSession): IssuedCredentials;
  /** The world that the asker of a request sees. Throws WireError where its credentials are not valid. */
  worldOf(asked: Asked, now: number): World;
}

interface Session extends NewSession {
  token: string;
}

/** Credentials of a session begin so (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html). */
const sessionKey = 'ASIA';

/** The first world is that of the process's own credentials, whatever they are. */
export function createAccounts(worlds: readonly [World, ...World[]]): Accounts {
  const sessions = new Map<string, Session>();
  const [own] = worlds;
  const among = (accountId: string, region: string): World | undefined =>
    worlds.find(world => world.accountId === accountId && world.region === region) ??
    worlds.find(world => world.accountId === accountId);

  return {
    worldIn: accountId => worlds.find(world => world.accountId === accountId) ?? null,
    issue(session) {
      const AccessKeyId = `${sessionKey}${randomBytes(8).toString('hex').toUpperCase()}`;
      const SessionToken = randomBytes(24).toString('base64');
      sessions.set(AccessKeyId, { ...session, token: SessionToken });
      return {
        AccessKeyId,
        SecretAccessKey: randomBytes(20).toString('hex'),
        SessionToken,
        Expiration: new Date(session.expiresAt),
      };
    },
    worldOf(asked, now) {
      const { accessKeyId, sessionToken, region } = asked;
      if (!accessKeyId.startsWith(sessionKey)) return among(own.accountId, region) ?? own;
      const session = sessions.get(accessKeyId);
      if (session === undefined || session.token !== sessionToken) throw unknownCredentials(asked);
      if (now >= session.expiresAt) throw expiredCredentials(asked);
      const world = among(session.accountId, region) ?? own;
      return { ...world, account: { ...world.account, callerArn: session.arn } };
    },
  };
}
