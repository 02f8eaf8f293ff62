import { consoleOrigin, globalRegion, partitionOf } from './regions.ts';

/** ISO 8601. */
interface Span {
  start: string;
  end: string;
}

/** A log group, in a time and with a filter pattern where given. */
export function logGroupLink(region: string, logGroup: string, span?: Span, pattern?: string): string {
  const parameters = [
    ...(span ? [`start=${Date.parse(span.start)}`, `end=${Date.parse(span.end)}`] : []),
    ...(pattern === undefined ? [] : [`filterPattern=${encodeURIComponent(pattern)}`]),
  ].join('&');
  const events = parameters === '' ? '' : `/log-events${inFragment(`?${parameters}`)}`;
  return cloudWatch(region, `logsV2:log-groups/log-group/${inFragment(encodeURIComponent(logGroup))}${events}`);
}

/** The logs console encodes what stands behind its `#` once more, with `$` for `%`. */
function inFragment(text: string): string {
  return encodeURIComponent(text).replaceAll('%', '$');
}

function cloudWatch(region: string, fragment: string): string {
  return `${consoleOrigin(region)}/cloudwatch/home?region=${region}#${fragment}`;
}

/** A function; of an alias or version, its own page. */
export function functionLink(region: string, name: string, qualifier: string | null = null): string {
  const kind = qualifier !== null && /^\d+$/.test(qualifier) ? 'versions' : 'aliases';
  const part = qualifier === null || qualifier === '$LATEST' ? '' : `/${kind}/${encodeURIComponent(qualifier)}`;
  return `${consoleOrigin(region)}/lambda/home?region=${region}#/functions/${encodeURIComponent(name)}${part}`;
}

/** Stages of a REST API. */
export function restStageLink(region: string, apiId: string): string {
  return apiGateway(region, `apis/${encodeURIComponent(apiId)}/stages`, apiId);
}

/** Resources of a REST API: the draft. */
export function restResourcesLink(region: string, apiId: string): string {
  return apiGateway(region, `apis/${encodeURIComponent(apiId)}/resources`, apiId);
}

/** Routes of an HTTP or WebSocket API. */
export function httpApiLink(region: string, apiId: string): string {
  return apiGateway(region, 'develop/routes', apiId);
}

function apiGateway(region: string, path: string, apiId: string): string {
  return `${consoleOrigin(region)}/apigateway/main/${path}?api=${encodeURIComponent(apiId)}&region=${region}`;
}

/** IAM's console is in the partition's global Region, whatever Region the role is used in. */
export function roleLink(region: string, roleName: string): string {
  const home = globalRegion(partitionOf(region));
  return `${consoleOrigin(home)}/iam/home?region=${home}#/roles/details/${encodeURIComponent(roleName)}`;
}

export function webAclLink(region: string, name: string, id: string): string {
  const path = `${encodeURIComponent(name)}/${encodeURIComponent(id)}`;
  return `${consoleOrigin(region)}/wafv2/homev2/web-acl/${path}/overview?region=${region}`;
}

/** `region` is where CloudTrail recorded the event. */
export function cloudTrailEventLink(region: string, eventId: string): string {
  return `${consoleOrigin(region)}/cloudtrailv2/home?region=${region}#/events/${encodeURIComponent(eventId)}`;
}

export function alarmLink(region: string, name: string): string {
  return cloudWatch(region, `alarmsV2:alarm/${encodeURIComponent(name)}`);
}

export interface MetricReference {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  /** `Sum` where it is left out. */
  stat?: string;
}

/** A graph, minute by minute. */
export function metricsLink(
  region: string,
  metrics: MetricReference | MetricReference[],
  { start, end }: Span,
): string {
  const rows = [metrics]
    .flat()
    .map(({ namespace, metric, dimensions, stat = 'Sum' }) => [
      namespace,
      metric,
      ...Object.entries(dimensions).flat(),
      { stat },
    ]);
  const graph = { metrics: rows, view: 'timeSeries', stacked: false, region, start, end, period: 60 };
  return cloudWatch(region, `metricsV2?graph=~${jsurl(graph)}`);
}

type Graph = string | number | boolean | Graph[] | { [key: string]: Graph };

/** The CloudWatch console's own notation: `(metrics~(~(~'AWS*2fLambda~'Errors)))`. */
function jsurl(value: Graph): string {
  if (typeof value === 'string') return `'${value.replace(/[^\w.-]/g, escaped)}`;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `(${value.map(item => `~${jsurl(item)}`).join('')})`;
  const members = Object.entries(value).map(([key, inner]) => `${key}~${jsurl(inner)}`);
  return `(${members.join('~')})`;
}

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100 ? `*${code.toString(16).padStart(2, '0')}` : `**${code.toString(16).padStart(4, '0')}`;
}

/** Options without their dashes. true is a flag, a list is several values; what is null or undefined is left out. */
export interface CliOptions {
  region: string;
  [option: string]: string | number | boolean | string[] | null | undefined;
}

/**
 * An AWS CLI line to paste into a shell: `cliLine('lambda get-policy', { 'function-name': name, region })`. Every value
 * is quoted where the shell would read more into it, because names come from people and from logs.
 */
export function cliLine(command: string, { region, ...options }: CliOptions): string {
  const parts = Object.entries(options).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    const values = [value].flat().map(one => quoted(String(one)));
    // The CLI would take a value that begins with a dash for an option.
    return values[0]?.startsWith('-') ? [`--${name}=${values.join(' ')}`] : [`--${name}`, ...values];
  });
  return ['aws', command, ...parts, '--region', quoted(region)].join(' ');
}

/** One shell word: plain characters stay, anything else goes in single quotes. */
export function quoted(value: string): string {
  const clean = value.replaceAll('\0', '');
  return /^[\w./:=,@%+-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", `'\\''`)}'`;
}
