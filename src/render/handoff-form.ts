/** The forms of a handoff. They are filled from the investigation, and ask only for what people know. */
import type { InputBlock, KnownBlock, ModalView, SectionBlock } from '@slack/types';
import type { Handoff, HandoffWords, Investigation, Receiver } from '../investigations/types.ts';
import { context as contextBlock, join, LIMITS, type Markup, md, plainText, section, words } from './blocks.ts';
import { type FormContext, form, type Typed, textField, typedIn } from './forms.ts';
import { knownSections, receiver } from './handoff.ts';
import { answerField, handoffFields, viewIds } from './ids.ts';
import { count, cut, impactWords, patternWords, routeWords, trend, utc, withCommand } from './words.ts';

export const handoffTitle = 'Hand off';
export const acceptTitle = 'Accept the handoff';
export const declineTitle = 'Decline the handoff';

export interface HandoffForm {
  /** One, or all of somebody's. */
  investigations: readonly Investigation[];
  /** How many there are, where it is more than those given. */
  total?: number;
  /** User groups to choose from; null where Slack does not tell which there are. */
  groups: readonly { id: string; handle: string }[] | null;
  to: Receiver | null;
  words: HandoffWords;
  /** Why what was sent before was not taken. */
  problem?: string;
  context: Partial<FormContext>;
}

export function handoffForm(about: HandoffForm): ModalView {
  const { investigations, to, words: told, problem, context } = about;
  const [only, ...others] = investigations;
  const single = only !== undefined && others.length === 0;
  return form({
    id: viewIds.handoff,
    title: handoffTitle,
    submit: 'Offer',
    context: { ...context, investigations: investigations.map(({ id }) => id) },
    blocks: [
      ...(problem === undefined ? [] : [section(md`⚠️ ${problem}`)]),
      section(single ? md`*${nameOf(only)}*` : allOf(about)),
      personField(to),
      groupField(about),
      ...(single ? ownFields(told) : []),
      field(
        handoffFields.tried,
        'Tried, and what came of it',
        told.tried,
        'Notes of the thread are added by themselves.',
      ),
      field(handoffFields.next, 'Next actions', told.next, 'One a line: what, and who does it.'),
      field(
        handoffFields.contingency,
        'Contingency: if …, then …',
        told.contingency,
        suggestion(single ? only : undefined),
      ),
      ...(single ? known(only) : []),
    ],
  });
}

function nameOf({ target }: Investigation): Markup {
  return words(`${target.apiName}, stage ${target.stage}`, 2 * LIMITS.name);
}

function allOf({ investigations, total = investigations.length }: HandoffForm): Markup {
  const rest =
    total > investigations.length
      ? md`\n_The newest ${investigations.length} of ${total}; do it once more for the others._`
      : md``;
  const lines = investigations.map(one => md`• ${nameOf(one)}`);
  return md`*${count(investigations.length, 'investigation')} of yours*, an offer for each; state and impact are taken from each record.\n${join(lines, '\n')}${rest}`;
}

function personField(to: Receiver | null): InputBlock {
  return {
    type: 'input',
    block_id: handoffFields.person,
    label: plainText('To a person', LIMITS.inputHint),
    hint: plainText('Yourself: you take it over at once, and nobody has to accept.', LIMITS.inputHint),
    optional: true,
    element: {
      type: 'users_select',
      action_id: handoffFields.person,
      ...(to?.kind === 'user' ? { initial_user: to.id } : {}),
    },
  };
}

function groupField({ groups, to }: HandoffForm): InputBlock {
  const label = 'Or to a user group';
  const chosen = to?.kind === 'group' ? to.id : undefined;
  const options = (groups ?? [])
    .slice(0, LIMITS.selectOptions)
    .map(({ id, handle }) => ({ text: plainText(`@${handle}`, LIMITS.optionText), value: id }));
  const initial = options.find(option => option.value === chosen);
  if (options.length === 0 || (chosen !== undefined && initial === undefined)) {
    return textField({
      id: handoffFields.group,
      label,
      hint: 'Its id (S…): the last part of its address, where you open it under People.',
      optional: true,
      max: 40,
      ...(chosen === undefined ? {} : { initial: chosen }),
    });
  }
  return {
    type: 'input',
    block_id: handoffFields.group,
    label: plainText(label, LIMITS.inputHint),
    hint: plainText('The first of its members who accepts has it.', LIMITS.inputHint),
    optional: true,
    element: {
      type: 'static_select',
      action_id: handoffFields.group,
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

function ownFields(told: HandoffWords): KnownBlock[] {
  return [
    field(handoffFields.state, 'State now, and the trend', told.state, 'Worse, steady, better, or recovered?'),
    field(handoffFields.impact, 'Impact', told.impact, 'What fails, for whom, since when.'),
  ];
}

function field(id: string, label: string, initial: string, hint: string): InputBlock {
  return textField({ id, label, hint, initial, optional: true, multiline: true, max: LIMITS.sentence });
}

function known(investigation: Investigation): (SectionBlock | KnownBlock)[] {
  return [{ type: 'divider' }, contextBlock(md`The handoff also says, by itself:`), ...knownSections(investigation)];
}

function suggestion(investigation: Investigation | undefined): string {
  const first = investigation?.record?.report.verdict.causes[0];
  if (first === undefined) return 'If it gets worse, then … If it is quiet for 30 minutes, then resolve it.';
  const { sentence } = withCommand(first.remedy);
  return `For example: if it comes back, ${lowerFirst(sentence)}`;
}

/** What the record can say of state and impact; people put it right. */
export function suggestedWords(investigation: Investigation): HandoffWords {
  return {
    state: cut(stateWords(investigation), LIMITS.sentence),
    impact: cut(impactSentence(investigation), LIMITS.sentence),
    tried: '',
    next: '',
    contingency: '',
  };
}

function stateWords({ state, recovered, observation, record }: Investigation): string {
  if (state === 'recovered') return recovered === undefined ? 'Recovered.' : `Recovered at ${utc(recovered.at)}.`;
  if (observation !== null && observation.direction !== 'unknown')
    return `${sentenceCase(observation.direction)}, last checked at ${utc(observation.at)}.`;
  if (record === null) return state === 'investigating' ? 'The first diagnosis is under way.' : '';
  const { report } = record;
  const now = trend(report.series) ?? (report.verdict.status === 'no_errors' ? 'no errors' : patternWords(report));
  return `${sentenceCase(now)}, at ${utc(report.generatedAt)}.`;
}

function impactSentence({ record }: Investigation): string {
  if (record === null) return '';
  const { impact, window } = record.report;
  const routes = (impact.routes ?? []).slice(0, 3);
  const parts = [
    sentenceCase(impactWords(record.report)),
    ...(routes.length === 0 ? [] : [`most on ${routeWords(routes)}`]),
    ...(window.onset === null ? [] : [`first failing minute ${utc(window.onset)}`]),
  ];
  return `${parts.join('; ')}.`;
}

/** As it stands inside a sentence; a name in capitals stays. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export interface SentHandoff {
  to: Receiver;
  words: HandoffWords;
}

/** What was sent, or what is wrong, by field. */
export function readHandoffForm(values: Typed): SentHandoff | { errors: Record<string, string> } {
  const read = (id: string) => typedIn(values, id);
  const [person, group] = [read(handoffFields.person), read(handoffFields.group)];
  if (person !== '' && group !== '') {
    return { errors: { [handoffFields.group]: 'Choose a person or a user group, not both.' } };
  }
  if (person === '' && group === '') return { errors: { [handoffFields.person]: 'Choose who is to take it over.' } };
  if (group !== '' && !/^S[A-Z0-9]{2,20}$/.test(group)) {
    return { errors: { [handoffFields.group]: 'This is not the id of a user group: it begins with S.' } };
  }
  return {
    to: person === '' ? { kind: 'group', id: group } : { kind: 'user', id: person },
    words: {
      state: read(handoffFields.state),
      impact: read(handoffFields.impact),
      tried: read(handoffFields.tried),
      next: read(handoffFields.next),
      contingency: read(handoffFields.contingency),
    },
  };
}

/** The receiver says back in one line what they will do first: that shows whether the handoff was understood. */
export function acceptForm(investigation: Investigation, handoff: Handoff, context: Partial<FormContext>): ModalView {
  return answerForm(investigation, handoff, context, {
    id: viewIds.handoffAccept,
    title: acceptTitle,
    submit: 'Accept',
    label: 'What you will do first',
    hint: 'One line. The thread shows it, so that both of you know that it was understood.',
  });
}

export function declineForm(investigation: Investigation, handoff: Handoff, context: Partial<FormContext>): ModalView {
  return answerForm(investigation, handoff, context, {
    id: viewIds.handoffDecline,
    title: declineTitle,
    submit: 'Decline',
    label: 'Why not',
    hint: 'One line. Whoever offered it keeps it, and sees this.',
  });
}

function answerForm(
  investigation: Investigation,
  handoff: Handoff,
  context: Partial<FormContext>,
  {
    id,
    title,
    submit,
    label,
    hint,
  }: Record<'title' | 'submit' | 'label' | 'hint', string> & { id: 'handoff_accept' | 'handoff_decline' },
): ModalView {
  const next = handoff.words.next === '' ? [] : [section(md`*Next:* ${handoff.words.next}`)];
  return form({
    id,
    title,
    submit,
    context: { ...context, investigations: [investigation.id], handoff: handoff.id },
    blocks: [
      section(md`*${nameOf(investigation)}* to ${receiver(handoff.to)}`),
      ...next,
      textField({ id: answerField, label, hint, max: 300 }),
    ],
  });
}
