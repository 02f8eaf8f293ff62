/** Scores the diagnosis over scenario files: each world is served by the embedded AWS and diagnosed for real. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openAws, openDiagnosis } from '../app.ts';
import { parseRequest } from '../diagnosis/request.ts';
import type { DiagnosisService } from '../diagnosis/types.ts';
import type { AwsServer } from '../sandbox/aws/server.ts';
import type { Scenario } from '../sandbox/scenario.ts';
import { type BenchTotal, type Outcome, type Score, scoreScenario, totalOf } from '../sandbox/score.ts';
import { createLog } from '../telemetry.ts';
import type { CommandContext, ExitCode } from './command.ts';

export const usage = `Usage: apigw-500 bench [--scenarios DIR] [--json]

Diagnoses every scenario of a folder (the shipped ones unless told) against the embedded AWS and
scores the verdicts. docs/scenarios.md tells how to write one.

Exit: 0 done, 2 usage or a scenario file that cannot be used.
`;

export interface BenchRun {
  scenario: Scenario;
  outcome: Outcome;
  asked: string[];
  score: Score;
}

export async function run(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const options = optionsOf(args);
  if (options === null) {
    context.err(`bench takes --scenarios DIR and --json only.\n\n${usage}`);
    return 2;
  }
  const { catalogueFolder, loadScenarios, ScenarioError, shippedFolder } = await import('../sandbox/scenario.ts');
  let scenarios: Map<string, Scenario>;
  try {
    const folders = options.folder === null ? [shippedFolder, catalogueFolder] : [resolve(options.folder)];
    scenarios = new Map((await Promise.all(folders.map(loadScenarios))).flatMap(loaded => [...loaded]));
  } catch (error) {
    const unusable = error instanceof ScenarioError || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!unusable) throw error;
    context.err(`${(error as Error).message}\n`);
    return 2;
  }
  const runs = await runScenarios(scenarios, context);
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

/** One after the other, so that durations can be compared. */
export async function runScenarios(
  scenarios: ReadonlyMap<string, Scenario>,
  context: Pick<CommandContext, 'clock' | 'config'>,
): Promise<BenchRun[]> {
  const { startAwsServer } = await import('../sandbox/aws/server.ts');
  const server = await startAwsServer({ scenarios, clock: context.clock });
  try {
    const runs: BenchRun[] = [];
    for (const scenario of scenarios.values()) runs.push(await runScenario(scenario, server, context));
    return runs;
  } finally {
    await server.stop();
  }
}

async function runScenario(
  scenario: Scenario,
  server: AwsServer,
  context: Pick<CommandContext, 'clock' | 'config'>,
): Promise<BenchRun> {
  const endpoint = server.endpoint(scenario.id);
  const { clock } = context;
  const { region } = scenario.world;
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const access = await openAws({ region, endpoint, credentials, clock, quotaShare: 1 });
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
  const message =
    location.kind === 'unreadable' ? location.message : `The target is ${location.kind.replace('_', ' ')}.`;
  return { report: null, reason: location.kind === 'unreadable' ? 'access_denied' : 'not_found', message };
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
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    ...rows,
    '',
    `${total.scenarios} scenarios: first cause right ${percent(total.top1)}, among the first three ${percent(total.top3)}, confidently wrong ${percent(total.confidentWrong)},`,
    `no-fault worlds clean ${percent(total.controls)}, evidence read ${percent(total.evidenceCoverage)}; median ${total.awsCallsMedian} AWS calls, ${total.durationMsMedian} ms.`,
    '',
  ].join('\n');
}
