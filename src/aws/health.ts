import { listIn, numberIn, objectIn, parseJson, textIn } from './json.ts';
import { readPages } from './paging.ts';
import { partitionOf } from './regions.ts';
import type { Send } from './send.ts';
import type { ServiceEvent } from './types.ts';
import { UnreadError } from './unread.ts';

export interface HealthQuery {
  region: string;
  /** The public status feed; null: off. */
  feedUrl: string | null;
  fetch: typeof globalThis.fetch;
}

const feedTimeoutMs = 4_000;
const feedLimitBytes = 4_000_000;
const pageCap = 5;

/**
 * Open service events of API Gateway and Lambda in a Region: from the Health API where the support plan has it, else
 * from the public status feed. Rejects with UnreadError where neither can be read; that is no failure of a diagnosis.
 * Source: DescribeEvents.
 */
export async function readServiceEvents(send: Send, query: HealthQuery): Promise<ServiceEvent[]> {
  try {
    return await readHealthEvents(send, query.region);
  } catch (error) {
    if (!(error instanceof UnreadError) || !query.feedUrl) throw error;
    // The public feed does not cover China.
    // https://docs.amazonaws.cn/en_us/aws/latest/userguide/health.html
    if (partitionOf(query.region) === 'aws-cn') throw error;
    return await feedEvents(query.feedUrl, query).catch((unread: unknown) => {
      // A missing permission can be granted; the state of the feed is nobody's to mend.
      throw error.reason === 'access_denied' ? error : unread;
    });
  }
}

/** From the Health API alone. */
export async function readHealthEvents(send: Send, region: string): Promise<ServiceEvent[]> {
  const listed = await readPages(pageCap, async nextToken => {
    const page = await send('health:DescribeEvents', {
      filter: {
        services: ['APIGATEWAY', 'LAMBDA'],
        regions: [region],
        eventStatusCodes: ['open'],
        eventTypeCategories: ['issue'],
      },
      nextToken,
    });
    return { items: page.events, next: page.nextToken };
  });
  return listed.items.map(event => ({
    service: (event.service ?? '').toLowerCase(),
    region: event.region ?? region,
    // `AWS_LAMBDA_OPERATIONAL_ISSUE`
    summary: (event.eventTypeCode ?? '').replace(/^AWS_/, '').replaceAll('_', ' ').toLowerCase(),
    startedAt: event.startTime?.toISOString() ?? null,
    open: event.statusCode === 'open',
  }));
}

async function feedEvents(url: string, { region, fetch }: HealthQuery): Promise<ServiceEvent[]> {
  const bytes = await download(url, fetch);
  const value = parseJson(decoded(bytes));
  if (value === undefined) throw feedUnread(url, 'it is not JSON');
  // One list of all that is open now; an older form has it as a member.
  const events = Array.isArray(value) ? value : listIn(objectIn(value).current);
  return events.flatMap(event => serviceEvents(objectIn(event), region));
}

const services = ['apigateway', 'lambda', 'multipleservices'];

/** `apigateway-eu-west-1`; an event of several services lists those that it reaches. */
function serviceEvents(event: Record<string, unknown>, region: string): ServiceEvent[] {
  if (event.end_time || event.endTime) return [];
  const own = textIn(event.service) ?? '';
  const reached = [own, ...Object.keys(objectIn(event.impacted_services))];
  const service = services.find(name => reached.includes(`${name}-${region}`));
  // An event of several services that names them, and neither of ours, does not concern us.
  if (service === undefined || (service === 'multipleservices' && reached.length > 1)) return [];
  const started = numberIn(event.date);
  return [
    {
      service,
      region,
      summary: textIn(event.summary) ?? 'service event',
      startedAt: started === null ? null : new Date(started * 1_000).toISOString(),
      open: true,
    },
  ];
}

/** With a limit on time and size, because what is at the other end is not known. */
async function download(url: string, fetch: HealthQuery['fetch']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(feedTimeoutMs) });
    if (!response.ok) throw feedUnread(url, `it answers ${response.status}`);
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > feedLimitBytes) throw feedUnread(url, `it is larger than ${feedLimitBytes / 1_000_000} MB`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof UnreadError ? error : feedUnread(url, 'it did not answer');
  }
  return Buffer.concat(chunks);
}

/** The feed is UTF-16 with a byte order mark, most often big-endian; plain UTF-8 is read as well. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const bigEndian = (first === 0xfe && second === 0xff) || first === 0;
  const littleEndian = (first === 0xff && second === 0xfe) || (second === 0 && first !== 0);
  return new TextDecoder(bigEndian ? 'utf-16be' : littleEndian ? 'utf-16le' : 'utf-8').decode(bytes);
}

function feedUnread(url: string, why: string): UnreadError {
  const host = URL.canParse(url) ? new URL(url).host : 'the given address';
  return new UnreadError(
    'health:DescribeEvents',
    'timeout',
    `Service health could not be read: the Health API did not answer for this account, and of the status feed at ${host}, ${why}.`,
    'Look at https://health.aws.amazon.com/health/status, or check HEALTH_FEED_URL.',
  );
}
