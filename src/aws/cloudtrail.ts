import type { Event } from '@aws-sdk/client-cloudtrail';
import { redactJson } from '../redact.ts';
import { type Json, objectIn, parseJson, textIn } from './json.ts';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import type { Listed, TrailEvent } from './types.ts';

export interface TrailQuery {
  region: string;
  /** ISO 8601, both included; CloudTrail keeps 90 days. */
  start: string;
  end: string;
  /** Most pages of 50 events to read. */
  pages: number;
}

/**
 * Management events that changed something, or tried to: newest first, from every service. Events come with a lag of
 * some minutes. `complete` is false where the cap cut older ones. Source: LookupEvents.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export async function readWriteEvents(send: Send, query: TrailQuery): Promise<Listed<TrailEvent>> {
  const { region, start, end, pages } = query;
  const input = {
    LookupAttributes: [{ AttributeKey: 'ReadOnly' as const, AttributeValue: 'false' }],
    StartTime: new Date(start),
    EndTime: new Date(end),
    MaxResults: 50,
  };
  const listed = await readPages(pages, async NextToken => {
    const page = await send('cloudtrail:LookupEvents', { ...input, NextToken }, { region });
    return { items: page.Events, next: page.NextToken };
  });
  return { ...listed, items: listed.items.map(event => trailEvent(event, region)) };
}

/** The record is JSON in a text; without it the outer fields still tell what happened and when. */
function trailEvent(event: Event, region: string): TrailEvent {
  const record = objectIn(parseJson(event.CloudTrailEvent ?? ''));
  const identity = objectIn(record.userIdentity);
  const source = event.EventSource ?? textIn(record.eventSource) ?? '';
  return {
    id: event.EventId ?? textIn(record.eventID) ?? '',
    at: event.EventTime?.toISOString() ?? textIn(record.eventTime) ?? '',
    name: eventName(event.EventName ?? textIn(record.eventName) ?? '', source),
    source,
    who: whoOf(identity) ?? event.Username ?? 'unknown',
    invokedBy: textIn(identity.invokedBy) ?? serviceAddress(textIn(record.sourceIPAddress)),
    errorCode: textIn(record.errorCode),
    region: textIn(record.awsRegion) ?? region,
    requestParameters: redactJson(objectIn(record.requestParameters)),
    responseElements: redactJson(objectIn(record.responseElements)),
  };
}

/**
 * Lambda's event names carry the date of their API: `AddPermission20150331v2`.
 * https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
 */
function eventName(name: string, source: string): string {
  return source === 'lambda.amazonaws.com' ? name.replace(/\d{8}(v\d+)?$/, '') : name;
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
function whoOf(identity: Json): string | null {
  const arn = textIn(identity.arn) ?? '';
  switch (identity.type) {
    case 'Root':
      return 'root';
    case 'AssumedRole':
      return sessionOf(arn.split(':assumed-role/')[1] ?? '');
    case 'AWSService':
      return textIn(identity.invokedBy);
    case 'AWSAccount':
      return textIn(identity.accountId) && `account ${textIn(identity.accountId)}`;
    default:
      return textIn(identity.userName) ?? (arn.includes('/') ? arn.slice(arn.lastIndexOf('/') + 1) : null);
  }
}

/** `deploy-role/ci-42`; of a person signed in through IAM Identity Center only the name, because the role is generated. */
function sessionOf(session: string): string | null {
  return session.replace(/^AWSReservedSSO_[^/]+\//, '') || null;
}

function serviceAddress(address: string | null): string | null {
  return address?.endsWith('.amazonaws.com') ? address : null;
}
