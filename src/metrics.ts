/** What is counted, for Prometheus. Instances are passed in; names are part of what alerts rely on (docs/operations.md). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** A run of the playbook ended: the verdict's status, or `failed`. */
  diagnosed(status: string, seconds: number): void;
  /** How long a step, diagnosis or extended check took. */
  checked(id: string, seconds: number): void;
  /** `outcome`: `ok`, or why it was not answered. */
  awsCalled(operation: string, outcome: string): void;
  slackRefused(method: string, error: string): void;
  /** From a request of Slack's to its acknowledgement. */
  acknowledged(seconds: number): void;
  webhook(source: string, outcome: string): void;
  /** Everything as Prometheus reads it. */
  text(): Promise<{ contentType: string; body: string }>;
}

export interface MetricsOptions {
  /** Age in seconds of what waits longest for a turn; null: nothing waits. Asked for at every scrape. */
  queueAge(): Promise<number | null>;
}

const prefix = 'apigw500_';
const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const acknowledgementSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3];

export function createMetrics({ queueAge }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix });
  const diagnoses = new Counter({
    name: `${prefix}diagnoses_total`,
    help: 'Runs of the playbook that ended, by the status of their verdict.',
    labelNames: ['status'],
    registers,
  });
  const diagnosisSeconds = new Histogram({
    name: `${prefix}diagnosis_duration_seconds`,
    help: 'How long a run of the playbook took.',
    buckets: seconds,
    registers,
  });
  const stepSeconds = new Histogram({
    name: `${prefix}step_duration_seconds`,
    help: 'How long a step, a diagnosis or an extended check took.',
    labelNames: ['step'],
    buckets: seconds,
    registers,
  });
  const awsCalls = new Counter({
    name: `${prefix}aws_calls_total`,
    help: 'Reads asked of AWS, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const awsThrottles = new Counter({
    name: `${prefix}aws_throttles_total`,
    help: 'Reads that AWS throttled, or that found no room in our share of its quota in time.',
    labelNames: ['service'],
    registers,
  });
  const slackErrors = new Counter({
    name: `${prefix}slack_errors_total`,
    help: 'Calls to Slack that were not done, by method and error.',
    labelNames: ['method', 'error'],
    registers,
  });
  const acknowledgements = new Histogram({
    name: `${prefix}acknowledgement_seconds`,
    help: "From a request of Slack's to its acknowledgement; Slack gives up after 3 seconds.",
    buckets: acknowledgementSeconds,
    registers,
  });
  const webhooks = new Counter({
    name: `${prefix}webhooks_total`,
    help: 'Requests to the webhooks, by source and outcome.',
    labelNames: ['source', 'outcome'],
    registers,
  });
  new Gauge({
    name: `${prefix}queue_age_seconds`,
    help: 'Age of what waits longest for a turn; 0 where nothing waits, no value where the store does not answer.',
    registers,
    async collect() {
      try {
        this.set((await queueAge()) ?? 0);
      } catch {
        this.reset();
        this.set(Number.NaN);
      }
    },
  });

  return {
    diagnosed(status, took) {
      diagnoses.inc({ status });
      diagnosisSeconds.observe(took);
    },
    checked: (step, took) => stepSeconds.observe({ step }, took),
    awsCalled(operation, outcome) {
      awsCalls.inc({ operation, outcome });
      if (outcome === 'throttled') awsThrottles.inc({ service: operation.split(':', 1)[0] ?? operation });
    },
    slackRefused: (method, error) => slackErrors.inc({ method, error }),
    acknowledged: took => acknowledgements.observe(took),
    webhook: (source, outcome) => webhooks.inc({ source, outcome }),
    async text() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
