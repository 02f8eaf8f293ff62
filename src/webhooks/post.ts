/**
 * What a message by another app, or a person, may mean. It is untrusted text: only pointers are taken from it, and
 * CloudWatch and API Gateway are asked for the truth.
 */
import { redact } from '../redact.ts';
import { plain, plainLine } from './plain.ts';
import { type Pointer, pointersIn, regionIn } from './pointers.ts';
import { flatten } from './post-text.ts';

export interface Post {
  /** What it may mean, as a target is typed; the most trusted first. Empty where it points to nothing. */
  targets: string[];
  /** Of the most trusted pointer that tells; null where none does. */
  region: string | null;
  accountId: string | null;
  /** As a label names it; an invoke URL among the targets has its own. */
  stage: string | null;
  /** `ok` starts nothing: recovered, resolved, or no data. */
  state: 'alarm' | 'ok' | null;
  /** Whether an alarm speaks, so that it may start an investigation without anybody asking. */
  looksLikeAlarm: boolean;
  /** How it begins: one line, masked. */
  excerpt: string;
}

const targetCap = 8;
const longestTarget = 512;
const longestExcerpt = 300;

/** Reads any value; what is no message points to nothing. */
export function readPost(message: unknown): Post {
  const { text: said, links } = flatten(message);
  const text = redact(said);
  const whole = [text, ...links.map(redact)].join('\n');
  const pointers = pointersIn(text, whole);
  const placed = pointers.find(one => one.region !== null);
  const region = placed?.region ?? regionIn(text);
  const accountId = pointers.find(one => one.accountId !== null)?.accountId ?? accountIn(text);
  const state = stateOf(text);
  const targets = pointers
    .map(pointer => oneLine(pointer.targetIn({ region, accountId })))
    .filter(target => target.length <= longestTarget);
  return {
    targets: [...new Set(targets)].slice(0, targetCap),
    region,
    accountId,
    stage: stageIn(text),
    state,
    looksLikeAlarm: state !== null || pointers.some(isAlarm),
    excerpt: plainLine(text, longestExcerpt),
  };
}

/** What was encoded in a link is taken out of it as any other text. */
function oneLine(target: string): string {
  return plain(target).replace(/\s+/g, ' ').trim();
}

function isAlarm({ kind }: Pointer): boolean {
  return kind === 'alarm';
}

const account = /(?<![a-z0-9])(?:aws[ _-]?)?account(?:[ _-]?id)?\*?["'`]?\s{0,3}[:=]?\s{0,3}["'`*]?(\d{12})(?!\d)/i;

function accountIn(text: string): string | null {
  return account.exec(text)?.[1] ?? null;
}

// `stage: x` in prose is no label; `stage:prod` of tags, `Stage = prod`, and what stands where labels stand, is.
const stageLabel =
  /(?:(?:^|[,;({[|•-])[ \t]{0,3}["'`*]?stage(?:[ _-]?name)?\*?["'`]?[ \t]{0,3}:|(?<![\w-])stage(?:[ _-]?name)?(?:[ \t]{0,3}=|:(?=\S)))[ \t]{0,3}["'`*]?[ \t]?(\$default|[\w-]{1,128})(?![\w-])/im;

function stageIn(text: string): string | null {
  return stageLabel.exec(text)?.[1] ?? null;
}

const states = '(ALARM|OK|INSUFFICIENT[ _]DATA)';

/** How alerts tell their state, the surest form first; the group holds CloudWatch's word where there is one. */
const stateForms: readonly (readonly [form: RegExp, state: 'alarm' | 'ok' | 'named'])[] = [
  [/\[FIRING\b/i, 'alarm'],
  [/\[(?:RESOLVED|RECOVERED|OK)\b/i, 'ok'],
  [new RegExp(`\\bchanged (?:its )?state (?:from \\w{2,20} )?to "?${states}\\b`, 'i'), 'named'],
  [new RegExp(`\\b(?:ALARM|OK|INSUFFICIENT[ _]DATA)"? {0,2}(?:->|=>|→|➜|to) {0,2}"?${states}\\b`), 'named'],
  [
    new RegExp(
      `\\b(?:alarm|new|current)[ _]?state(?:[ _]?value)?\\*?["'\`]?\\s{0,3}[:=]\\s{0,3}["'\`*]?${states}\\b`,
      'i',
    ),
    'named',
  ],
  [new RegExp(`\\b(?:entered|is (?:now )?in) (?:the )?"?${states}"? state\\b`, 'i'), 'named'],
  [new RegExp(`^\\W{0,5}state\\*?\\s{0,3}[:=]\\s{0,3}${states}\\b`, 'im'), 'named'],
  [new RegExp(`^\\W{0,5}${states}\\b(?= ?[:"|])`, 'm'), 'named'],
  [/\[(?:P\d\] ?\[)?(?:Triggered|Alerting|Re-Triggered)\b/i, 'alarm'],
  [/^[^\w\n]{0,5}(?:\[P\d\] ?)?(?:recovered|resolved|ok)\b(?= ?[:!#\-–]|$)/im, 'ok'],
  [
    /\b(?:alarm|alert|incident|monitor|issue)\b[^\n]{0,100}\b(?:has |was |is )(?:been |now )?(?:recovered|resolved|cleared)\b/i,
    'ok',
  ],
  [/\bincident (?:resolved|recovered)\b/i, 'ok'],
  [/^[^\w\n]{0,5}(?:\[P\d\] ?)?(?:re-)?(?:triggered|firing|alerting)\b(?= ?[:!#\-–]|$)/im, 'alarm'],
  [/\bincident (?:has been )?triggered\b|\bthreshold crossed\b(?![^\n]{0,200}\b(?:was|were) not\b)/i, 'alarm'],
];

function stateOf(text: string): Post['state'] {
  for (const [form, state] of stateForms) {
    const found = form.exec(text);
    if (found === null) continue;
    return state === 'named' ? (/^alarm$/i.test(found[1] ?? '') ? 'alarm' : 'ok') : state;
  }
  return null;
}
