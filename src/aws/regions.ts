import type { ServicePrefix } from './operations.ts';

/**
 * What follows from a Region's name. Global services have one home Region in each partition.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
const partitions = [
  {
    name: 'aws-cn',
    prefix: 'cn-',
    globalRegion: 'cn-north-1',
    healthRegion: 'cn-northwest-1',
    console: 'console.amazonaws.cn',
    dnsSuffix: 'amazonaws.com.cn',
  },
  {
    name: 'aws-us-gov',
    prefix: 'us-gov-',
    globalRegion: 'us-gov-west-1',
    healthRegion: 'us-gov-west-1',
    console: 'console.amazonaws-us-gov.com',
    dnsSuffix: 'amazonaws.com',
  },
  {
    name: 'aws',
    prefix: '',
    globalRegion: 'us-east-1',
    healthRegion: 'us-east-1',
    console: 'console.aws.amazon.com',
    dnsSuffix: 'amazonaws.com',
  },
] as const;

type Partition = (typeof partitions)[number];

const commercial = partitions[2];

function partitionBy(fits: (partition: Partition) => boolean): Partition {
  return partitions.find(fits) ?? commercial;
}

/** `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  return partitionBy(one => region.startsWith(one.prefix)).name;
}

/**
 * Where a partition records the events of its global services, IAM among them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
 */
export function globalRegion(partition: string): string {
  return partitionBy(one => one.name === partition).globalRegion;
}

/**
 * The Region whose endpoint answers for a service. IAM has one endpoint in each partition, and the Health API of any
 * other Region resolves to a host that does not exist.
 * https://docs.aws.amazon.com/general/latest/gr/awshealth.html
 */
export function endpointRegion(service: ServicePrefix, region: string): string {
  const partition = partitionBy(one => region.startsWith(one.prefix));
  if (service === 'iam') return partition.globalRegion;
  if (service === 'health') return partition.healthRegion;
  return region;
}

/** `https://eu-west-1.console.aws.amazon.com`. */
export function consoleOrigin(region: string): string {
  return `https://${region}.${partitionBy(one => region.startsWith(one.prefix)).console}`;
}

/**
 * What the names of a Region's service endpoints end with: `sns.eu-west-1.amazonaws.com`.
 * https://docs.aws.amazon.com/general/latest/gr/rande.html#regional-endpoints
 */
export function dnsSuffix(region: string): string {
  return partitionBy(one => region.startsWith(one.prefix)).dnsSuffix;
}
