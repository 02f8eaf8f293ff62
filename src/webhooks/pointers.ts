/** What in a text may lead to an API or an alarm, the most trusted first. Every pattern is bounded. */
import { partitionOf } from '../aws/regions.ts';
import { redact } from '../redact.ts';
import { alarmsOfLink, apiOfLink } from './console-link.ts';

export interface Place {
  region: string | null;
  accountId: string | null;
}

export interface Pointer extends Place {
  /** `name`: may be an alarm's, but no alarm says so. */
  kind: 'alarm' | 'api' | 'name';
  /** As a target is typed. `place` is that of the whole text, for a pointer that does not say its own. */
  targetIn(place: Place): string;
}

/** `eu-west-1`, `us-gov-west-1`. */
const regionCode =
  /(?<![a-z0-9-])[a-z]{2}(?:-gov|-iso[a-z]?)?-(?:north|south|east|west|central)(?:east|west)?-\d(?![a-z0-9])/g;
const regionLabel =
  /(?<![a-z0-9])region\*?["'`]?\s{0,3}[:=]\s{0,3}["'`*]?([a-z]{2}(?:-[a-z]{1,9}){1,2}-\d)(?![a-z0-9])/i;

/** The Region that a text labels so, or the only one that it names. */
export function regionIn(text: string): string | null {
  const labelled = regionLabel.exec(text)?.[1];
  if (labelled !== undefined) return labelled.toLowerCase();
  const [only, ...others] = new Set(text.match(regionCode) ?? []);
  return only !== undefined && others.length === 0 ? only : null;
}

/** `text`: what is said. `whole`: that, and where its links lead. */
export function pointersIn(text: string, whole: string): Pointer[] {
  const urls = matches(whole, /https?:\/\/[^\s<>"'`]{1,4000}/g, 100).map(([url]) => url.replace(/[.,;:!]+$/, ''));
  return [
    ...alarmArns(whole),
    ...urls.flatMap(url => alarmsOfLink(url).map(({ name, ...place }) => alarm(name, place))),
    ...invokeUrls(whole),
    ...apiArns(whole),
    ...urls.flatMap(url => apiOfLink(url)).map(({ apiId, ...place }) => api(apiId, place)),
    ...labelled(text, 'apiId')
      .filter(isApiId)
      .map(id => api(id)),
    ...alarmNames(text),
    ...labelled(text, 'apiName').map(name => api(name)),
    ...titles(text),
    ...strayIds(text),
  ];
}

const nowhere: Place = { region: null, accountId: null };

/** Of `own` where that is known, else of the place of the whole text. */
function alarm(found: string, own: Place = nowhere, kind: 'alarm' | 'name' = 'alarm'): Pointer {
  // What a link encoded has not been looked at, and in an ARN nothing is.
  const name = redact(found);
  return {
    kind,
    ...own,
    targetIn(place) {
      const region = own.region ?? place.region;
      if (region === null) return `alarm:${name}`;
      const accountId = own.accountId ?? place.accountId ?? '';
      return `arn:${partitionOf(region)}:cloudwatch:${region}:${accountId}:alarm:${name}`;
    },
  };
}

function api(target: string, own: Place = nowhere): Pointer {
  return { kind: 'api', ...own, targetIn: () => target };
}

const alarmArn = /arn:aws[a-z-]{0,10}:cloudwatch:([a-z0-9-]{5,30}):(\d{12}):alarm:([^\n"`|<>]{1,255})/g;

/** A name may hold spaces: behind a label it goes to the end of the line, elsewhere to the first space, and both may be. */
function alarmArns(text: string): Pointer[] {
  return matches(text, alarmArn).flatMap(found => {
    const [, region = '', accountId = '', rest = ''] = found;
    const place = { region, accountId };
    const names = [trimmed(rest.split(/\s/, 1)[0] ?? ''), trimmed(rest)];
    if (/\barn\*?\s{0,3}[:=]\s{0,3}\*?$/i.test(text.slice(Math.max(0, found.index - 20), found.index))) names.reverse();
    return [...new Set(names)].filter(name => name !== '').map(name => alarm(name, place));
  });
}

const invokeUrl =
  /(?<![a-z0-9-])([a-z0-9]{10})((?:-vpce-[a-z0-9]{1,40})?\.execute-api\.([a-z0-9-]{5,30})\.(?:amazonaws\.com(?:\.cn)?|vpce\.amazonaws\.com))(?![a-z0-9-]|\.[a-z0-9])(?:\/(\$default|[\w-]{1,128})(?![\w-]))?/gi;

/** The first part of a path is the stage, or of an HTTP API's default stage a route: then the id alone leads there. */
function invokeUrls(text: string): Pointer[] {
  return matches(text, invokeUrl).flatMap(([, apiId = '', host = '', region = '', stage]) => {
    const place = { region: region.toLowerCase(), accountId: null };
    const url = `https://${apiId}${host}`.toLowerCase();
    return stage === undefined ? [api(url, place)] : [api(`${url}/${stage}`, place), api(apiId.toLowerCase(), place)];
  });
}

const executeApiArn =
  /arn:aws[a-z-]{0,10}:execute-api:([a-z0-9-]{5,30}):(\d{12}):([a-z0-9]{10})(?:\/(\$default|[\w-]{1,128}))?(?![\w-])/g;
const apiGatewayArn =
  /arn:aws[a-z-]{0,10}:apigateway:([a-z0-9-]{5,30})::(\/(?:restapis|apis)\/[a-z0-9]{10}(?:\/stages\/(?:\$default|[\w-]{1,128}))?)(?![\w-])/g;

function apiArns(text: string): Pointer[] {
  const invoked = matches(text, executeApiArn).map(([, region = '', accountId = '', apiId = '', stage]) => {
    const resource = stage === undefined ? apiId : `${apiId}/${stage}`;
    return api(`arn:${partitionOf(region)}:execute-api:${region}:${accountId}:${resource}`, { region, accountId });
  });
  const managed = matches(text, apiGatewayArn).map(([, region = '', path = '']) =>
    api(`arn:${partitionOf(region)}:apigateway:${region}::${path}`, { region, accountId: null }),
  );
  return [...invoked, ...managed];
}

/** Names that CloudWatch, or a bot that speaks for it, calls an alarm's. */
function alarmNames(text: string): Pointer[] {
  const names = [
    ...matches(text, /\bthe alarm ["'“]?([^\n]{1,255}?)["'”]? (?:has )?changed (?:its )?state\b/gi).map(group),
    ...matches(text, /\bCloudWatch Alarm "([^"\n]{1,255})"/gi).map(group),
    ...matches(text, /^(?:ALARM|OK|INSUFFICIENT_DATA): "([^"\n]{1,255})"/gm).map(group),
    ...matches(text, /\bAlarm Details:?\s{0,3}\n[-•\s]{0,5}Name:[ \t]{0,9}([^\n]{1,255})/gi).map(group),
    ...labelled(text, 'alarmName'),
  ];
  return [
    ...headers(text),
    ...names
      .map(trimmed)
      .filter(isName)
      .map(name => alarm(name)),
  ];
}

/** `CloudWatch Alarm | name | region | Account: id`, of which all but the name may lack; a name may hold a bar. */
function headers(text: string): Pointer[] {
  return matches(text, /\bCloudWatch Alarm[ \t]{0,3}\|([^\n]{1,400})/gi).flatMap(found => {
    const parts = group(found).split('|').map(trimmed);
    const end = parts.findIndex((part, index) => index > 0 && (regionIn(part) === part || /^account\b/i.test(part)));
    const name = parts.slice(0, end === -1 ? parts.length : end).join(' | ');
    const rest = end === -1 ? [] : parts.slice(end);
    const accountId = /\d{12}/.exec(rest.find(part => /^account\b/i.test(part)) ?? '')?.[0] ?? null;
    return isName(name) ? [alarm(name, { region: rest.find(part => regionIn(part) === part) ?? null, accountId })] : [];
  });
}

/** Titles of alerting tools: an alarm may be called so. */
function titles(text: string): Pointer[] {
  const names = [
    ...labelled(text, 'alertName'),
    ...matches(text, /\[(?:FIRING|RESOLVED)(?:[:,][^\]\n]{0,40})?\][ \t]{0,9}([^\n(]{1,255})/gi).map(group),
    ...matches(text, /\[(?:Re-)?(?:Triggered|Alerting|Recovered)[^\]\n]{0,200}\][ \t]{0,9}([^\n]{1,255})/gi).map(group),
    ...matches(text, /^(?:Re-)?(?:Triggered|Alerting|Recovered|Resolved):[ \t]{0,9}([^\n]{1,255})/gim).map(group),
    ...matches(
      text,
      /^(?:Triggered |Resolved |Acknowledged )?(?:Incident )?\[?#\d{1,12}[\]:][ \t]{0,9}([^\n]{1,255})/gim,
    ).map(group),
    ...matches(text, /^alarm[ \t]{0,3}[:=][ \t]{0,3}([^\n:"]{1,255})$/gim).map(group),
  ];
  return [...new Set(names.map(trimmed))]
    .filter(isName)
    .slice(0, 3)
    .map(name => alarm(name, nowhere, 'name'));
}

const strayId = /(?<![\w./:-])(?=[a-z]{0,9}\d)(?=\d{0,9}[a-z])[a-z0-9]{10}(?![\w/:-]|\.\w)/g;

/** Words that look like an id, where the text is about APIs at all. */
function strayIds(text: string): Pointer[] {
  if (!/\bapi(?:s|gateway)?\b|\b5xx|\bgateway\b/i.test(text)) return [];
  return matches(text, strayId)
    .slice(0, 2)
    .map(([id]) => api(id));
}

/**
 * The values of a label: `ApiName = orders`, `"ApiName":"orders"`, `apiname:orders,stage:prod`, `*ApiName:* orders`. A
 * value ends with its line, at a comma, quote, bar or bracket, or before the next label.
 */
function labelForm(label: string): RegExp {
  return new RegExp(
    `(?<![a-z0-9])${label}\\*?["'\`]?[ \\t]{0,3}[:=][ \\t]{0,3}\\*?[ \\t]{0,3}["'\`]?([^\\n,;|"\`\\]}]{1,255}?)(?=[ \\t]{1,3}[\\w.-]{1,40}[ \\t]?[=:]|[\\n,;|"\`\\]}]|$)`,
    'gi',
  );
}

const labels = {
  apiId: labelForm('api[ _-]?id'),
  apiName: labelForm('api[ _-]?name'),
  alarmName: labelForm('alarm[ _-]?name'),
  alertName: labelForm('alertname'),
};

function labelled(text: string, label: keyof typeof labels): string[] {
  return matches(text, labels[label]).map(group).map(trimmed).filter(isName);
}

function matches(text: string, form: RegExp, cap = 10): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const one of text.matchAll(form)) if (found.push(one) >= cap) break;
  return found;
}

function group(found: RegExpExecArray): string {
  return found[1] ?? '';
}

/** Without the quotes, brackets, emphasis and punctuation that stand around a name in a sentence. */
function trimmed(name: string): string {
  return name
    .trim()
    .replace(/^["'`*“(]+/, '')
    .replace(/(?:["'`*”)]|[.,;:!?]$)+$/, '')
    .trim();
}

function isName(name: string): boolean {
  return /[\p{L}\p{N}]/u.test(name) && !/^\[?(?:no value|none|null|n\/a|unknown)\]?$/i.test(name);
}

function isApiId(text: string): boolean {
  return /^[a-z0-9]{10}$/.test(text);
}
