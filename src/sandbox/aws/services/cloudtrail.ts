/** CloudTrail's event history (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html). */
import type { Event } from '@aws-sdk/client-cloudtrail';
import { uuidOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import { partitionOf } from '../world/lookup.ts';
import type { TrailEvent } from '../world/telemetry.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, page } from './ask.ts';

export const cloudtrailHandlers: Handlers<'cloudtrail'> = {
  'cloudtrail:LookupEvents': (input, ask) => {
    const attributes = input.LookupAttributes ?? [];
    if (attributes.length > 1)
      throw new WireError('InvalidLookupAttributesException', 400, 'You can only specify one lookup attribute.');
    const [attribute] = attributes;
    const start = input.StartTime?.getTime() ?? ask.now - 90 * 86_400_000;
    const end = input.EndTime?.getTime() ?? ask.now;
    if (start > end) throw new WireError('InvalidTimeRangeException', 400, 'Start time must be before end time.');
    const found = Object.entries(ask.world.trail)
      .map(([label, event]) => ({ label, event, at: ask.zero + event.at }))
      .filter(({ event }) => regionOf(ask.world, event) === ask.region)
      // Not yet delivered: it does not exist for the asker.
      .filter(({ event, at }) => at + event.deliveredAfter <= ask.now && at >= start && at <= end)
      .map(({ label, event }) => describe(ask, label, event))
      .filter(
        event =>
          attribute === undefined || hasAttribute(event, attribute.AttributeKey ?? '', attribute.AttributeValue ?? ''),
      )
      .sort((a, b) => (b.EventTime?.getTime() ?? 0) - (a.EventTime?.getTime() ?? 0));
    const badToken = new WireError('InvalidNextTokenException', 400, 'Invalid NextToken.');
    const { items, next } = page(found, input.NextToken, Math.min(input.MaxResults ?? 50, 50, ask.pageCap), badToken);
    return { Events: items, ...given('NextToken', next) };
  },
};

/** IAM's events are recorded in us-east-1 only, whatever Region the caller is in. */
function regionOf(world: World, event: TrailEvent): string {
  const globalRegion = { aws: 'us-east-1', 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' }[
    partitionOf(world.region)
  ];
  return event.awsRegion ?? (event.eventSource === 'iam.amazonaws.com' ? (globalRegion ?? 'us-east-1') : world.region);
}

function hasAttribute(event: Event, key: string, value: string): boolean {
  switch (key) {
    case 'ResourceName':
      return event.Resources?.some(({ ResourceName }) => ResourceName === value) ?? false;
    case 'ResourceType':
      return event.Resources?.some(({ ResourceType }) => ResourceType === value) ?? false;
    case 'EventId':
    case 'EventName':
    case 'EventSource':
    case 'ReadOnly':
    case 'Username':
    case 'AccessKeyId':
      return event[key] === value;
    default:
      throw new WireError('InvalidLookupAttributesException', 400, `The lookup attribute ${key} is not valid.`);
  }
}

function describe(ask: Ask, label: string, event: TrailEvent): Event {
  const { world } = ask;
  const id = uuidOf(`${world.accountId}/trail/${label}`);
  const time = dateAt(ask, event.at);
  // CloudTrail keeps whole seconds.
  time.setMilliseconds(0);
  const identity = event.userIdentity ?? identityOf(world, event);
  const record = {
    eventVersion: '1.11',
    userIdentity: identity,
    eventTime: time.toISOString().replace('.000Z', 'Z'),
    eventSource: event.eventSource,
    eventName: event.eventName,
    awsRegion: regionOf(world, event),
    sourceIPAddress: event.invokedBy ?? '198.51.100.7',
    userAgent: event.invokedBy ?? 'aws-cli/2.31.4',
    ...(event.errorCode === undefined ? {} : { errorCode: event.errorCode }),
    ...(event.errorMessage === undefined ? {} : { errorMessage: event.errorMessage }),
    requestParameters: event.requestParameters,
    responseElements: event.responseElements,
    requestID: uuidOf(`${id}/request`),
    eventID: id,
    readOnly: event.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: world.accountId,
    eventCategory: 'Management',
  };
  return {
    EventId: id,
    EventName: event.eventName,
    ReadOnly: String(event.readOnly),
    EventTime: time,
    EventSource: event.eventSource,
    ...given('AccessKeyId', (identity as { accessKeyId?: string }).accessKeyId),
    ...given('Username', usernameOf(event)),
    Resources: event.resources.map(({ type, name }) => ({ ResourceType: type, ResourceName: name })),
    CloudTrailEvent: JSON.stringify(record),
  };
}

/** The name that the event history lists: the user, or the session of a role. */
function usernameOf({ who, userIdentity }: TrailEvent): string | null {
  if (who !== undefined) return who.slice(who.indexOf('/') + 1);
  return typeof userIdentity?.userName === 'string' ? userIdentity.userName : null;
}

function identityOf(world: World, event: TrailEvent): Record<string, unknown> {
  const account = world.accountId;
  const partition = partitionOf(world.region);
  const invoked = event.invokedBy === undefined ? {} : { invokedBy: event.invokedBy };
  const { who } = event;
  if (who === undefined) return { type: 'AWSService', invokedBy: event.invokedBy ?? event.eventSource };
  if (who === 'root')
    return { type: 'Root', principalId: account, arn: `arn:${partition}:iam::${account}:root`, accountId: account };
  const [role = '', session] = who.split('/');
  if (session === undefined) {
    const arn = `arn:${partition}:iam::${account}:user/${role}`;
    return {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLEEXAMPLEEX',
      arn,
      accountId: account,
      accessKeyId: 'AKIAEXAMPLEEXAMPLEEX',
      userName: role,
      ...invoked,
    };
  }
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEEXAMPLEEX:${session}`,
    arn: `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`,
    accountId: account,
    accessKeyId: 'ASIAEXAMPLEEXAMPLEEX',
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROAEXAMPLEEXAMPLEEX',
        arn: `arn:${partition}:iam::${account}:role/${role}`,
        accountId: account,
        userName: role,
      },
      attributes: { mfaAuthenticated: 'false' },
    },
    ...invoked,
  };
}
