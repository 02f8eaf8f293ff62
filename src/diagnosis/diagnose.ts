import { boundedAll } from '../aws/bounded.ts';
import { readHealthEvents } from '../aws/health.ts';
import { readAlarmTags } from '../aws/metrics.ts';
import { recorded, withCallsOf } from '../aws/recorded.ts';
import { partitionOf } from '../aws/regions.ts';
import { memoised, type OnWait, type Send, type Wait } from '../aws/send.ts';
import { type ReadTrail, type SharedReadings, sharedTrail } from '../aws/shared-trail.ts';
import type { Access, ApiType, Aws } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import { byRelevance, madeChanges, reported } from './correlation.ts';
import { hasCanary } from './extended/canary.ts';
import { notingFailures } from './failed-reads.ts';
import { attempt, runCheck } from './finding.ts';
import { alarmNamesIn, locate, placeOf } from './locate.ts';
import {
  type AskedPlace,
  type Combined,
  combine,
  type Look,
  placesAtOnce,
  placesFor,
  placesWords,
} from './locate-everywhere.ts';
import { observe } from './observe.ts';
import { canaryRelease, diagnoses, extended, steps } from './playbook.ts';
import { readTrailAhead } from './read-changes.ts';
import { readSignals } from './read-signals.ts';
import { type Concluded, concludeReport, gapsBeside, judgeAgain } from './report.ts';
import type {
  AlarmNotice,
  CallStats,
  Candidate,
  Change,
  Diagnosis,
  DiagnosisRequest,
  DiagnosisService,
  Finding,
  Gap,
  Location,
  Overrides,
  Run,
  Step,
  Target,
  Window,
} from './types.ts';

export interface DiagnosisServiceOptions {
  access: Access;
  clock: () => Date;
  newId: () => string;
  /** Public health feed of AWS; null: off. */
  healthFeedUrl: string | null;
  fetch: typeof globalThis.fetch;
  /** What replicas share; left out: nothing. */
  shared?: SharedReadings | undefined;
  /** Told when a check fails by a defect of ours; the diagnosis goes on. */
  onDefect(checkId: string, error: unknown): void;
}

/** What one run shares from locating to the report: the memo and the record of its calls. */
interface RunContext {
  /** The same for all that share one memo. */
  opened: symbol;
  aws: Aws;
  started: Date;
  waits: Waits;
  stats(): Omit<CallStats, 'durationMs'>;
  /** Gaps of the reads that failed so far. */
  failed(): Gap[];
}

interface Search {
  request: DiagnosisRequest;
  places: readonly AskedPlace[];
}

/** What all targets that a request may mean share while they are looked for. */
interface Searching {
  searches: readonly Search[];
  /** By place. */
  opened: Map<string, Promise<RunContext>>;
  found: Map<Location, RunContext>;
  notice: AlarmNotice | undefined;
}

/** The long waits of a run for its share of AWS quotas; some begin before anybody listens. */
interface Waits {
  note: OnWait;
  /** Tells of the waits from now on, and of the one that is still under way. */
  listen(listener: OnWait): void;
}

function noteWaits(clock: () => Date): Waits {
  let listener: OnWait = () => undefined;
  let last: { wait: Wait; until: number } | null = null;
  return {
    note(wait) {
      const until = clock().getTime() + wait.ms;
      if (last === null || until > last.until) last = { wait, until };
      listener(wait);
    },
    listen(told) {
      listener = told;
      const left = last === null ? 0 : last.until - clock().getTime();
      if (last !== null && left > 0) told({ ...last.wait, ms: left });
    },
  };
}

/** Types of this many APIs of one account and Region are remembered. */
const knownTypesCap = 10_000;

/** The extended pass looks back this far. */
const extendedMinutes = 30;

export function createDiagnosisService(options: DiagnosisServiceOptions): DiagnosisService {
  const { access, clock, newId, onDefect, healthFeedUrl, fetch } = options;
  const readTrail = sharedTrail({ clock, shared: options.shared ?? null });
  /** Reads made while locating are not made again when the same location is diagnosed. */
  const contexts = new WeakMap<Location, RunContext>();

  const typesByPlace = new Map<string, Map<string, ApiType>>();
  const typesIn = (place: string): Map<string, ApiType> => {
    const types = typesByPlace.get(place) ?? new Map<string, ApiType>();
    typesByPlace.set(place, types);
    return types;
  };

  function contextOf(aws: Aws, started: Date): RunContext {
    const waits = noteWaits(clock);
    const asking: Send = (operation, input, asked) => aws.send(operation, input, { ...asked, onWait: waits.note });
    const { send, stats } = recorded(asking, clock);
    const noted = notingFailures(memoised(send));
    return {
      aws: { ...aws, send: noted.send },
      opened: Symbol(aws.region),
      started,
      waits,
      stats,
      failed: noted.failed,
    };
  }

  async function open(accountId: string | null, region: string | null): Promise<RunContext> {
    const started = clock();
    return contextOf(await access.open(accountId, region), started);
  }

  /** For a target that was found before: where its account cannot be entered any more, every read says so. */
  async function openTarget({ accountId, region }: Target): Promise<RunContext> {
    try {
      return await identified(await open(accountId, region), access.ownAccountId());
    } catch (error) {
      if (!(error instanceof UnreadError)) throw error;
      const send: Send = () => Promise.reject(error);
      return contextOf({ send, accountId, region, partition: partitionOf(region) }, clock());
    }
  }

  /** The own account's id is asked for beside the first reads, not before them; once more where it was not told, for the reason. */
  async function identified(context: RunContext, identity: Promise<string | null>): Promise<RunContext> {
    const { aws } = context;
    const known = aws.accountId ?? (await identity);
    const accountId = known ?? (await attempt(aws.send('sts:GetCallerIdentity', {}))).value?.Account ?? null;
    return { ...context, aws: { ...aws, accountId } };
  }

  function runOf({ aws }: RunContext, target: Target, window: Window, overrides: Overrides): Run {
    const now = clock();
    const signals = readSignals({ aws, target, window, overrides, now, healthFeedUrl, fetch, readTrail });
    return { aws, target, window, overrides, now, signals };
  }

  function check(definition: Step | Diagnosis, run: Run, findings: readonly Finding[]): Promise<Finding> {
    return runCheck(definition, run, findings, clock, onDefect);
  }

  /** Where one target leads in one account and Region. Targets that are looked for in the same place share its reads. */
  async function lookIn(place: AskedPlace, { request, places }: Search, shared: Searching): Promise<Look> {
    const { searches, opened, found, notice } = shared;
    const key = keyOf(place);
    try {
      const opening = opened.get(key) ?? open(place.accountId, place.region);
      opened.set(key, opening);
      const context = await opening;
      // What is one guess of several is not read ahead: most of it would be read in vain.
      const expect = (target: Target, window: Window) => {
        if (searches.length === 1 && places.length === 1)
          startReading(runOf(context, target, window, request.overrides), readTrail);
      };
      const identity = access.ownAccountId();
      const here = searches.filter(search => search.places.some(one => keyOf(one) === key));
      const alarmNames = alarmNamesIn(here.map(search => search.request));
      const { aws, started: now } = context;
      const knownTypes = typesIn(`${aws.accountId} ${aws.region}`);
      const located = await locate(request, { aws, now, expect, notice, alarmNames, knownTypes });
      if (located.kind === 'found' && knownTypes.size < knownTypesCap) {
        knownTypes.set(located.target.apiId, located.target.apiType);
      }
      const known = await identified(context, identity);
      const location = inAccount(located, known.aws.accountId);
      found.set(location, known);
      return { place, location, unread: null };
    } catch (error) {
      if (error instanceof UnreadError) return { place, location: null, unread: error };
      throw error;
    }
  }

  /** One target, in every place where it may be. */
  async function locateOne(search: Search, shared: Searching): Promise<Combined> {
    const looks = await boundedAll(search.places, placesAtOnce, place => lookIn(place, search, shared));
    const combined = combine(search.request, looks);
    const context = combined.from === null ? undefined : shared.found.get(combined.from);
    if (context !== undefined) {
      const others = [...shared.found.values()]
        .filter(one => one.opened !== context.opened)
        .map(({ stats }) => stats());
      contexts.set(combined.location, { ...context, stats: () => withCallsOf(context.stats(), others) });
    }
    return combined;
  }

  /** Runs the playbook, beside it the check of a canary, and the extended pass where nothing explains the errors. */
  async function runPlaybook(run: Run, wider: () => Run, conclude: Conclude, onFinding: (finding: Finding) => void) {
    const publish = async (definition: Step | Diagnosis, on: Run, known: readonly Finding[]) => {
      const finding = await check(definition, on, known);
      onFinding(finding);
      return finding;
    };
    const found = await Promise.all(steps.map(step => publish(step, run, [])));
    const correlate = (on: Run) => Promise.all(diagnoses.map(one => publish(one, on, found)));
    const released = async () =>
      hasCanary((await attempt(run.signals.stage())).value) ? [await publish(canaryRelease, run, found)] : [];
    const [correlated, besides] = await Promise.all([correlate(run), released()]);
    const findings = [...found, ...correlated, ...besides];
    const concluded = await conclude(run, findings);
    if (concluded.report.verdict.status !== 'inconclusive') return { ...concluded, findings };

    const wide = wider();
    const look = Promise.all(extended.map(one => publish(one, wide, found)));
    const all = [...found, ...(await correlate(wide)), ...(await look)];
    return { ...(await conclude(wide, all)), findings: all };
  }

  return {
    async locate(request, notice) {
      const requests = [request.target, ...(request.alternatives ?? [])].map(target => ({ ...request, target }));
      const searches = await Promise.all(
        requests.map(async one => ({ request: one, places: await placesFor(one, access) })),
      );
      const shared: Searching = { searches, opened: new Map(), found: new Map(), notice };
      let first: Location | null = null;
      for (const search of searches) {
        const { location, isOpen } = await locateOne(search, shared);
        if (!isOpen) return location;
        first ??= location;
      }
      // There is always the target itself.
      return first as Location;
    },

    async alarmTags(arn) {
      const place = placeOf(arn);
      const { aws } = await open(place.accountId, place.region);
      return readAlarmTags(aws.send, arn);
    },

    async diagnose(trigger, location, onFinding = () => undefined, { onWait } = {}) {
      const { target, window, threshold, unseen = [] } = location;
      const { overrides } = trigger.request;
      const context = contexts.get(location) ?? (await openTarget(target));
      const run = runOf(context, target, window, overrides);
      if (onWait) context.waits.listen(onWait);
      startReading(run, readTrail);
      const id = newId();
      const conclude = (on: Run, findings: readonly Finding[]) =>
        concludeReport(on, findings, {
          id,
          trigger,
          threshold,
          unseen,
          failed: context.failed(),
          generatedAt: clock(),
          stats: { ...context.stats(), durationMs: clock().getTime() - context.started.getTime() },
        });
      const wider = () => runOf(context, target, widened(window), overrides);
      const record = { ...(await runPlaybook(run, wider, conclude, onFinding)), overrides };
      const beside = gapsBeside(record.report, record.findings);
      return beside.length > 0 ? { ...record, unseen: beside } : record;
    },

    async rerun(record, checkId) {
      const definition = [...steps, ...diagnoses].find(one => `${one.group}:${one.number}` === checkId);
      if (definition === undefined) throw new RangeError(`There is no check ${checkId}.`);
      const { target, window } = record.report;
      const context = await openTarget(target);
      const run = runOf(context, target, window, record.overrides);
      const known = record.findings.filter(finding => finding.id !== definition.id);
      const finding = await check(definition, run, known);
      const findings = record.findings.map(old => (old.id === finding.id ? finding : old));
      return { ...record, findings, report: judgeAgain(record, findings, clock()) };
    },

    async recheck(record) {
      const { target, window, changes: before } = record.report;
      const context = await openTarget(target);
      const run = runOf(context, target, window, record.overrides);
      const correlations = diagnoses.filter(one => one.id !== 'error-frequency');
      const found = record.findings.filter(finding => finding.group === 'step');
      const anew = await Promise.all(correlations.map(one => check(one, run, found)));
      // What cannot be read now was read before: the older finding stands.
      const readable = anew.filter(finding => finding.status !== 'unknown');
      const findings = record.findings.map(old => readable.find(finding => finding.id === old.id) ?? old);
      const { value: changes } = await attempt(run.signals.changes());
      if (changes === null) {
        return { record: { ...record, findings, report: judgeAgain(record, findings, clock()) }, late: [] };
      }
      const made = madeChanges(changes.changes, findings, target, window);
      const report = judgeAgain({ ...record, made }, findings, clock());
      const now = byRelevance(changes.changes, findings, target, window).map(reported);
      const known = new Set(before.map(changeKey));
      return {
        record: { ...record, made, findings, report: { ...report, changes: now } },
        late: now.filter(change => !known.has(changeKey(change))),
      };
    },

    async observe(record) {
      const { target } = record.report;
      const { aws } = await openTarget(target);
      return observe(aws, target, clock());
    },
  };
}

/** What makes two readings of a change event the same one. */
function changeKey({ at, event, resource, who }: Change): string {
  return JSON.stringify([at, event, resource, who]);
}

type Conclude = (run: Run, findings: readonly Finding[]) => Promise<Concluded>;

/**
 * Asks for everything that needs no other answer first, so that it travels while the API is still being looked up.
 * What is asked again later is the same call (memoised), so the order of asking costs nothing.
 */
function startReading({ signals, aws, window }: Run, readTrail: ReadTrail): void {
  const ask = (...readings: Promise<unknown>[]) => {
    for (const reading of readings) void attempt(reading);
  };
  // What others wait for is on its way before the rest is put together: the stage's configuration, then its functions.
  ask(signals.functions(), signals.stage());
  setImmediate(() => {
    ask(signals.deployments(), readHealthEvents(aws.send, aws.region));
    readTrailAhead(aws, window, readTrail);
    // The longest answer comes last: it is worked through while the function is on its way.
    setImmediate(() => ask(signals.failures()));
  });
}

function keyOf({ accountId, region }: AskedPlace): string {
  return JSON.stringify([accountId, region]);
}

/** Fills in the account that was not known while locating. */
function inAccount(location: Location, accountId: string | null): Location {
  switch (location.kind) {
    case 'found':
      return { ...location, target: { ...location.target, accountId } };
    case 'ambiguous':
      return { ...location, candidates: candidatesIn(accountId, location.candidates) };
    case 'not_found': {
      const region = accountId === null ? location.region : placesWords([{ accountId, region: location.region }]);
      return { ...location, region, candidates: candidatesIn(accountId, location.candidates) };
    }
    case 'unrelated':
    case 'unreadable':
      return location;
  }
}

function candidatesIn(accountId: string | null, candidates: readonly Candidate[]): Candidate[] {
  return candidates.map(one => ({ ...one, accountId }));
}

function widened(window: Window): Window {
  const extendedTo = new Date(Date.parse(window.end) - extendedMinutes * 60_000).toISOString();
  return extendedTo < window.start
    ? { ...window, start: extendedTo, extendedTo }
    : { ...window, extendedTo: window.start };
}
