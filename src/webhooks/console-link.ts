/** What a link into the AWS console shows: an alarm of CloudWatch, or an API. */

export interface LinkPlace {
  region: string | null;
  accountId: string | null;
}

const consoleHosts = /(?:^|\.)console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$/;
/** The page of today, and two older ones. */
const alarmPages =
  /#alarmsV2:alarm\/([^?\s]{1,2000})|#s=Alarms&alarm=([^&?\s]{1,2000})|#alarm:[^\s]{0,200}?;?name=([^;&?\s]{1,2000})/;
const apiPages = /\/apigateway\/[^\s]{0,300}?\/apis\/([a-z0-9]{10})(?![a-z0-9])/;

/** The alarms that a link may show: its name may be encoded more than once, and a plus may be a space. */
export function alarmsOfLink(url: string): ({ name: string } & LinkPlace)[] {
  const page = consolePage(url, alarmPages);
  if (page === null) return [];
  const [raw = ''] = page.found.slice(1).filter(one => one !== undefined);
  const spaced = raw.includes('+') ? [decoded(raw.replaceAll('+', ' '))] : [];
  const names = [...spaced, decoded(raw)].map(withoutBracket).filter(name => name !== '' && name.length <= 255);
  return [...new Set(names)].map(name => ({ name, ...page.place }));
}

/** In a text a link may stand in brackets; a name has both, or none. */
function withoutBracket(name: string): string {
  return (name.includes('(') ? name : name.replace(/\)+$/, '')).trim();
}

export function apiOfLink(url: string): ({ apiId: string } & LinkPlace)[] {
  const page = consolePage(url, apiPages);
  return page === null ? [] : [{ apiId: page.found[1] ?? '', ...page.place }];
}

/** A page of the console, also where its address is a parameter of another one (a sign-in page, a link tracker). */
function consolePage(url: string, page: RegExp): { found: RegExpExecArray; place: LinkPlace } | null {
  let text = url;
  for (let round = 0; round < 4; round++) {
    const found = page.exec(text);
    const start = found === null ? -1 : text.lastIndexOf('https://', found.index);
    const address = text.slice(start).split(/\s/, 1)[0] ?? '';
    if (found !== null && start !== -1 && URL.canParse(address)) {
      const { hostname } = new URL(address);
      return consoleHosts.test(hostname) ? { found, place: placeOf(hostname, address, url) } : null;
    }
    const next = decodedOnce(text);
    if (next === null || next === text) return null;
    text = next;
  }
  return null;
}

/** `eu-west-1.console.aws.amazon.com`, `123456789012-abcdefgh.eu-west-1.console.aws.amazon.com`. */
function placeOf(hostname: string, address: string, url: string): LinkPlace {
  const region =
    /[?&]region=([a-z]{2}(?:-[a-z]{1,9}){1,3}-\d)(?![a-z0-9])/.exec(address)?.[1] ??
    /(?:^|\.)([a-z]{2}(?:-[a-z]{1,9}){1,3}-\d)\.console\./.exec(hostname)?.[1] ??
    null;
  const accountId = /^(\d{12})-/.exec(hostname)?.[1] ?? /[?&]account_id=(\d{12})(?!\d)/.exec(url)?.[1] ?? null;
  return { region, accountId };
}

/** `a%252Fb`, `a$252Fb` and `a%2Fb` are all `a/b`. */
function decoded(name: string): string {
  let text = name.replace(/\$25(?=[0-9a-f]{2})/gi, '%');
  for (let round = 0; round < 3; round++) {
    const next = decodedOnce(text);
    if (next === null) break;
    text = next;
  }
  return text;
}

function decodedOnce(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
