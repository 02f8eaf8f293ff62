/** The message that a row's button opens: everything that one step or diagnosis observed. */
import type { KnownBlock } from '@slack/types';
import type { Evidence, Finding, Gap } from '../diagnosis/types.ts';
import type { Investigation, Press } from '../investigations/types.ts';
import {
  compose,
  context,
  join,
  LIMITS,
  link,
  type Markup,
  type Message,
  md,
  optional,
  part,
  person,
  preformatted,
  section,
  when,
  words,
} from './blocks.ts';
import { causeName } from './cause-name.ts';
import { checkId } from './ids.ts';
import { type Check, checkName, findingOf, pressed, statusLabel } from './playbook.ts';
import { gapWords, seconds, statusWords, whereabouts, withoutDay } from './words.ts';

/** `check` is `step:4` or `diagnosis:2`; null where there is nothing to show of it yet. */
export function evidenceMessage(investigation: Investigation, checks: readonly Check[], check: string): Message | null {
  const now = findingOf(investigation, check);
  const finding = now ?? lastOutcome(investigation, check);
  if (finding === undefined) return null;
  const { apiName, stage } = investigation.target;
  const where = whereabouts(investigation.target);
  const press = investigation.presses[check];
  const question = checks.find(item => checkId(item) === check)?.question;
  return compose(
    `${checkName(finding)}, for ${apiName}, stage ${stage} (${where}): ${statusWords[finding.status]}. ${finding.summary}`,
    [
      part(
        section(md`*${words(checkName(finding), LIMITS.name)}* · ${statusLabel(finding.status)}${asked(question)}`),
        section(md`${finding.summary}${press?.state === 'done' ? md`` : pressed(press)}`),
        context(md`${ranBy(press)} ${when(finding.at)}, in ${seconds(finding.durationMs)}, for ${where}.${again(now)}`),
      ),
      ...finding.evidence.map((item, index) => optional(...observed(item, index + 1, finding.at))),
      ...(foundNothing(finding) ? [part(context(md`There is nothing more to show of it.`))] : []),
      ...finding.gaps.map(gap => optional(...unread(gap))),
      ...finding.ruledOut.map(item => optional(context(md`*Ruled out:* ${causeName(item.id)}. ${item.because}`))),
    ],
    left => md`_${left} more of ${parts(finding)} have no room here; the JSON report has them all._`,
  );
}

/** While the whole playbook runs again, the outcome of the run before stays readable. */
function lastOutcome(investigation: Investigation, check: string): Finding | undefined {
  return investigation.record?.findings.find(finding => checkId(finding) === check);
}

function again(now: Finding | undefined): Markup {
  return now === undefined ? md` The whole playbook is running again; this is the outcome of the run before.` : md``;
}

/** Of a row that was pressed, the one line about the run says by whom. */
function ranBy(press: Press | undefined): Markup {
  return press?.state === 'done' ? md`Run again by ${person(press.by)},` : md`Run`;
}

/** Read, and nothing there; what could not be read or does not apply says so itself. */
function foundNothing({ status, evidence, gaps }: Finding): boolean {
  return evidence.length === 0 && gaps.length === 0 && status !== 'unknown' && status !== 'not_applicable';
}

function unread(gap: Gap): KnownBlock[] {
  const { sentence, command } = gapWords(gap);
  return [section(md`${notRead(gap)} ${sentence}`), ...(command === null ? [] : [preformatted(command)])];
}

function notRead({ reason }: Gap): Markup {
  return reason === 'delivery_lag' ? md`*Not yet delivered:*` : md`*Not read:*`;
}

function asked(question: string | undefined): Markup {
  return question === undefined ? md`` : md`\n_${words(question)}_`;
}

function observed(evidence: Evidence, position: number, today: string): KnownBlock[] {
  const origin = [
    ...(evidence.at === null ? [] : [when(evidence.at)]),
    words(evidence.source, LIMITS.name),
    words(evidence.resource, 2 * LIMITS.name),
    ...(evidence.link === null ? [] : [link(evidence.link, 'Open in the AWS console')]),
  ];
  return [
    section(md`*${position}.* ${withoutDay(evidence.text, today)}`),
    ...(evidence.excerpt === undefined || evidence.excerpt === '' ? [] : [preformatted(evidence.excerpt)]),
    context(join(origin, ' · ')),
    ...(evidence.cli === null ? [] : [preformatted(evidence.cli)]),
  ];
}

function parts(finding: Finding): string {
  return `${finding.evidence.length + finding.gaps.length + finding.ruledOut.length} facts`;
}
