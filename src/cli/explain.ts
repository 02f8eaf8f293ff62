/** Names the cause of pasted log lines, offline. */
import { createReadStream } from 'node:fs';
import { causeRecord } from '../diagnosis/causes/catalogue.ts';
import { lineParameters } from '../diagnosis/line-parameters.ts';
import type { LineReading } from '../diagnosis/line-reading.ts';
import { type InputEvent, type InputLimits, inputLimits, readLogInput } from '../diagnosis/log-input.ts';
import { type AssembledRequest, assembleRequests } from '../diagnosis/log-lines.ts';
import { asAuthorizer, type Layer } from '../diagnosis/signature-match.ts';
import type { CauseId, CauseParameters, Confidence } from '../diagnosis/types.ts';
import { counted, listed } from '../diagnosis/wording.ts';
import { redact } from '../redact.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 explain [FILE|-] [--json]

FILE or standard input holds lines of any log around an API: execution, access, WAF or function
log; plain lines, JSON Lines of CloudWatch events, the output of aws logs filter-log-events or
aws apigateway test-invoke-method, or the console's CSV export. Nothing leaves this machine.

  --json   one JSON document: lines, requests and causes

Exit: 0 done, 2 usage or an input that cannot be read, is empty or is no text.
`;

/** The JSON document: what each line says, what the lines of each request say together, and the causes in all. */
export interface Explanation {
  lines: {
    line: number;
    cause: CauseId | null;
    possible: CauseId[];
    layer: Layer | null;
    requestId: string | null;
    confidence: Confidence | null;
  }[];
  requests: { requestId: string; cause: CauseId | null; lines: number[] }[];
  causes: { cause: CauseId; count: number; summary: string; remedy: string }[];
}

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

/** Pure. */
export function explain(events: readonly InputEvent[]): Explanation {
  const requests = assembleRequests(events);
  const lines = requests.flatMap(request => request.members.map((_, at) => lineOf(request, at)));
  return {
    lines: lines.toSorted((a, b) => a.line - b.line),
    requests: requests.flatMap(({ requestId, cause, members }) =>
      requestId === null ? [] : [{ requestId, cause, lines: members.map(member => member.event.line) }],
    ),
    causes: causesOf(requests),
  };
}

type Request = AssembledRequest<InputEvent>;

/** A line keeps what it says by itself; its request only tells whose call it belongs to, and settles what was open. */
function lineOf(request: Request, at: number): Explanation['lines'][number] {
  const { event, reading } = request.members[at] as Request['members'][number];
  const { cause, confidence, possible, layer } = placed(reading, request);
  const requestId = reading.requestId ?? (request.members.length > 1 ? request.requestId : idOf(reading));
  return { line: event.line, cause, possible, layer, requestId, confidence };
}

function idOf(reading: LineReading): string | null {
  return reading.extendedRequestId ?? reading.lambdaRequestId;
}

function placed(
  reading: LineReading,
  { cause, layer }: Request,
): Pick<LineReading, 'cause' | 'confidence' | 'possible' | 'layer'> {
  if (reading.cause !== null) {
    const own = layer === 'authorizer' ? (asAuthorizer(reading.cause) ?? reading.cause) : reading.cause;
    return own === reading.cause
      ? reading
      : { cause: own, confidence: reading.confidence, possible: reading.possible.filter(one => one !== own), layer };
  }
  // The line alone does not decide, hence `low`; the request's own entry says it outright.
  const settled = cause !== null && reading.possible.includes(cause);
  if (!settled) return reading;
  return { cause, confidence: 'low', possible: reading.possible.filter(one => one !== cause), layer };
}

/** Each request counts once, and so does a line that names none; guesses do not count. */
function causesOf(requests: readonly Request[]): Explanation['causes'] {
  const found = new Map<CauseId, Request[]>();
  for (const request of requests) {
    if (request.cause !== null) found.set(request.cause, [...(found.get(request.cause) ?? []), request]);
  }
  return [...found]
    .map(([cause, those]) => {
      const { summary, remedy } = causeRecord(cause);
      const parameters = agreed(those.map(request => parametersOf(request, cause)));
      return { cause, count: those.length, summary: summary(parameters, null), remedy: remedy(parameters, null) };
    })
    .toSorted((a, b) => b.count - a.count);
}

function parametersOf({ members, decisive, functionArn }: Request, cause: CauseId): CauseParameters {
  const line = decisive === null ? undefined : members[decisive];
  return line === undefined ? {} : lineParameters(redact(line.event.message), cause, functionArn);
}

/** A sentence about several requests names only what is the same in all. */
function agreed(all: readonly CauseParameters[]): CauseParameters {
  const [first = {}, ...others] = all;
  const same = Object.entries(first).filter(([name, value]) =>
    others.every(other => other[name as keyof CauseParameters] === value),
  );
  return Object.fromEntries(same);
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
