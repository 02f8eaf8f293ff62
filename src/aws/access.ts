import { setTimeout as delay } from 'node:timers/promises';
import { redact } from '../redact.ts';
import { assumedRole } from './assume-role.ts';
import { type ClientOptions, type Clients, type Credentials, openClients, type Timeouts } from './clients.ts';
import { partitionOf } from './regions.ts';
import { sdkSend } from './send.ts';
import { type Buckets, openBuckets, throttled } from './throttle.ts';
import type { Access, Aws } from './types.ts';
import { UnreadError } from './unread.ts';

/** One account of the configuration file. */
export interface ConfiguredAccount {
  id: string;
  /** Left out for the account of the process's own credentials, of which more than the default Region is looked at. */
  roleArn?: string | undefined;
  externalId?: string | undefined;
  /** Where to look in it; other Regions are read where a target says so. */
  regions: readonly string[];
}

export interface AccessOptions {
  /** Where to ask when nobody says. */
  region: string;
  /** One endpoint for every service; left out: AWS's own, or what AWS_ENDPOINT_URL says. */
  endpoint?: string | undefined;
  /** Of the process's own account; left out: the SDK's default chain. */
  credentials?: Credentials | undefined;
  accounts?: readonly ConfiguredAccount[] | undefined;
  /** Share of each AWS quota that may be used, above 0 and up to 1. */
  quotaShare?: number | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  /** Told of the time on AWS's clock with every answer. */
  onDate?: ((at: Date) => void) | undefined;
  clock: () => Date;
  sleep?: ((ms: number) => Promise<void>) | undefined;
}

/** Clients and quotas of one account, shared by all its Regions. */
interface Account {
  clients: Clients;
  buckets: Buckets;
  /** Resolves once the account may be asked. Rejects with UnreadError. */
  entered(): Promise<unknown>;
}

/** What a Region's name may be made of; it becomes part of host names. */
const regionName = /^[a-z]{2,5}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** The one way into AWS; each account and Region is opened once. */
export function openAccess(options: AccessOptions): Access {
  const configured = new Map(options.accounts?.map(account => [account.id, account]));
  const accounts = new Map<string, Account>();
  const opened = new Map<string, Aws>();
  let identity: Promise<string | null> | undefined;
  let ownId: string | null = null;

  const accountWith = (key: string, credentials: Credentials | undefined, entered: Account['entered']): Account => {
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
      onDate: options.onDate,
    };
    const account = { clients: openClients(clientOptions), buckets, entered };
    accounts.set(key, account);
    return account;
  };

  const own = (): Account => accounts.get('own') ?? accountWith('own', options.credentials, () => Promise.resolve());

  const ownAccountId = async (): Promise<string | null> => {
    identity ??= identityOf(own().clients, options.region);
    ownId = await identity;
    if (ownId === null) identity = undefined;
    return ownId;
  };

  const otherAccount = (accountId: string): Account => {
    const known = accounts.get(accountId);
    if (known) return known;
    const { id, roleArn, externalId, regions = [] } = configured.get(accountId) ?? {};
    if (id === undefined || roleArn === undefined) throw foreign(accountId, ownId);
    // A Region of the role's own partition: STS of another one knows neither the role nor the bot.
    const [, partition] = roleArn.split(':');
    const region = [options.region, ...regions].find(one => partitionOf(one) === partition) ?? options.region;
    const { clients, buckets } = own();
    const send = throttled(sdkSend(clients, region), buckets, region);
    const credentials = assumedRole({ id, roleArn, externalId }, send, options.clock);
    return accountWith(accountId, credentials, credentials);
  };

  const accountOf = (accountId: string | null): Account =>
    accountId === null || accountId === ownId ? own() : otherAccount(accountId);

  /** The default Region, but for an account that is looked at in others only. */
  const regionIn = (accountId: string | null): string => {
    const regions = accountId === null || accountId === ownId ? [] : (configured.get(accountId)?.regions ?? []);
    return regions.includes(options.region) ? options.region : (regions[0] ?? options.region);
  };

  return {
    async open(accountId, region) {
      if (region !== null && !regionName.test(region)) throw noRegion(region);
      // Only the choice between accounts has to wait; reading the own one need not know its id.
      if (accountId !== null) await ownAccountId();
      const where = region ?? regionIn(accountId);
      if (!regionName.test(where)) throw noRegion(where);
      const known = accountId ?? ownId;
      const key = `${known} ${where}`;
      const before = opened.get(key);
      if (before) return before;
      const { clients, buckets, entered } = accountOf(accountId);
      await entered();
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
    places() {
      const others = [...configured.values()].flatMap(({ id, regions }) =>
        regions.map(region => ({ accountId: id, region })),
      );
      return [{ accountId: null, region: options.region }, ...others];
    },
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
    `Add account ${accountId} with a role to the accounts in the bot's configuration file, or check the bot's AWS credentials.`,
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
