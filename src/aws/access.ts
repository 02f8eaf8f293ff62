import { setTimeout as delay } from 'node:timers/promises';
import { redact } from '../redact.ts';
import { type ClientOptions, type Clients, type Credentials, openClients, type Timeouts } from './clients.ts';
import { partitionOf } from './regions.ts';
import { sdkSend } from './send.ts';
import { type Buckets, openBuckets, throttled } from './throttle.ts';
import type { Access, Aws } from './types.ts';
import { UnreadError } from './unread.ts';

export interface AccessOptions {
  /** Where to ask when nobody says. */
  region: string;
  /** One endpoint for every service; left out: AWS's own, or what AWS_ENDPOINT_URL says. */
  endpoint?: string | undefined;
  /** Of the process's own account; left out: the SDK's default chain. */
  credentials?: Credentials | undefined;
  /** Other accounts that may be asked, by id, each with credentials of its own. */
  accounts?: Readonly<Record<string, Credentials>> | undefined;
  /** Share of each AWS quota that may be used, above 0 and up to 1. */
  quotaShare?: number | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  clock: () => Date;
  sleep?: ((ms: number) => Promise<void>) | undefined;
}

/** Clients and quotas of one account, shared by all its Regions. */
interface Account {
  clients: Clients;
  buckets: Buckets;
}

/** What a Region's name may be made of; it becomes part of host names. */
const regionName = /^[a-z]{2,5}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** The one way into AWS; each account and Region is opened once. */
export function openAccess(options: AccessOptions): Access {
  const accounts = new Map<string, Account>();
  const opened = new Map<string, Aws>();
  let identity: Promise<string | null> | undefined;
  let ownId: string | null = null;

  const accountWith = (key: string, credentials: Credentials | undefined): Account => {
    const known = accounts.get(key);
    if (known) return known;
    const buckets = openBuckets({
      clock: options.clock,
      sleep: options.sleep ?? (ms => delay(ms)),
      share: options.quotaShare,
    });
    const clientOptions: ClientOptions = {
      credentials,
      endpoint: options.endpoint,
      timeouts: options.timeouts,
      onThrottle: buckets.slow,
    };
    const account = { clients: openClients(clientOptions), buckets };
    accounts.set(key, account);
    return account;
  };

  const own = (): Account => accountWith('own', options.credentials);

  const ownAccountId = async (): Promise<string | null> => {
    identity ??= identityOf(own().clients, options.region);
    ownId = await identity;
    if (ownId === null) identity = undefined;
    return ownId;
  };

  const accountOf = (accountId: string | null): Account => {
    if (accountId === null || accountId === ownId) return own();
    const credentials = options.accounts?.[accountId];
    if (credentials === undefined) throw foreign(accountId, ownId);
    return accountWith(accountId, credentials);
  };

  return {
    async open(accountId, region) {
      const where = region ?? options.region;
      if (!regionName.test(where)) throw noRegion(where);
      // Only the choice between accounts has to wait; reading the own one need not know its id.
      if (accountId !== null) await ownAccountId();
      const known = accountId ?? ownId;
      const key = `${known} ${where}`;
      const before = opened.get(key);
      if (before) return before;
      const { clients, buckets } = accountOf(accountId);
      const aws: Aws = {
        send: throttled(sdkSend(clients, where), buckets, where),
        accountId: known,
        region: where,
        partition: partitionOf(where),
      };
      opened.set(key, aws);
      return aws;
    },
    ownAccountId,
    close() {
      for (const { clients } of accounts.values()) clients.close();
    },
  };
}

async function identityOf(clients: Clients, region: string): Promise<string | null> {
  try {
    const { Account } = await sdkSend(clients, region)('sts:GetCallerIdentity', {});
    return Account ?? null;
  } catch (error) {
    if (error instanceof UnreadError) return null;
    throw error;
  }
}

function foreign(accountId: string, ownId: string | null): UnreadError {
  const own = ownId === null ? 'and the account of its own credentials could not be read' : `its own is ${ownId}`;
  return new UnreadError(
    'sts:GetCallerIdentity',
    'access_denied',
    `The bot has no access to account ${accountId}: ${own}.`,
    `Add account ${accountId} to the accounts in the bot's configuration file, or check the bot's AWS credentials.`,
  );
}

function noRegion(region: string): UnreadError {
  return new UnreadError(
    'sts:GetCallerIdentity',
    'not_found',
    `${redact(region.slice(0, 50))} is not the name of an AWS Region.`,
    'Give the Region as in eu-west-1: set AWS_REGION, or name it in the request.',
  );
}
