/** What is told where a trigger opened no investigation: whoever asked, in private; of an alarm's, the channel. */
import type { Candidate } from '../diagnosis/types.ts';
import type { Refusal } from '../investigations/types.ts';
import {
  button,
  code,
  compose,
  context,
  LIMITS,
  type Markup,
  type Message,
  md,
  optional,
  part,
  section,
  words,
} from './blocks.ts';
import { candidateId, slashCommand } from './ids.ts';
import { assertNever, candidateWords, count, wrongStage } from './words.ts';

/** Nobody has asked, so it speaks of the alarm; that it is about no API is said aside, for whoever looks. */
export function alarmRefusalMessage(refusal: Refusal): Message {
  if (refusal.kind === 'unrelated') {
    const { plain, markup } = reason(refusal);
    return compose(plain, [part(context(markup))], () => md``);
  }
  const name = alarmName(refusal.target);
  return refusalMessage(name === null ? refusal : { ...refusal, target: name });
}

/** null: it is no alarm's ARN. */
function alarmName(target: string): string | null {
  return /^arn:[^:]+:cloudwatch:.*:alarm:(.+)$/.exec(target)?.[1] ?? null;
}

/** For whoever asked. */
export function refusalMessage(refusal: Refusal): Message {
  const { plain, markup } = reason(refusal);
  const candidates = 'candidates' in refusal ? refusal.candidates : [];
  return compose(
    plain,
    [
      part(section(markup)),
      ...candidates.map((candidate, index) => optional(choice(refusal.inboxId, candidate, index))),
    ],
    left => md`_${left} more have no room here: type the id of the API instead of its name._`,
  );
}

function reason(refusal: Refusal): { plain: string; markup: Markup } {
  const { target } = refusal;
  switch (refusal.kind) {
    case 'ambiguous': {
      const many = count(refusal.candidates.length, 'API or stage', 'APIs or stages');
      return {
        plain: `${target} fits ${many}. Choose one.`,
        markup: md`${code(target)} fits ${many}. Which one is meant?`,
      };
    }
    case 'not_found': {
      const { region, candidates } = refusal;
      const wrong = wrongStage(target, null, candidates);
      if (wrong !== null) {
        if (wrong.stage === null) return { plain: wrong.sentence, markup: md`${wrong.sentence}` };
        const command = `${slashCommand} ${wrong.api} ${wrong.stage}`;
        return {
          plain: `${wrong.sentence} Type ${command}.`,
          markup: md`${wrong.sentence} Type ${code(command)}, or choose:`,
        };
      }
      const next =
        candidates.length === 0
          ? md`Check the name, the Region (${code('--region')}) and the account (${code('--account')}), or type ${code(`${slashCommand} help`)}.`
          : md`${candidates.length === 1 ? 'This name is' : 'These names are'} close:`;
      return {
        plain: `No API, stage, domain or alarm in ${region} is called ${target}.`,
        markup: md`No API, stage, domain or alarm in ${region} is called ${code(target)}. ${next}`,
      };
    }
    case 'unrelated':
      return {
        plain: `${refusal.watches} No diagnosis was started.`,
        markup: md`${refusal.watches} No diagnosis was started.`,
      };
    case 'unreadable':
      return {
        plain: `${target} could not be looked up. ${refusal.message} ${refusal.remedy}`,
        markup: md`${code(target)} could not be looked up. ${refusal.message}\n*What to do:* ${refusal.remedy}`,
      };
    case 'failed':
      return {
        plain: `The diagnosis of ${target} could not be started. ${refusal.message}`,
        markup: md`The diagnosis of ${code(target)} could not be started. ${refusal.message} Type the command again to try once more.`,
      };
    default:
      return assertNever(refusal);
  }
}

function choice(inboxId: string, candidate: Candidate, index: number) {
  const name = words(candidate.apiName, LIMITS.name);
  const details = words(candidateWords(candidate), 2 * LIMITS.name);
  return section(
    md`*${name}*\n${details}`,
    button({
      id: candidateId(index),
      text: 'Diagnose',
      value: inboxId,
      label: `Diagnose ${[candidate.apiName, ...candidate.stages].join(', ')}`,
    }),
  );
}
