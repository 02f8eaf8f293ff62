/** The public status feed: the JSON of https://health.aws.amazon.com/public/currentevents, in UTF-16 with a BOM. */
import type { Moment } from './derived/requests.ts';
import type { WireAnswer } from './wire/protocols.ts';
import { partitionOf } from './world/lookup.ts';

export function healthFeed({ world, zero, now }: Moment): WireAnswer {
  const { feed } = world.health;
  if (feed === null)
    return { status: 503, headers: { 'content-type': 'text/plain' }, body: Buffer.from('Service Unavailable') };
  const events = Object.entries(feed)
    .filter(([, { at, endedAt }]) => zero + at <= now && (endedAt === undefined || zero + endedAt > now))
    .map(([label, event]) => {
      const region = /-([a-z]{2}(?:-[a-z]+)+-\d)$/.exec(event.service)?.[1] ?? '';
      return {
        date: String(Math.floor((zero + event.at) / 1000)),
        arn: `arn:${partitionOf(region)}:health:${region}::event/${event.service.split('-')[0]?.toUpperCase()}/${label}`,
        region_name: region,
        status: event.status,
        service: event.service,
        service_name: event.service,
        summary: event.summary,
        event_log: [
          {
            summary: event.summary,
            message: event.summary,
            status: Number(event.status),
            timestamp: Math.floor((zero + event.at) / 1000),
          },
        ],
        impacted_services: {},
      };
    });
  const body = Buffer.from(`\ufeff${JSON.stringify(events)}`, 'utf16le').swap16();
  return { status: 200, headers: { 'content-type': 'application/json;charset=UTF-16' }, body };
}
