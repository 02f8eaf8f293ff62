/** The least-privilege policy, as JSON for `aws iam create-policy`. */
import { parseArgs } from 'node:util';
import { managedPolicyCharacters, type PolicyScope, policyLength, readOnlyPolicy } from '../aws/policy-statements.ts';
import { partitionOf } from '../aws/regions.ts';
import type { Config } from '../config.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 iam-policy [--partition aws|aws-cn|aws-us-gov] [--region R]… [--account A]
                            [--log-group NAME]… [--role-arn ARN]…

Prints, as JSON, the IAM policy that allows every read that this program can send, and nothing else.

  --partition P     aws, aws-cn or aws-us-gov; left out, that of --region, else of AWS_REGION, else aws
  --region R        only this Region, beside the homes of global services (IAM and its change
                    events, Health); may be repeated; left out, every Region
  --account A       the account whose role gets the policy; left out, any
  --log-group NAME  a log group whose name is your own choice: an access log, a function's; may be
                    repeated; a * stands for any text. API-Gateway-Execution-Logs_*,
                    /aws/apigateway/*, /aws/lambda/* and aws-waf-logs-* are always in
  --role-arn ARN    a role of another account that may be taken; may be repeated; left out, those of
                    the accounts in CONFIG_FILE, unless --account names one of these

Exit: 0 done, 2 usage.
`;

const partitions: readonly string[] = ['aws', 'aws-cn', 'aws-us-gov'];
const regionName = /^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/;
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html, and our `*`. */
const logGroupName = /^[\w./#*-]{1,512}$/;
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/;

interface Options {
  partition?: string | undefined;
  region: string[];
  account?: string | undefined;
  'log-group': string[];
  'role-arn': string[];
}

export async function run(
  args: readonly string[],
  context: Pick<CommandContext, 'config' | 'out' | 'err'>,
): Promise<ExitCode> {
  const options = optionsOf(args);
  const problem = typeof options === 'string' ? options : problemOf(options);
  if (typeof options === 'string' || problem !== null) return mistake(context, 'iam-policy', problem ?? '');
  const policy = readOnlyPolicy(scopeOf(options, context.config('command')));
  context.out(`${JSON.stringify(policy, null, 2)}\n`);
  const length = policyLength(policy);
  if (length > managedPolicyCharacters) {
    context.err(
      `The policy has ${length} characters, and IAM takes ${managedPolicyCharacters}: give fewer --log-group names, or one with a *.\n`,
    );
  }
  return 0;
}

/** A sentence where the arguments cannot be read. */
function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        partition: { type: 'string' },
        region: { type: 'string', multiple: true, default: [] },
        account: { type: 'string' },
        'log-group': { type: 'string', multiple: true, default: [] },
        'role-arn': { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch {
    return 'iam-policy takes --partition, --region, --account, --log-group and --role-arn only, each with a value.';
  }
}

function problemOf({ partition, region, account, ...lists }: Options): string | null {
  if (partition !== undefined && !partitions.includes(partition))
    return `--partition must be ${partitions.join(', ')}.`;
  for (const one of region) if (!regionName.test(one)) return '--region must be the code of a Region, as eu-west-1.';
  const [told, ...others] = new Set([...(partition === undefined ? [] : [partition]), ...region.map(partitionOf)]);
  if (others.length > 0) return `A policy is for one partition, and these are ${[told, ...others].join(' and ')}.`;
  if (account !== undefined && !/^\d{12}$/.test(account)) return '--account must have 12 digits.';
  if (!lists['log-group'].every(name => logGroupName.test(name))) return '--log-group must be the name of a log group.';
  if (!lists['role-arn'].every(arn => roleArn.test(arn))) return '--role-arn must be the ARN of a role.';
  return null;
}

function scopeOf(options: Options, { accounts, awsRegion }: Pick<Config, 'accounts' | 'awsRegion'>): PolicyScope {
  const [region = awsRegion] = options.region;
  const partition = options.partition ?? (region === null ? 'aws' : partitionOf(region));
  const own = accounts.some(one => one.id === options.account);
  const configured = own ? [] : accounts.flatMap(one => one.roleArn ?? []);
  return {
    partition,
    accountId: options.account ?? '*',
    regions: [...new Set(options.region)],
    logGroups: options['log-group'],
    roleArns: options['role-arn'].length > 0 ? options['role-arn'] : configured,
  };
}
