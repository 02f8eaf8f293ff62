/** Scores the diagnosis over scenario files: each world is served by the embedded AWS and diagnosed for real. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openAws, openDiagnosis, type Seams } from '../app.ts';
import { parseRequest } from '../diagnosis/request.ts';
import type { DiagnosisService } from '../diagnosis/types.ts';
import type { AwsServer } from '../sandbox/aws/server.ts';
import type { Scenario } from '../sandbox/scenario.ts';
import { type BenchTotal, type Outcome, type Score, scoreScenario, totalOf } from '../sandbox/score.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 bench [--scenarios DIR] [--json]

Diagnoses every scenario of a folder against the embedded AWS and scores the verdicts. Without a
folder, those that come with the program: the incidents of the sandbox and the catalogue of causes.
docs/scenarios.md tells how to write one.

  --scenarios DIR  a folder of your own, with .yaml, .yml or .json files
  --json           one JSON document: totals and scenarios

Exit: 0 done, 2 usage, no scenario, or a scenario file that cannot be used.
`;

export interface BenchRun {
  scenario: Scenario;
  outcome: Outcome;
  asked: string[];
  score: Score;
}

export async function run(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const options = optionsOf(args);
  if (options === null) return mistake(context, 'bench', 'bench takes --scenarios DIR and --json only.');
  const { catalogueFolder, loadScenarios, ScenarioError, shippedFolder } = await import('../sandbox/scenario.ts');
  let scenarios: Map<string, Scenario>;
  try {
    const folders = options.folder === null ? [shippedFolder, catalogueFolder] : [resolve(options.folder)];
    scenarios = new Map((await Promise.all(folders.map(loadScenarios))).flatMap(loaded => [...loaded]));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const words = error instanceof ScenarioError ? error.message : unreadableWords(code, path ?? options.folder ?? '');
    if (words === null) throw error;
    context.err(`${words}\n`);
    return 2;
  }
  if (scenarios.size === 0) {
    context.err(`There is no scenario file in ${options.folder}: give a folder with .yaml, .yml or .json files.\n`);
    return 2;
  }
  const runs = await runScenarios(scenarios, context, progressOf(context, scenarios.size));
  const total = totalOf(runs);
  const scores = runs.map(one => one.score);
  context.out(
    options.json ? `${JSON.stringify({ total, scenarios: scores.map(shown) }, null, 2)}\n` : table(total, scores),
  );
  return 0;
}

function optionsOf(args: readonly string[]): { folder: string | null; json: boolean } | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { scenarios: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    return { folder: values.scenarios ?? null, json: values.json };
  } catch {
    return null;
  }
}

/** Null where it is none of the errors that a wrong folder leads to. */
function unreadableWords(code: string | undefined, path: string): string | null {
  switch (code) {
    case 'ENOENT':
      return `${path} does not exist: give --scenarios a folder that does.`;
    case 'ENOTDIR':
      return `${path} is no folder: give --scenarios the folder that the file is in.`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read by this user.`;
    default:
      return null;
  }
}

/** One line on stderr that is written over and over, for people only. */
function progressOf({ err, progress }: CommandContext, total: number): (done: number) => void {
  if (!progress) return () => undefined;
  return done => err(`\r${done} of ${total} scenarios${done === total ? '\r\u001b[K' : ''}`);
}

/** What a run is given; `overhear` comes between the diagnosis and the embedded AWS. */
type RunContext = Pick<CommandContext, 'clock' | 'config'> & {
  overhear?: (access: Seams['access'], scenario: Scenario) => Seams['access'];
};

/** One after the other, so that durations can be compared. */
export async function runScenarios(
  scenarios: ReadonlyMap<string, Scenario>,
  context: RunContext,
  onRun: (done: number) => void = () => undefined,
): Promise<BenchRun[]> {
  const { startAwsServer } = await import('../sandbox/aws/server.ts');
  const server = await startAwsServer({ scenarios, clock: context.clock });
  try {
    const runs: BenchRun[] = [];
    for (const scenario of scenarios.values()) {
      runs.push(await runScenario(scenario, server, context));
      onRun(runs.length);
    }
    return runs;
  } finally {
    await server.stop();
  }
}

async function runScenario(scenario: Scenario, server: AwsServer, context: RunContext): Promise<BenchRun> {
  const endpoint = server.endpoint(scenario.id);
  const { clock, overhear = one => one } = context;
  const { region } = scenario.world;
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const access = overhear(await openAws({ region, endpoint, credentials, clock, quotaShare: 1 }), scenario);
  const config = { ...context.config('command'), awsRegion: region, healthFeedUrl: `${endpoint}/health-feed` };
  const diagnosing = await openDiagnosis(config, { access, clock, log: createLog('error') });
  try {
    const started = performance.now();
    const outcome = await diagnoseScenario(scenario, diagnosing.service, clock);
    const durationMs = Math.round(performance.now() - started);
    const asked = server.wire
      .calls(scenario.id)
      .map(call => call.operation.replace(/^apigatewayv2:/, 'apigateway:'))
      .filter(operation => operation !== 'health:feed' && operation !== 'sts:GetCallerIdentity');
    return { scenario, outcome, asked, score: scoreScenario(scenario, outcome, asked, durationMs) };
  } finally {
    diagnosing.close();
  }
}

async function diagnoseScenario(
  { id, args }: Scenario,
  service: DiagnosisService,
  clock: () => Date,
): Promise<Outcome> {
  const parsed = parseRequest(args, clock());
  if ('problem' in parsed) throw new Error(`The args of scenario ${id} are not a request: ${parsed.problem}`);
  const location = await service.locate(parsed.request);
  if (location.kind === 'found') {
    const trigger = { kind: 'cli' as const, by: null, at: clock().toISOString(), request: parsed.request };
    return { report: (await service.diagnose(trigger, location)).report };
  }
  if (location.kind === 'unreadable') return { report: null, reason: 'access_denied', message: location.message };
  const message =
    location.kind === 'unrelated' ? location.watches : `The target is ${location.kind.replace('_', ' ')}.`;
  return { report: null, reason: 'not_found', message };
}

/** The contract's members only. */
function shown({ misses: _, ...score }: Score) {
  return score;
}

function table(total: BenchTotal, scores: readonly Score[]): string {
  const width = Math.max(...scores.map(score => score.id.length), 8);
  const rows = scores.map(score => {
    const mark = score.misses.length === 0 ? 'pass' : 'MISS';
    const line = `${mark}  ${score.id.padEnd(width)}  ${String(score.awsCalls).padStart(3)} calls  ${String(score.durationMs).padStart(5)} ms  ${score.got[0]}`;
    return [line, ...score.misses.map(miss => `      ${miss}`)].join('\n');
  });
  const percent = (share: number | null) => (share === null ? 'nothing to measure' : `${(share * 100).toFixed(1)} %`);
  return [
    ...rows,
    '',
    `${total.scenarios} scenarios: first cause right ${percent(total.top1)}, among the first three ${percent(total.top3)}, confidently wrong ${percent(total.confidentWrong)},`,
    `no-fault worlds clean ${percent(total.controls)}, evidence read ${percent(total.evidenceCoverage)}; median ${total.awsCallsMedian} AWS calls, ${total.durationMsMedian} ms.`,
    '',
  ].join('\n');
}
