import { redact } from '../redact.ts';
import { type OperationName, permissionOf, resourcesOf, type Source, sourceOf } from './operations.ts';
import { partitionOf } from './regions.ts';

/** Why something could not be read; the contract's reasons of a gap. */
export type UnreadReason =
  | 'access_denied'
  | 'logging_off'
  | 'throttled'
  | 'timeout'
  | 'not_found'
  | 'unsupported_plan'
  | 'delivery_lag'
  | 'not_deployed'
  | 'capped';

/** A read that did not succeed. Never means "empty": callers turn it into `unknown` and a gap. */
export class UnreadError extends Error {
  /** `service:Operation` that was asked. */
  readonly source: Source;
  readonly reason: UnreadReason;
  /** The IAM action that is missing, where the reason is `access_denied` and one can be named. */
  readonly permission: Source | null;
  /** What the reader (the person) does next, one sentence. */
  readonly remedy: string;

  constructor(source: Source, reason: UnreadReason, message: string, remedy: string, permission: Source | null = null) {
    super(message);
    this.name = 'UnreadError';
    this.source = source;
    this.reason = reason;
    this.permission = permission;
    this.remedy = remedy;
  }
}

/** A reading whose "no such thing" is an answer: null. Everything else that is unread stays a rejection. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UnreadError && error.reason === 'not_found') return null;
    throw error;
  }
}

/** One call, as it was asked. */
export interface Asked {
  operation: OperationName;
  input: object;
  region: string;
}

/** An answer of AWS that this program cannot make sense of. */
export function unreadable(operation: OperationName, input: object, what: string): UnreadError {
  return new UnreadError(
    sourceOf(operation),
    'timeout',
    `${sourceOf(operation)}${subject(input)} answered something that cannot be read: ${what}.`,
    'Look at it in the AWS console, and run this again.',
  );
}

type Kind =
  | 'no_credentials'
  | 'expired_credentials'
  | 'unknown_credentials'
  | 'wrong_signature'
  | 'unsupported_plan'
  | 'denied'
  | 'throttled'
  | 'not_found'
  | 'invalid'
  | 'no_host'
  | 'timeout'
  | 'unavailable';

/**
 * Error names by what they mean; the first that fits counts. Services spell the same error differently.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const names: readonly (readonly [RegExp, Kind])[] = [
  [/^Expired|^RequestExpired|^TokenRefreshRequired/, 'expired_credentials'],
  [/^CredentialsProvider|^TokenProvider|^ProviderError|^MissingAuthenticationToken/, 'no_credentials'],
  [
    /^UnrecognizedClient|^InvalidClientTokenId|^InvalidAccessKeyId|^AuthFailure|^OptIn|^RegionDisabled/,
    'unknown_credentials',
  ],
  [/^SignatureDoesNotMatch|^InvalidSignature|^IncompleteSignature|^RequestTimeTooSkewed/, 'wrong_signature'],
  [/^SubscriptionRequired/, 'unsupported_plan'],
  [/^AccessDenied|^Unauthorized|^AuthorizationError|^NotAuthorized|^Forbidden/, 'denied'],
  [/Throttl|TooManyRequests|LimitExceeded|SlowDown/, 'throttled'],
  [/NotFound|NoSuchEntity|Nonexistent/, 'not_found'],
  [/^(WAF)?(Validation|BadRequest|Invalid|Malformed|Missing|Serialization)/, 'invalid'],
  [/^(TimeoutError|AbortError|RequestTimeout)/, 'timeout'],
];

/**
 * A refusal that means absence: no thing can have the name that was asked for. Any other request that AWS calls wrong
 * tells nothing of what exists.
 */
const impossibleNames: readonly (readonly [operation: RegExp, name: RegExp, text: RegExp])[] = [
  [/^apigateway(v2)?:/, /^BadRequestException$/, /^Invalid [\w ]{1,40} identifier specified/],
  [
    /^lambda:Get(FunctionConfiguration|Policy|FunctionConcurrency)$/,
    /^ValidationException$/,
    /function ?name|qualifier/i,
  ],
  [/^iam:(GetRole|ListAttachedRolePolicies)$/, /^ValidationError$/, /roleName/],
  [/^iam:SimulatePrincipalPolicy$/, /^(ValidationError|InvalidInput)(Exception)?$/, /PolicySourceArn/i],
  [/^logs:FilterLogEvents$/, /^InvalidParameterException$/, /'?logGroup(Name|Identifier)'? failed to satisfy/],
  [/^wafv2:GetWebACL$/, /^WAFInvalidParameterException$/, /ARN isn't valid/],
  [
    /^elasticloadbalancing:/,
    /^ValidationError(Exception)?$/,
    /is not a valid (load balancer|listener|target group) ARN/,
  ],
];

/** Whether AWS refused a call for being one too many. */
export function isThrottle(error: unknown): boolean {
  return kindOf(detailsOf(error)) === 'throttled';
}

/** Turns what an SDK client throws into the one error that leaves this folder. */
export function unreadErrorOf(error: unknown, asked: Asked): UnreadError {
  if (error instanceof UnreadError) return error;
  const details = detailsOf(error);
  const { operation, input, region } = asked;
  const source = sourceOf(operation);
  const what = `${source}${subject(input)} in ${region}`;
  const unread = (reason: UnreadReason, message: string, remedy: string, permission: Source | null = null) =>
    new UnreadError(source, reason, `${message}.`, `${remedy}.`, permission);

  switch (meaningOf(details, operation)) {
    case 'no_credentials':
      return unread(
        'access_denied',
        `${what} was not asked, because the bot has no AWS credentials: ${details.text}`,
        'Give the bot AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run it with an IAM role',
      );
    case 'expired_credentials':
      return unread(
        'access_denied',
        `${what} was refused, because the AWS credentials of the bot have expired`,
        'Renew the AWS credentials of the bot (with IAM Identity Center: aws sso login), then run this again',
      );
    case 'unknown_credentials':
      return unread(
        'access_denied',
        `${what} was refused, because AWS does not know the credentials of the bot in ${region}: ${details.text}`,
        `Check the access key of the bot, and that the Region ${region} is enabled for its account`,
      );
    case 'wrong_signature':
      return unread(
        'access_denied',
        `${what} was refused, because the request's signature is not valid: ${details.text}`,
        'Check the secret access key of the bot, and the clock of its host',
      );
    case 'unsupported_plan':
      return unread(
        'unsupported_plan',
        `${what} is not part of the account's support plan`,
        'Use a support plan with the AWS Health API, or set HEALTH_FEED_URL to the public status feed',
      );
    case 'denied': {
      const permission = deniedAction(details.text) ?? permissionOf(operation);
      return unread(
        'access_denied',
        `${what} was denied: ${details.text}`,
        grant(permission, details.text, asked),
        permission,
      );
    }
    case 'throttled':
      return unread(
        'throttled',
        `${what} was throttled by AWS: ${details.text}`,
        `Run this again in a minute; if it stays so, see what else in the account calls ${source} that often`,
      );
    case 'not_found':
      return unread(
        'not_found',
        `${what} found nothing: ${details.text}`,
        `Check the name, the account, and that ${region} is the right Region`,
      );
    case 'no_host':
      return unread(
        'timeout',
        `${what} could not be asked, because the host of the service was not found: ${details.text}`,
        `Check that ${region} is an AWS Region, and that the bot's host can resolve names`,
      );
    case 'timeout':
      return unread(
        'timeout',
        `${what} did not answer in time`,
        `Run this again; if it stays so, check the network path from the bot to AWS in ${region}`,
      );
    case 'invalid':
      return unread(
        'timeout',
        `${what} failed, because AWS takes the request for a wrong one: ${details.text}`,
        'Look at it in the AWS console, and report this message to the people who maintain the bot',
      );
    case 'unavailable':
      return unread(
        'timeout',
        `${what} failed: ${details.text}`,
        `Run this again; if it stays so, check the network path from the bot to AWS in ${region} and the AWS status page`,
      );
  }
}

interface Details {
  name: string;
  code: string;
  status: number;
  /** What AWS says: one line without its full stop, secrets masked. */
  text: string;
}

function detailsOf(error: unknown): Details {
  const { name, code, message, $metadata } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const known = typeof name === 'string' ? name : 'Error';
  const said = typeof message === 'string' ? message : '';
  const status = $metadata?.httpStatusCode ?? 0;
  return {
    name: known,
    code: typeof code === 'string' ? code : '',
    status,
    text: isForeign(known, said) ? `what answered, with HTTP ${status}, is not AWS` : sentence(said) || known,
  };
}

/** The page of a proxy, say: the SDK only tells how it failed to parse it. */
function isForeign(name: string, message: string): boolean {
  return name === 'SyntaxError' || message.startsWith('@aws-sdk XML parse error');
}

function sentence(message: string): string {
  const [line = ''] = message
    .replace(/\n\s*Deserialization error:[\s\S]*$/, '')
    .trim()
    .split('\n');
  const text = redact(line).replace(/[.\s]+$/, '');
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function meaningOf(details: Details, operation: OperationName): Kind {
  const kind = kindOf(details);
  if (kind === 'no_credentials' && /expired/i.test(details.text)) return 'expired_credentials';
  if (kind !== 'invalid') return kind;
  return impossibleNames.some(
    ([asked, name, text]) => asked.test(operation) && name.test(details.name) && text.test(details.text),
  )
    ? 'not_found'
    : 'invalid';
}

function kindOf({ name, code, status, text }: Details): Kind {
  for (const [pattern, kind] of names) if (pattern.test(name)) return kind;
  if (/HTTP label/.test(text)) return 'not_found';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no_host';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (status === 429) return 'throttled';
  if (status === 403 || status === 401) return 'denied';
  return 'unavailable';
}

/** `lambda:GetPolicy` in "… is not authorized to perform: lambda:GetPolicy on resource: …". */
function deniedAction(text: string): Source | null {
  const action = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(text)?.[1];
  return (action as Source | undefined) ?? null;
}

/**
 * Who has to allow it depends on what denied it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function grant(permission: Source, text: string, { operation, region }: Asked): string {
  const resource = /on resource:? (arn:\S+?)(?=[\s,;]|\.?$)/.exec(text)?.[1];
  const on =
    resource ??
    resourcesOf(operation)
      .map(template => filledIn(template, region))
      .join(', ');
  const explicit = /explicit deny(?: in an? ([a-z -]+?(?:policy|boundary)))?/i.exec(text);
  if (explicit)
    return `Remove the explicit deny of ${permission} on ${on}${explicit[1] ? ` in the ${explicit[1]}` : ''} for ${roleIn(text)}`;
  const limit = /no (service control policy|resource control policy|permissions boundary|session policy) allows/.exec(
    text,
  )?.[1];
  if (limit) return `Allow ${permission} on ${on} in the ${limit} that limits ${roleIn(text)}`;
  return `Grant ${permission} on ${on} to ${roleIn(text)}`;
}

/** In another account it is the role there that lacks something; its sessions carry our name. */
function roleIn(text: string): string {
  const [, account, role] = /arn:[\w-]+:sts::(\d{12}):assumed-role\/([^/\s]+)\/apigw-500(?![\w-])/.exec(text) ?? [];
  return role === undefined ? 'the role of the bot' : `the role ${role} of account ${account}`;
}

function filledIn(template: string, region: string): string {
  return template.replace('{partition}', partitionOf(region)).replace('{region}', region).replace('{account}', '*');
}

/** What an input names, from the part to the whole. */
const subjects: readonly (readonly [key: string, noun: string])[] = [
  ['stageName', 'stage'],
  ['StageName', 'stage'],
  ['restApiId', 'API'],
  ['ApiId', 'API'],
  ['Qualifier', 'version or alias'],
  ['FunctionName', 'function'],
  ['RoleName', 'role'],
  ['RoleArn', 'role'],
  ['PolicySourceArn', 'role'],
  ['logGroupName', 'log group'],
  ['logGroupIdentifier', 'log group'],
  ['vpcLinkId', 'VPC link'],
  ['VpcLinkId', 'VPC link'],
  ['domainName', 'domain'],
  ['DomainName', 'domain'],
  ['ARN', 'web ACL'],
  ['ResourceArn', 'web ACL'],
  ['WebAclArn', 'web ACL'],
  ['WebACLArn', 'web ACL'],
  ['LoadBalancerArn', 'load balancer'],
  ['ListenerArns', 'listener'],
  ['TargetGroupArn', 'target group'],
  ['AlarmNames', 'alarm'],
  ['ResourceARN', 'alarm'],
  ['metricName', 'metric'],
  ['Names', 'load balancer'],
];

/**
 * A name that cannot exist is not asked for: as part of a path it would ask for something else, `/restapis/` for all APIs.
 * null where every name could be one.
 */
export function impossibleName({ operation, input, region }: Asked): UnreadError | null {
  const values = input as Record<string, unknown>;
  const impossible = subjects.find(([key]) => typeof values[key] === 'string' && /^\.{0,2}$/.test(values[key]));
  if (impossible === undefined) return null;
  const [key, noun] = impossible;
  return new UnreadError(
    sourceOf(operation),
    'not_found',
    `${sourceOf(operation)} in ${region} was not asked: no ${noun} can be named "${values[key]}".`,
    `Check the name of the ${noun}.`,
  );
}

/** ` on stage prod of API abc`, or nothing where the input names nothing. */
function subject(input: object): string {
  const values = input as Record<string, unknown>;
  const parts = subjects.flatMap(([key, noun]) => {
    const value = values[key];
    return value === undefined ? [] : [`${noun} ${shown(String(value))}`];
  });
  return parts.length === 0 ? '' : ` on ${parts.join(' of ')}`;
}

/** As typed, but never more than a line of it. */
function shown(value: string): string {
  const clean = value.replace(/[\p{Cc}\p{Cf}]/gu, '');
  return clean.length > 150 ? `${clean.slice(0, 150)}…` : clean;
}
