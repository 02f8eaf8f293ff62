/** What a diagnosis waits for while it does not get on, in words for people. */

/** A call that waits for its share of an AWS quota; `ms` from now. */
export interface Wait {
  service: string;
  region: string;
  ms: number;
}

/** Names of what most often has to wait; others are named as IAM does. */
const names: Readonly<Record<string, string>> = {
  apigateway: 'API Gateway',
  cloudtrail: 'CloudTrail',
  cloudwatch: 'CloudWatch',
  elasticloadbalancing: 'Elastic Load Balancing',
  health: 'AWS Health',
  iam: 'IAM',
  lambda: 'Lambda',
  logs: 'CloudWatch Logs',
  sts: 'STS',
  wafv2: 'WAF',
};

export interface Waiting {
  note(wait: Wait): void;
  /** The wait that lasts longest of those under way; null: there is none. */
  current(): string | null;
}

export function createWaiting(clock: () => Date): Waiting {
  let longest: { words: string; until: number } | null = null;
  return {
    note({ service, region, ms }) {
      const until = clock().getTime() + ms;
      if (longest !== null && longest.until >= until) return;
      longest = { words: `its share of ${names[service] ?? service} calls in ${region}`, until };
    },
    current: () => (longest !== null && longest.until > clock().getTime() ? longest.words : null),
  };
}
