/** One diagnosis to the terminal. */
import { userInfo } from 'node:os';
import { type OpenDiagnosis, openDiagnosis } from '../app.ts';
import { parseRequest } from '../diagnosis/request.ts';
import type { Candidate, DiagnosisRequest, Finding, Location, Report } from '../diagnosis/types.ts';
import { candidatesText, reportText, type TextOptions } from '../render/text.ts';
import { count, cut, oneLine, wrongStage } from '../render/words.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 diagnose <target> [stage] [since] [flags]

<target>   API id, API name, invoke URL, custom-domain URL, API or stage ARN, or an alarm
           (alarm:NAME or its ARN)

  --stage S          the stage; without it, the one that exists or fails
  --region R         the Region; without it, AWS_REGION
  --account A        the 12-digit account, where the configuration file has more than one
  --since 30m        how far back to look: 15m (the default), 2h, or a time with its offset
  --from T --to T    a fixed span instead
  --function F, --role R, --policy P, --log-group G
                     given by hand instead of found
  --json             the report as one JSON document

Exit: 0 done, 2 usage, 3 target not found or ambiguous, 4 nothing could be read from AWS,
1 a defect of this program.
`;

type Open = (context: CommandContext, region: string | null) => Promise<OpenDiagnosis>;

/** Codes of the JSON document that stands in for a report. */
type ErrorCode = 'usage' | 'target_ambiguous' | 'target_not_found' | 'nothing_readable' | 'failed';

export async function run(args: readonly string[], context: CommandContext, open: Open = openFor): Promise<ExitCode> {
  const json = args.includes('--json');
  const words = args.filter(word => word !== '--json');
  const parsed = parseRequest(words, context.clock());
  const output = createOutput(context, json);
  if ('problem' in parsed) return output.mistaken(withJson(parsed.problem));
  try {
    const diagnosing = await open(context, parsed.request.region);
    try {
      return await diagnose(parsed.request, diagnosing, context, output);
    } finally {
      diagnosing.close();
    }
  } catch (error) {
    // main tells people; a program is told on stdout, where it looks.
    output.broken(error);
    throw error;
  }
}

/** The request knows the flags of every surface; this one is the terminal's own. */
function withJson(problem: string): string {
  return problem.replace(/(There is no option .* Known are .*)\.$/s, '$1, --json.');
}

async function diagnose(
  request: DiagnosisRequest,
  { service, nothingRead }: OpenDiagnosis,
  context: CommandContext,
  output: Output,
): Promise<ExitCode> {
  const location = await service.locate(request);
  if (location.kind !== 'found') return notLocated(request, location, output);
  const trigger = { kind: 'cli' as const, by: userName(), at: context.clock().toISOString(), request };
  const progress = progressOf(context);
  const { report } = await service.diagnose(trigger, location, progress.found).finally(progress.end);
  output.report(report);
  return nothingRead() ? 4 : 0;
}

/** One line on stderr that is written over as findings come, for people only; gone when the report is there. */
function progressOf({ err, progress, terminal }: CommandContext): { found(finding: Finding): void; end(): void } {
  if (!progress) return { found: () => {}, end: () => {} };
  let done = 0;
  const width = (terminal?.columns ?? 80) - 1;
  return {
    found({ title }) {
      done += 1;
      err(`\r\u001b[K${cut(`${count(done, 'check')} done: ${oneLine(title)}`, width)}`);
    },
    end: () => err('\r\u001b[K'),
  };
}

function notLocated(
  { target, stage }: DiagnosisRequest,
  location: Exclude<Location, { kind: 'found' }>,
  output: Output,
): ExitCode {
  switch (location.kind) {
    case 'unreadable':
      return output.failed(4, 'nothing_readable', `${location.message} ${location.remedy}`);
    case 'ambiguous':
      return output.candidates(
        'target_ambiguous',
        `"${target}" fits more than one API or stage. Give the id of one of these, with --stage, --region and --account where it needs them.`,
        location.candidates,
      );
    case 'unrelated':
      return output.candidates('target_not_found', location.watches, []);
    case 'not_found':
      return output.candidates('target_not_found', notFoundWords(target, stage, location), location.candidates);
  }
}

function notFoundWords(
  target: string,
  stage: string | null,
  { region, candidates }: Extract<Location, { kind: 'not_found' }>,
): string {
  const wrong = wrongStage(target, stage, candidates);
  if (wrong !== null) {
    const next =
      wrong.stage === null
        ? ''
        : ` Type: apigw-500 diagnose ${wrong.api} --stage ${/^\w[\w-]*$/.test(wrong.stage) ? wrong.stage : `'${wrong.stage}'`}`;
    return `${wrong.sentence}${next}`;
  }
  const nothing = `No API in ${region} fits "${target}".`;
  if (candidates.length === 0) {
    return `${nothing} Check its name or id, the Region (--region) and the account (AWS_PROFILE or --account).`;
  }
  return candidates.length === 1
    ? `${nothing} The closest is this; give its id or name.`
    : `${nothing} The closest are these; give the id or name of one.`;
}

interface Output {
  report(report: Report): void;
  /** The message goes to stderr; with --json, a document with it stands on stdout all the same. */
  failed(code: 4, error: ErrorCode, message: string): ExitCode;
  mistaken(problem: string): ExitCode;
  candidates(error: ErrorCode, message: string, candidates: readonly Candidate[]): ExitCode;
  broken(error: unknown): void;
}

function createOutput({ out, err, terminal }: CommandContext, json: boolean): Output {
  const options: TextOptions = {
    width: Math.max(40, Math.min(terminal?.columns ?? 100, 120)),
    colour: terminal?.colour ?? false,
  };
  const document = (value: unknown) => out(`${JSON.stringify(value, null, 2)}\n`);
  return {
    report(report) {
      if (json) document(report);
      else out(reportText(report, options));
    },
    failed(code, error, message) {
      err(`${message}\n`);
      if (json) document({ error: { code: error, message, candidates: [] } });
      return code;
    },
    mistaken(problem) {
      if (json) document({ error: { code: 'usage' satisfies ErrorCode, message: problem, candidates: [] } });
      return mistake({ err }, 'diagnose', problem);
    },
    candidates(error, message, candidates) {
      if (json) document({ error: { code: error, message, candidates } });
      else out(candidatesText(message, candidates, options));
      return 3;
    },
    broken(error) {
      if (!json) return;
      const message = error instanceof Error ? error.message : String(error);
      document({ error: { code: 'failed' satisfies ErrorCode, message, candidates: [] } });
    },
  };
}

/** A Region that was asked for is also where the account is asked for, so that AWS_REGION need not be set. */
async function openFor(context: CommandContext, region: string | null): Promise<OpenDiagnosis> {
  const config = context.config('command');
  return openDiagnosis(
    { ...config, awsRegion: region ?? config.awsRegion },
    { clock: context.clock, log: createLog(config.logLevel ?? 'warn') },
  );
}

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that no file knows.
    return null;
  }
}
