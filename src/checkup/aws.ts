/** Every read that the bot may make, tried in each account and Region. */
import { boundedAll } from '../aws/bounded.ts';
import { type Probe, probeReads } from '../aws/probes.ts';
import type { Access, Aws, Place } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import type { Config } from '../config.ts';
import type { Line } from './types.ts';

export interface AwsCheck {
  lines: Line[];
  nothingReadable: boolean;
}

/** Answers of one account and Region. */
interface Tried {
  lines: Line[];
  allowed: number;
}

/** Accounts at once; within one, the Regions come one after the other. */
const accountsAtOnce = 4;

export async function checkAws(access: Access, accounts: Config['accounts'], clock: () => Date): Promise<AwsCheck> {
  const ownId = await access.ownAccountId();
  const byAccount = new Map<string | null, Set<string>>();
  for (const { accountId, region } of access.places()) {
    const key = accountId === ownId ? null : accountId;
    byAccount.set(key, (byAccount.get(key) ?? new Set()).add(region));
  }
  const tried = await boundedAll([...byAccount], accountsAtOnce, ([accountId, regions]) =>
    tryAccount(accountId, [...regions], access, clock),
  );
  const all = tried.flat();
  return {
    lines: [...all.flatMap(({ lines }) => lines), ...needlessRoles(accounts, ownId)],
    nothingReadable: all.every(({ allowed }) => allowed === 0),
  };
}

async function tryAccount(
  accountId: string | null,
  regions: readonly string[],
  access: Access,
  clock: () => Date,
): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const region of regions) {
    const place = { accountId, region };
    try {
      const aws = await access.open(accountId, region);
      const { Account, Arn } = await aws.send('sts:GetCallerIdentity', {});
      const known = { ...aws, accountId: Account ?? accountId ?? '' };
      tried.push(await tryPlace(known, Arn ?? 'unknown', tried.length === 0, clock));
    } catch (error) {
      if (!(error instanceof UnreadError)) throw error;
      tried.push({ lines: [line(place, 'problem', error.message, error.remedy)], allowed: 0 });
      // The account as a whole cannot be entered: its other Regions would only say the same.
      if (error.source.startsWith('sts:')) break;
    }
  }
  return tried;
}

async function tryPlace(
  aws: Aws & { accountId: string },
  caller: string,
  isFirst: boolean,
  clock: () => Date,
): Promise<Tried> {
  const probes = (await probeReads(aws, clock())).filter(({ operation }) => isFirst || !operation.startsWith('iam:'));
  const unread = probes.filter(probe => probe.unread !== null && probe.unread.reason !== 'unsupported_plan');
  const allowed = probes.length - unread.length;
  const lines = groups(unread).map(group => unreadLine(aws, group));
  if (unread.length === 0) {
    const noHealth = probes.some(({ unread }) => unread?.reason === 'unsupported_plan');
    const feed = noHealth
      ? ' AWS Health is not part of its support plan: the public status feed is read in its place.'
      : '';
    lines.push(line(aws, 'ok', `All ${probes.length} reads are allowed, as ${caller}.${feed}`, null));
  }
  return { lines, allowed };
}

/** Those that lack the same permission, or failed for the same reason, are one line. */
function groups(unread: readonly Probe[]): Probe[][] {
  const byKey = new Map<string, Probe[]>();
  for (const probe of unread) {
    const key = isDenied(probe) ? probe.permission : `${probe.unread?.reason} ${probe.unread?.remedy}`;
    byKey.set(key, [...(byKey.get(key) ?? []), probe]);
  }
  return [...byKey.values()];
}

function isDenied({ unread }: Probe): boolean {
  return unread?.reason === 'access_denied' && unread.permission !== null;
}

function unreadLine(place: Place, group: readonly Probe[]): Line {
  const [first, ...others] = group;
  if (first?.unread == null) throw new TypeError('A group has at least one probe that was not read.');
  const { message, remedy, reason } = first.unread;
  const names = group.map(({ operation }) => operation.split(':')[1]).join(', ');
  if (isDenied(first)) {
    const uses =
      others.length === 0 && first.permission === first.operation
        ? ''
        : `, which ${names} need${others.length === 0 ? 's' : ''}`;
    return line(
      place,
      'problem',
      `${first.permission} is missing${uses}. ${message}`,
      `${remedy} The whole policy: apigw-500 iam-policy.`,
    );
  }
  const more = others.length === 0 ? '' : ` The same holds for ${others.length} more: ${names}.`;
  // Denied without a permission that could be granted: credentials, or a Region that is not enabled.
  return line(place, reason === 'access_denied' ? 'problem' : 'warning', `${message}${more}`, remedy);
}

function line({ accountId, region }: Place, status: Line['status'], finding: string, fix: string | null): Line {
  const account = accountId === null ? "the bot's own account" : `account ${accountId}`;
  return { area: 'aws', subject: `${account}, ${region}`, status, finding, fix };
}

function needlessRoles(accounts: Config['accounts'], ownId: string | null): Line[] {
  return accounts
    .filter(({ id, roleArn }) => id === ownId && roleArn !== undefined)
    .map(({ id }) => ({
      area: 'aws',
      subject: `account ${id}`,
      status: 'warning',
      finding: "It is the account of the bot's own credentials, which are used for it; its role in CONFIG_FILE is not.",
      fix: 'Leave roleArn and externalId of this account out.',
    }));
}
