/**
 * The matching rules of IAM's policy language that resource policies need, three-valued: what cannot be told stays
 * untold. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { BlockList, isIP } from 'node:net';

/** true, false, or a phrase that says why it cannot be told. */
export type Truth = boolean | string;

export function all(truths: Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.find(truth => typeof truth === 'string') ?? true;
}

export function any(truths: Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.find(truth => typeof truth === 'string') ?? false;
}

export function not(truth: Truth): Truth {
  return typeof truth === 'string' ? truth : !truth;
}

/**
 * Whether a policy's text covers a value of the request. A `*` in the value stands for any text without a slash and
 * `**` for any text, as in the ARN of a route with path parameters: a pattern that covers only some cannot be told.
 */
export function matchesText(pattern: string, value: string, wildcards: boolean): Truth {
  if (covers(pattern, value, wildcards)) return true;
  if (!value.includes('*') || !overlaps(pattern, value, wildcards)) return false;
  return `covers ${pattern}, which is only a part of ${value.replaceAll('**', '*')}`;
}

/** Greedy with one point to fall back to: no pattern makes it slow. */
function covers(pattern: string, value: string, wildcards: boolean): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let v = 0; v < value.length; ) {
    if (wildcards && pattern[p] === '*') {
      star = p++;
      resume = v;
    } else if (pattern[p] === value[v] || (wildcards && pattern[p] === '?' && value[v] !== '*')) {
      p++;
      v++;
    } else if (star >= 0) {
      p = star + 1;
      v = ++resume;
    } else return false;
  }
  while (wildcards && pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Whether any text fits both. */
function overlaps(pattern: string, value: string, wildcards: boolean): boolean {
  const width = value.length + 1;
  const table = new Uint8Array((pattern.length + 1) * width);
  for (let p = pattern.length; p >= 0; p--) {
    for (let v = value.length; v >= 0; v--) {
      const at = (dp: number, dv: number) => table[(p + dp) * width + v + dv] === 1;
      const [mine, theirs] = [pattern[p], value[v]];
      const open = theirs === '*' && (mine !== '/' || value[v - 1] === '*' || value[v + 1] === '*');
      let fits = mine === undefined && theirs === undefined;
      if (wildcards && mine === '*') fits = at(1, 0) || (theirs !== undefined && at(0, 1));
      if (!fits && theirs === '*') fits = at(0, 1) || (open && mine !== undefined && at(1, 0));
      if (!fits && mine !== undefined && (mine === theirs || (wildcards && mine === '?' && theirs !== undefined))) {
        fits = at(1, 1);
      }
      table[p * width + v] = fits ? 1 : 0;
    }
  }
  return table[0] === 1;
}

/** ArnLike and ArnEquals, which are the same: each of the six parts by itself. */
function matchesArn(pattern: string, value: string): Truth {
  const parts = splitArn(pattern, 6);
  if (parts.length < 6) return `compares with ${pattern}, which is no ARN`;
  const values = splitArn(value, 6);
  return values.length === 6 && all(parts.map((part, i) => matchesText(part, values[i] ?? '', true)));
}

/**
 * The Resource element: as an ARN, but a `*` that ends it early reaches beyond the colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function matchesResource(pattern: string, value: string): Truth {
  const parts = splitArn(pattern, 6);
  const values = splitArn(value, parts.length);
  return values.length === parts.length && all(parts.map((part, i) => matchesText(part, values[i] ?? '', true)));
}

function splitArn(arn: string, count: number): string[] {
  const parts = arn.split(':');
  return parts.length <= count ? parts : [...parts.slice(0, count - 1), parts.slice(count - 1).join(':')];
}

function inNetwork(network: string, address: string): Truth {
  const [base = '', bits] = network.split('/');
  const family = isIP(base);
  const prefix = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) {
    return `compares with ${network}, which is no network`;
  }
  if (isIP(address) === 0) return false;
  const list = new BlockList();
  list.addSubnet(base, prefix, family === 6 ? 'ipv6' : 'ipv4');
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

type Comparison = (wanted: string, actual: string) => Truth;

const lower = (text: string) => text.toLowerCase();
const numbers = (holds: (actual: number, wanted: number) => boolean): Comparison => {
  return (wanted, actual) => holds(Number.parseFloat(actual), Number.parseFloat(wanted));
};
const dates = (holds: (actual: number, wanted: number) => boolean): Comparison => {
  return (wanted, actual) => holds(moment(actual), moment(wanted));
};
const moment = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const comparisons = new Map<string, Comparison>([
  ['StringEquals', (wanted, actual) => matchesText(wanted, actual, false)],
  ['StringEqualsIgnoreCase', (wanted, actual) => matchesText(lower(wanted), lower(actual), false)],
  ['StringLike', (wanted, actual) => matchesText(wanted, actual, true)],
  ['ArnEquals', matchesArn],
  ['ArnLike', matchesArn],
  ['IpAddress', inNetwork],
  ['Bool', (wanted, actual) => lower(wanted) === lower(actual)],
  ['NumericEquals', numbers((actual, wanted) => actual === wanted)],
  ['NumericLessThan', numbers((actual, wanted) => actual < wanted)],
  ['NumericLessThanEquals', numbers((actual, wanted) => actual <= wanted)],
  ['NumericGreaterThan', numbers((actual, wanted) => actual > wanted)],
  ['NumericGreaterThanEquals', numbers((actual, wanted) => actual >= wanted)],
  ['DateEquals', dates((actual, wanted) => actual === wanted)],
  ['DateLessThan', dates((actual, wanted) => actual < wanted)],
  ['DateLessThanEquals', dates((actual, wanted) => actual <= wanted)],
  ['DateGreaterThan', dates((actual, wanted) => actual > wanted)],
  ['DateGreaterThanEquals', dates((actual, wanted) => actual >= wanted)],
]);

/** A request's condition keys, any case. null: known to be absent; a key that is missing here is not known. */
export type Context = Record<string, string | string[] | null>;

export function conditionHolds(operator: string, key: string, wanted: string[], context: Context): Truth {
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const actual = Object.entries(context).find(([known]) => lower(known) === lower(key))?.[1];
  if (actual === undefined) return `depends on ${key}, which cannot be known from here`;
  if (name === 'Null') return wanted.some(value => lower(value) === String(actual === null));
  const negated = /^(String|Arn|Numeric|Date)Not|^NotIp/.test(name);
  const compare = comparisons.get(negated ? name.replace('Not', '') : name);
  if (compare === undefined) return `uses the condition operator ${operator}, which is not evaluated here`;
  if (actual === null) return negated || ifExists !== undefined || quantifier === 'ForAllValues';
  const holds = (value: string): Truth => {
    const found = any(
      wanted.map(one => (one.includes('${') ? `uses the policy variable ${one}` : compare(one, value))),
    );
    return negated ? not(found) : found;
  };
  const values = Array.isArray(actual) ? actual : [actual];
  return quantifier === 'ForAllValues' ? all(values.map(holds)) : any(values.map(holds));
}
