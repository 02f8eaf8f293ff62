/** Checks everything that the bot needs, and says for each thing what to put right. */
import { type CheckupSeams, checkUp } from '../checkup/checkup.ts';
import type { Checkup, Line } from '../checkup/types.ts';
import { printable } from '../render/words.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 doctor [--json]

Checks the settings, the Slack app (token, scopes, channels, how its requests come in), the store,
every read in every configured AWS account and Region, and the clock; a line for each, with what to
put right. AWS is asked for what does not exist, so that only the permission counts, and nothing is
posted to Slack. The store is only looked at: what is not there yet, serve will make. Without Slack
settings, the rest is checked.

  --json   one JSON document: {"exitCode", "lines": [{area, subject, status, finding, fix}]}

Exit: 0 all is well, or there are only warnings; 2 something has to be put right: settings, the Slack
app, the store, an AWS permission, the clock; 4 nothing could be read from AWS; 1 a defect of this
program.
`;

export async function run(
  args: readonly string[],
  context: Pick<CommandContext, 'config' | 'clock' | 'out' | 'err' | 'terminal'>,
  seams: Partial<CheckupSeams> = {},
): Promise<ExitCode> {
  const unknown = args.find(word => word !== '--json');
  if (unknown !== undefined) {
    const problem = unknown.startsWith('-') ? `There is no option ${unknown}.` : 'doctor takes no argument but --json.';
    return mistake(context, 'doctor', problem);
  }
  const checkup = await checkUp(() => context.config('command'), { clock: context.clock, ...seams });
  const exitCode = exitCodeOf(checkup);
  if (args.includes('--json')) context.out(`${JSON.stringify({ exitCode, lines: checkup.lines }, null, 2)}\n`);
  else context.out(table(checkup.lines, Math.max(60, Math.min(context.terminal?.columns ?? 100, 120))));
  return exitCode;
}

function exitCodeOf({ lines, nothingReadable }: Checkup): ExitCode {
  if (nothingReadable) return 4;
  return lines.some(({ status }) => status === 'problem') ? 2 : 0;
}

const marks: Record<Line['status'], string> = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' };
const indent = ' '.repeat(9);

function table(lines: readonly Line[], width: number): string {
  const rows = lines.map(({ subject, status, finding, fix }) => {
    const parts = [`${marks[status].padEnd(9)}${subject}`, ...wrapped(finding, width)];
    return [...parts, ...(fix === null ? [] : wrapped(`Fix: ${fix}`, width))].join('\n');
  });
  const count = (status: Line['status']) => lines.filter(line => line.status === status).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const sum =
    problems + warnings === 0
      ? 'All is well.'
      : `${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
  return `${rows.join('\n')}\n\n${sum}\n`;
}

/** In lines of the terminal's width, each indented; a word that is longer stands alone. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(/\s+/)) {
    if (line !== '' && indent.length + line.length + word.length + 1 > width) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, indent + line];
}
