import { listAttachedPolicyArns } from '../aws/iam.ts';
import { globalRegion } from '../aws/regions.ts';
import type { ReadTrail } from '../aws/shared-trail.ts';
import type { Aws, Stage, TrailEvent } from '../aws/types.ts';
import { lambdaReference } from './backends.ts';
import { relevantChanges } from './changes.ts';
import { correlationMinutes } from './correlation.ts';
import { attempt, gapOf, gapsOf } from './finding.ts';
import { withMade } from './made-change.ts';
import type { Backend, Changes, Deployed, FunctionFacts, LambdaReference, SignalSources, Signals } from './signals.ts';
import type { Gap, Overrides, Target, Window } from './types.ts';

/** Changes are read from this long before the window at first. */
const changesBeforeMinutes = 30;
/** And at most this far back, where a deployment carried older changes. */
const changesBackHours = 24;
const trailPages = 5;

/** CloudTrail delivers in about 5 minutes on average, not guaranteed. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html */
const deliveryLagMinutes = 15;

export async function readChanges(
  { aws, target, window, overrides, now, readTrail }: SignalSources,
  signals: Pick<Signals, 'stage' | 'deployments' | 'deployed' | 'backends' | 'functions' | 'traffic'>,
): Promise<Changes> {
  const first = minutesBefore(window.start, changesBeforeMinutes);
  const trail = trailReader(aws, readTrail);
  const [recent, stage, deployments, deployed, backends, functions, traffic] = await Promise.all([
    trail(first, window.end),
    attempt(signals.stage()),
    attempt(signals.deployments()),
    attempt(signals.deployed()),
    attempt(signals.backends()),
    attempt(signals.functions()),
    attempt(signals.traffic()),
  ]);
  const onset = traffic.value?.onset ?? null;
  const stageDeployments = deployments.value?.items ?? [];
  const since = neededSince(first, onset, stage.value, stageDeployments, window);
  const older = since < first ? await trail(since, first) : null;
  const events = [...recent.events, ...(older?.events ?? [])];
  const roleNames = overrides.roleName ? [overrides.roleName] : rolesOf(deployed.value, functions.value?.items ?? []);
  const policies = await policiesOf(aws, roleNames, events, overrides);
  const relevant = relevantChanges(events, {
    target,
    stage: stage.value,
    deployments: stageDeployments,
    functionNames: functionNames(deployed.value, backends.value ?? [], overrides),
    roleNames,
    policyArns: policies.arns,
    onset,
    since,
  });
  const gaps = [...recent.gaps, ...(older?.gaps ?? []), ...policies.gaps];
  if (onset !== null && now.getTime() - Date.parse(onset) < deliveryLagMinutes * 60_000) gaps.push(deliveryLag(target));
  const needed = minutesBefore(onset ?? window.end, correlationMinutes(window));
  const unknownNames = gapsOf(deployed, backends)[0] ?? null;
  // The role of another account's function is changed there, and never shows in this account's events.
  const ownUnread = (functions.value?.unread ?? []).filter(one => isOwn(one.reference, aws));
  const unknownRoles = gapsOf(functions)[0] ?? ownUnread.map(one => gapOf(one.error))[0] ?? null;
  return {
    changes: withMade(relevant, events),
    since,
    gaps,
    complete: recent.complete && (older?.complete ?? true),
    regionUnread: recent.unseen('region', needed) ?? unknownNames,
    globalUnread: recent.unseen('global', needed) ?? unknownNames ?? unknownRoles ?? policies.gaps[0] ?? null,
    effectUnread: target.apiType === 'REST' ? (gapsOf(deployments, stage)[0] ?? null) : null,
  };
}

/** Starts the first reading of change events before the stage and its functions are known. */
export function readTrailAhead(aws: Aws, window: Window, readTrail: ReadTrail): void {
  void trailReader(aws, readTrail)(minutesBefore(window.start, changesBeforeMinutes), window.end);
}

/** Write events of the Region and, for IAM, of the partition's global Region, in one answer. */
function trailReader(aws: Aws, readTrail: ReadTrail) {
  return async (start: string, end: string) => {
    const regions = [...new Set([aws.region, globalRegion(aws.partition)])];
    const readings = await Promise.all(
      regions.map(region => attempt(readTrail(aws, { region, start, end, pages: trailPages }))),
    );
    const events: TrailEvent[] = [];
    const gaps: Gap[] = [];
    for (const [index, { value, unread }] of readings.entries()) {
      if (unread !== null) gaps.push(gapOf(unread));
      else {
        // The global Region also records what is Regional there; only its IAM events concern us.
        events.push(...value.items.filter(event => index === 0 || event.source === 'iam.amazonaws.com'));
        if (!value.complete) gaps.push(trailCut(regions[index] ?? aws.region));
      }
    }
    const unseen = (which: 'region' | 'global', needed: string): Gap | null => {
      const index = which === 'region' ? 0 : readings.length - 1;
      const { value, unread } = readings[index] ?? { value: null, unread: null };
      if (unread !== null) return gapOf(unread);
      // Newest first: where the pages ran out, what came before the last of them was not seen.
      const cutAt = value === null || value.complete ? null : (value.items.at(-1)?.at ?? needed);
      return cutAt !== null && cutAt > needed ? trailCut(regions[index] ?? aws.region) : null;
    };
    return { events, gaps, complete: gaps.length === 0, unseen };
  };
}

function trailCut(region: string): Gap {
  return {
    source: 'cloudtrail:LookupEvents',
    reason: 'capped',
    permission: null,
    remedy: `Only the newest ${trailPages} pages of change events in ${region} were read; look at older ones in CloudTrail's event history.`,
  };
}

function deliveryLag({ region }: Target): Gap {
  return {
    source: 'cloudtrail:LookupEvents',
    reason: 'delivery_lag',
    permission: null,
    remedy: `The errors began less than ${deliveryLagMinutes} minutes ago and CloudTrail in ${region} may not have delivered the latest changes; run this again in a few minutes.`,
  };
}

function neededSince(
  first: string,
  onset: string | null,
  stage: Stage | null,
  deployments: { id: string; createdAt: string }[],
  window: Window,
): string {
  const limit = minutesBefore(window.end, changesBackHours * 60);
  const beforeOnset = onset === null ? first : minutesBefore(onset, changesBeforeMinutes);
  const earliest = beforeOnset < first ? beforeOnset : first;
  const index = deployments.findIndex(one => one.id === stage?.deploymentId);
  const carried = index >= 0 && (deployments[index]?.createdAt ?? '') >= earliest;
  // GetDeployments does not tell which stage a deployment went to, so the one before it cannot be known from there.
  const wanted = carried ? limit : earliest;
  return wanted < limit ? limit : wanted;
}

function isOwn({ accountId }: LambdaReference, aws: Aws): boolean {
  return aws.accountId === null || accountId === aws.accountId;
}

/** Also of functions that cannot be read: their changes are told all the same. */
function functionNames(deployed: Deployed | null, backends: Backend[], { functionName }: Overrides): string[] {
  const authorizers = deployed?.configuration.authorizers.map(one => lambdaReference(one.uri ?? '')?.name) ?? [];
  const names = [functionName?.split(':')[0], ...backends.map(one => one.lambda?.name), ...authorizers];
  return [...new Set(names.filter(name => name != null))];
}

function rolesOf(deployed: Deployed | null, functions: FunctionFacts[]): string[] {
  const configuration = deployed?.configuration;
  const arns = [
    ...(configuration?.routes.map(route => route.integration?.credentials ?? null) ?? []),
    ...(configuration?.authorizers.map(authorizer => authorizer.credentials) ?? []),
    ...functions.map(one => one.configuration?.role ?? null),
  ];
  return [...new Set(arns.flatMap(arn => (arn === null ? [] : [arn.split('/').at(-1) ?? arn])))];
}

const roleCap = 5;

/** The roles' managed policies, read only when an event on some managed policy asks for them. */
async function policiesOf(
  aws: Aws,
  roleNames: string[],
  events: TrailEvent[],
  overrides: Overrides,
): Promise<{ arns: string[]; gaps: Gap[] }> {
  const given = overrides.policyArn === null ? [] : [overrides.policyArn];
  const asked = events.some(
    event => /PolicyVersion|DeletePolicy$/.test(event.name) && event.source === 'iam.amazonaws.com',
  );
  if (!asked) return { arns: given, gaps: [] };
  const lists = await Promise.all(
    roleNames.slice(0, roleCap).map(role => attempt(listAttachedPolicyArns(aws.send, role))),
  );
  return {
    arns: [...given, ...lists.flatMap(list => list.value ?? [])],
    gaps: [...gapsOf(...lists), ...(roleNames.length > roleCap ? [rolesCut(roleNames.length)] : [])],
  };
}

function rolesCut(roles: number): Gap {
  return {
    source: 'iam:ListAttachedRolePolicies',
    reason: 'capped',
    permission: null,
    remedy: `The managed policies of ${roleCap} of ${roles} roles were read; name one with --role to look at its changes.`,
  };
}

function minutesBefore(time: string, minutes: number): string {
  return new Date(Date.parse(time) - minutes * 60_000).toISOString();
}
