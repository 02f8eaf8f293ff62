/** What a typed target can mean, before AWS is asked. */
export type TargetReference =
  | { kind: 'alarm'; name: string; region: string | null; accountId: string | null }
  | { kind: 'api'; apiId: string; stage: string | null; region: string | null; accountId: string | null }
  | { kind: 'domain'; host: string; path: string }
  | { kind: 'name'; name: string };

const executeApiHost =
  /^([a-z0-9]{4,20})(?:-vpce-[a-z0-9]+)?\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|vpce\.amazonaws\.com)$/;

/** API ids are ten lower-case letters and digits; a name can look the same, so ids are tried first. */
const idShape = /^[a-z0-9]{10}$/;

/**
 * Reads API id, name, invoke URL, custom-domain URL, API or stage ARN, `alarm:NAME` or an alarm's ARN.
 * ARN shapes: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
 */
export function parseTarget(text: string): TargetReference {
  const target = text.trim();
  if (target.startsWith('alarm:')) {
    return { kind: 'alarm', name: target.slice('alarm:'.length), region: null, accountId: null };
  }
  return parseArn(target) ?? parseUrl(target) ?? parseWord(target);
}

/** Whether a text looks like an API id; a name may, too. */
export function isApiId(text: string): boolean {
  return idShape.test(text);
}

function parseArn(target: string): TargetReference | null {
  const match = /^arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d*):(.+)$/.exec(target);
  if (!match) return null;
  const [, service = '', region = '', account = '', resource = ''] = match;
  const place = { region: region || null, accountId: account || null };
  if (service === 'cloudwatch' && resource.startsWith('alarm:')) {
    return { kind: 'alarm', name: resource.slice('alarm:'.length), ...place };
  }
  if (service === 'execute-api') {
    const [apiId = '', stage] = resource.split('/');
    return { kind: 'api', apiId, stage: stage && stage !== '*' ? stage : null, ...place };
  }
  const api = /^\/(?:restapis|apis)\/([^/]+)(?:\/stages\/([^/]+))?/.exec(resource);
  if (service !== 'apigateway' || !api) return null;
  return { kind: 'api', apiId: api[1] ?? '', stage: api[2] ?? null, ...place };
}

function parseUrl(target: string): TargetReference | null {
  const withScheme = /^(https?|wss?):\/\//.test(target) ? target : `https://${target}`;
  if (!URL.canParse(withScheme) || !target.includes('.')) return null;
  const { hostname, pathname } = new URL(withScheme);
  const own = executeApiHost.exec(hostname);
  if (own) {
    const stage = decoded(pathname.split('/')[1] ?? '');
    return { kind: 'api', apiId: own[1] ?? '', stage: stage || null, region: own[2] ?? null, accountId: null };
  }
  const looksLikeHost =
    /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/i.test(hostname) && (withScheme === target || target.includes('/'));
  return looksLikeHost ? { kind: 'domain', host: hostname, path: pathname } : null;
}

/** As it stands where it is not encoded as it should be. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parseWord(target: string): TargetReference {
  return isApiId(target)
    ? { kind: 'api', apiId: target, stage: null, region: null, accountId: null }
    : { kind: 'name', name: target };
}
