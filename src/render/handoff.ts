/** The handoff as its receiver needs it: about twelve lines, the rest behind the card's buttons. */
import type { SectionBlock } from '@slack/types';
import type { Change, Report } from '../diagnosis/types.ts';
import type { Handoff, Investigation, Receiver } from '../investigations/types.ts';
import {
  actions,
  button,
  code,
  compose,
  group,
  join,
  LIMITS,
  link,
  type Markup,
  type Message,
  md,
  minute,
  optional,
  type Part,
  part,
  person,
  section,
  words,
} from './blocks.ts';
import { causeName } from './cause-name.ts';
import { actionIds } from './ids.ts';
import { watching } from './standing.ts';
import { oneLineVerdict } from './verdict.ts';
import { assertNever, beforeOnset, byNearness, gapName, gapsOf, place, tally } from './words.ts';

export interface HandoffView {
  investigation: Investigation;
  handoff: Handoff;
  /** Address of the card; null while it is not posted. */
  cardLink: string | null;
}

export function receiver({ kind, id }: Receiver): Markup {
  return kind === 'user' ? person(id) : group(id);
}

/** In the thread, and shown to the channel. */
export function handoffMessage(view: HandoffView): Message {
  const { target } = view.investigation;
  return compose(
    `Handoff of ${target.apiName}, stage ${target.stage}.`,
    [part(section(title(view))), ...facts(view), ...answerButtons(view)],
    left => md`_${left} more parts have no room here; the card and its thread have them._`,
  );
}

/** To the receiver alone. */
export function receiverMessage(view: HandoffView): Message {
  const { target } = view.investigation;
  const where = view.cardLink === null ? md`` : md`\n${link(view.cardLink, 'Open the thread')}`;
  return compose(
    `You are asked to take over ${target.apiName}, stage ${target.stage}.`,
    [part(section(md`${title(view)}${where}`)), ...facts(view), ...answerButtons(view)],
    left => md`_${left} more parts have no room here; the thread has them._`,
  );
}

/** Ten minutes later, where nobody has answered. */
export function reminderMessage({ investigation, handoff }: HandoffView): Message {
  const text = md`${receiver(handoff.to)}, this handoff by ${person(handoff.from)} still waits for your answer: press *Accept* or *Decline* above. Until then ${owner(investigation)} keeps it.`;
  return compose('A handoff waits for an answer.', [part(section(text))], () => md``);
}

/** The person who was asked did not answer: others are told. */
export function fallbackMessage({ investigation, handoff }: HandoffView, groupId: string | null): Message {
  const whom = groupId === null ? md`` : md`${group(groupId)} `;
  const text = md`${whom}${receiver(handoff.to)} did not answer the handoff by ${person(handoff.from)}. ${owner(investigation)} still has it; whoever can take it presses *Hand off* on the card and names themselves.`;
  return compose('A handoff was not answered.', [part(section(text))], () => md``);
}

function owner({ owner: id }: Investigation): Markup {
  return id === null ? md`nobody` : person(id);
}

function title({ investigation, handoff }: HandoffView): Markup {
  const { apiName, stage } = investigation.target;
  const name = md`*${words(apiName, LIMITS.name)}, stage ${words(stage, LIMITS.name)}*`;
  const { from, to, state, answer } = handoff;
  switch (state) {
    case 'offered':
      return md`🤝 *Handoff* of ${name} from ${person(from)} to ${receiver(to)}, ${minute(handoff.offeredAt)}`;
    case 'accepted':
      return md`🤝 ${person(answer?.by ?? null)} *has accepted* ${name} from ${person(from)}${said(answer?.words, 'first')}`;
    case 'declined':
      return md`🤝 ${person(answer?.by ?? null)} *has declined* ${name}${said(answer?.words, 'because')} It was offered by ${person(from)}; it stays with ${handoff.owner === null ? 'nobody' : person(handoff.owner)}.`;
    case 'taken':
      return md`🤝 ${person(answer?.by ?? null)} *has taken over* ${name}, ${minute(handoff.offeredAt)}`;
    case 'superseded':
      return md`🤝 The offer of ${name} to ${receiver(to)} was taken back for another one.`;
    default:
      return assertNever(state);
  }
}

function said(text: string | undefined, how: 'first' | 'because'): Markup {
  if (text === undefined || text === '') return md`.`;
  return how === 'first' ? md`. First: _${words(text)}_` : md`: _${clause(text)}_.`;
}

/** Fields 2 to 12 of a handoff: state, impact, verdict, changes, steps, ruled out, gaps, tried, next, contingency, watch. */
function facts({ investigation, handoff }: HandoffView): Part[] {
  // What was handed over stays as it was said; the card goes on.
  if (handoff.state !== 'offered') return answeredFacts(handoff);
  const { words: told } = handoff;
  const lines: Fact[] = [
    ['Where', md`${place(investigation.target)}`],
    ['State now', text(told.state)],
    ['Impact', text(told.impact)],
    ...knownFacts(investigation, optionalText(told.tried)),
    ['Next', text(told.next)],
    ['Contingency', text(told.contingency)],
    ['Watched', watched(investigation)],
  ];
  return factSections(lines).map(block => optional(block));
}

function answeredFacts({ words: told, state }: Handoff): Part[] {
  if (state === 'superseded') return [];
  const lines: Fact[] = [
    ['State then', text(told.state)],
    ['Impact', text(told.impact)],
    ['Tried', text(told.tried)],
    ['Next', text(told.next)],
    ['Contingency', text(told.contingency)],
  ];
  return factSections(lines).map(block => optional(block));
}

type Fact = [name: string, value: Markup | null];

/** What the record knows by itself; `tried` is what people add to their notes. */
function knownFacts({ record, notes }: Investigation, tried: readonly Markup[]): Fact[] {
  const triedLine: Fact = [
    'Tried',
    listed([...notes.toReversed().map(note => md`${clause(note.text)} (${person(note.by)})`), ...tried]),
  ];
  if (record === null) return [triedLine];
  const { report, findings } = record;
  const { ruledOut } = report.verdict;
  const { unread, late } = gapsOf(report);
  // The same checks as the card counts.
  const checks = findings.filter(one => one.group !== 'extended').map(one => one.status);
  return [
    ['Verdict', oneLineVerdict(report)],
    ['Fix', fixOf(report)],
    ['What changed', listed(byNearness(report.changes).map(changeWords))],
    ['Checks', md`${tally(checks)}, last run ${minute(report.generatedAt)}`],
    ['Ruled out', listed(ruledOut.map(one => md`${causeName(one.id)} (${clause(one.because)})`))],
    ['Could not be read', listed([...new Set(unread.map(gapName))].map(name => md`${name}`))],
    ['Not yet delivered', listed([...new Set(late.map(gap => gap.source))].map(source => md`${source}`))],
    triedLine,
  ];
}

function fixOf({ verdict }: Report): Markup | null {
  const [first] = verdict.causes;
  if (first === undefined) return null;
  return first.cli === null ? md`${first.remedy}` : md`${first.remedy} ${code(first.cli, LIMITS.sentence)}`;
}

function watched(investigation: Investigation): Markup {
  return watching(investigation) ?? md`no`;
}

/** What a handoff of it will say without anybody typing it; for the form. */
export function knownSections(investigation: Investigation): SectionBlock[] {
  return factSections([
    ['Where', md`${place(investigation.target)}`],
    ...knownFacts(investigation, []),
    ['Watched', watched(investigation)],
  ]);
}

function factSections(lines: readonly Fact[]): SectionBlock[] {
  return lines.flatMap(([name, value]) => (value === null ? [] : [section(md`*${name}:* ${value}`)]));
}

function text(value: string): Markup | null {
  return value.trim() === '' ? null : words(value);
}

function optionalText(value: string): Markup[] {
  const markup = text(value);
  return markup === null ? [] : [markup];
}

/** Without its full stop: others follow in one line. */
function clause(sentence: string): string {
  return sentence.replace(/[.:]$/, '');
}

/** How many of each the message has room for; the card and its thread have the rest. */
const listedAtMost = 3;

function listed(items: readonly Markup[]): Markup | null {
  if (items.length === 0) return null;
  const more = items.length - listedAtMost;
  return join([...items.slice(0, listedAtMost), ...(more > 0 ? [md`and ${more} more`] : [])], '; ');
}

function changeWords(change: Change): Markup {
  const who = change.who ?? 'somebody unknown';
  return md`${change.event} on ${words(change.resource, LIMITS.name)} by ${words(who, LIMITS.name)}, ${beforeOnset(change)}`;
}

function answerButtons({ investigation, handoff }: HandoffView): Part[] {
  if (handoff.state !== 'offered') return [];
  const value = `${investigation.id} ${handoff.id}`;
  const { apiName, stage } = investigation.target;
  const name = `${apiName}, stage ${stage}`;
  return [
    part(
      actions([
        button({ id: actionIds.handoffAccept, text: 'Accept', value, style: 'primary', label: `Accept ${name}` }),
        button({ id: actionIds.handoffDecline, text: 'Decline', value, label: `Decline ${name}` }),
      ]),
    ),
  ];
}
