/** Names the cause of pasted log lines, offline. */
import { createReadStream } from 'node:fs';
import { type Explanation, explain } from '../diagnosis/explain.ts';
import { type InputLimits, inputLimits, readLogInput } from '../diagnosis/log-input.ts';
import { counted, listed } from '../diagnosis/wording.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 explain [FILE|-] [--json]

FILE or standard input holds lines of any log around an API: execution, access, WAF or function
log; plain lines, JSON Lines of CloudWatch events, the output of aws logs filter-log-events or
aws apigateway test-invoke-method, or the console's CSV export. Nothing leaves this machine.

  --json   one JSON document: lines, requests and causes

Exit: 0 done, 2 usage or an input that cannot be read, is empty or is no text.
`;

export async function run(
  args: readonly string[],
  context: Pick<CommandContext, 'out' | 'err' | 'stdin'>,
  limits: InputLimits = inputLimits,
): Promise<ExitCode> {
  const flags = args.filter(word => word.startsWith('-') && word !== '-');
  const [file = '-', ...more] = args.filter(word => !flags.includes(word));
  const unknown = flags.find(flag => flag !== '--json');
  const problem =
    unknown !== undefined
      ? `There is no option ${unknown}.`
      : more.length > 0
        ? 'Give one file, or none for standard input.'
        : null;
  if (problem !== null) return mistake(context, 'explain', problem);
  try {
    const source = file === '-' ? context.stdin : createReadStream(file);
    const { events, truncated } = await readLogInput(textOnly(source as AsyncIterable<string | Uint8Array>), limits);
    const explanation = explain(events);
    if (flags.includes('--json')) context.out(`${JSON.stringify(explanation)}\n`);
    else if (events.length > 0) context.out(text(explanation));
    if (events.length === 0) {
      context.err('There is nothing to read.\n');
      return 2;
    }
    if (truncated) {
      context.err(
        `Only the first ${limits.maxEvents} events and ${limits.maxLineLength} characters of a line were read; give the rest in parts.\n`,
      );
    }
    return 0;
  } catch (error) {
    if (error instanceof NoTextError) {
      context.err('This is not text.\n');
      return 2;
    }
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    context.err(`${file === '-' ? 'Standard input' : `File ${file}`} cannot be read (${code}).\n`);
    return 2;
  }
}

class NoTextError extends Error {}

/** Logs are UTF-8: a zero byte, or bytes that no UTF-8 has, are those of a picture or an archive. */
async function* textOnly(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (error) {
      throw new NoTextError('Not UTF-8.', { cause: error });
    }
  };
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoded(chunk);
    if (text.includes('\u0000')) throw new NoTextError('A zero byte.');
    yield text;
  }
  yield decoded();
}

function text({ lines, requests, causes }: Explanation): string {
  const undecided = lines.filter(
    line => line.possible.length > 0 && (line.cause === null || line.confidence === 'low'),
  );
  const head = `${counted(lines.length, 'line')}, ${counted(requests.length, 'request')}.`;
  const found = causes.map(({ cause, count, summary, remedy }) => {
    const deciding = lines.filter(line => line.cause === cause && line.confidence !== 'low');
    const where = deciding.map(line => line.line);
    const sure = deciding.some(line => line.confidence === 'high') ? 'high' : (deciding[0]?.confidence ?? 'low');
    return `\n${cause} (${counted(count, 'time')}${where.length === 0 ? '' : `; ${where.length === 1 ? 'line' : 'lines'} ${listed(where.map(String), 8)}`}; confidence ${sure})\n  ${summary}\n  ${remedy}\n`;
  });
  const open = undecided.slice(0, 10).map(({ line, cause, possible, confidence }) => {
    const all = cause === null ? possible : [cause, ...possible];
    return `  line ${line}: may be ${listed(all, 6).replace(/ and (?=\S+$)/, ' or ')} (confidence ${confidence ?? 'none'})\n`;
  });
  const openHead = `\n${counted(undecided.length, 'line')} alone ${undecided.length === 1 ? 'does' : 'do'} not decide; add the other lines of the request.\n`;
  const none =
    causes.length === 0 && undecided.length === 0
      ? '\nNo line names a cause. Paste all lines of one failing request, from the execution log where there is one.\n'
      : '';
  return [head, '\n', ...found, ...(undecided.length === 0 ? [] : [openHead, ...open]), none].join('');
}
