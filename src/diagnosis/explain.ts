/** What pasted log lines say: the cause of each line, of each request, and in all. */
import { redact } from '../redact.ts';
import { causeRecord } from './causes/catalogue.ts';
import { lineParameters } from './line-parameters.ts';
import type { LineReading } from './line-reading.ts';
import { type InputEvent, type InputLimits, inputLimits, readLogInput } from './log-input.ts';
import { type AssembledRequest, assembleRequests } from './log-lines.ts';
import { asAuthorizer, type Layer } from './signature-match.ts';
import type { CauseId, CauseParameters, Confidence } from './types.ts';

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

/** A text as it was pasted; `truncated` where only its first part was read. */
export async function explainText(
  text: string,
  limits: InputLimits = inputLimits,
): Promise<{ explanation: Explanation; truncated: boolean }> {
  async function* all() {
    yield text;
  }
  const { events, truncated } = await readLogInput(all(), limits);
  return { explanation: explain(events), truncated };
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
