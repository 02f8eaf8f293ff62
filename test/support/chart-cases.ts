/** Incidents as the chart meets them, the edges included. */
import type { Change, Report } from '../../src/diagnosis/types.ts';
import { type ChartData, chartOf } from '../../src/render/chart.ts';
import { sampleChange, sampleReport, sampleTarget } from './samples.ts';

const minuteMs = 60_000;

interface Shape {
  start: string;
  minutes: number;
  errors(minute: number): number;
  requests?(minute: number): number;
  /** Minutes that were not read. */
  without?(minute: number): boolean;
}

/** Even enough to be looked at, and the same every time. */
function wave(minute: number, base: number): number {
  return Math.round(base * (1 + 0.25 * Math.sin(minute * 1.7) + 0.15 * Math.sin(minute * 0.6)));
}

export function seriesOf({ start, minutes, errors, requests = n => wave(n, 420), without = () => false }: Shape) {
  const points = Array.from({ length: minutes }, (_, minute) => ({
    at: new Date(Date.parse(start) + minute * minuteMs).toISOString(),
    requests: requests(minute),
    errors: errors(minute),
  })).filter((_, minute) => !without(minute));
  return { periodSeconds: 60 as const, points, threshold: null };
}

function changeAt(minutesBeforeOnset: number, more: Partial<Change> = {}): Change {
  const at = new Date(Date.parse('2026-11-22T14:05:00.000Z') - minutesBeforeOnset * minuteMs).toISOString();
  return { ...sampleChange, at, effectiveAt: at, minutesBeforeOnset, ...more };
}

const deployment = changeAt(9, {
  event: 'CreateDeployment',
  resource: 'orders-api, stage prod',
  who: 'ana.ruiz@example.com',
  detail: '',
});

const quarter = { start: '2026-11-22T13:55:00.000Z', minutes: 15 };
const failing = (minute: number) => (minute < 10 ? 0 : wave(minute, 96));

function data(
  shape: Shape,
  more: Partial<Report> = {},
  threshold: number | null = null,
  recoveredAt?: string,
): ChartData {
  const report = sampleReport({ changes: [], ...more, series: { ...seriesOf(shape), threshold } });
  const chart = chartOf(report, recoveredAt === undefined ? {} : { recoveredAt });
  if (chart === null) throw new Error('This case has a chart.');
  return chart;
}

const longName = 'payments-and-refunds-orchestration-service-for-the-european-market-v2-internal-gateway';
const longChange = changeAt(4, {
  event: 'UpdateFunctionConfigurationWithAVeryLongEventName',
  resource: `${longName}-function-handler, alias production-traffic-shifting`,
  who: `arn:aws:sts::123456789012:assumed-role/${longName}-deployment-role/github-actions-4711`,
});

export const chartCases: Record<string, ChartData> = {
  typical: data({ ...quarter, errors: failing }, { changes: [changeAt(3), deployment] }, 50),
  'no errors': data({ ...quarter, errors: () => 0 }, { window: { ...sampleReport().window, onset: null } }, 5),
  'one minute': data(
    { start: '2026-11-22T14:05:00.000Z', minutes: 1, errors: () => 3, requests: () => 7 },
    { changes: [changeAt(0)] },
  ),
  'three hours': data(
    {
      start: '2026-11-22T22:40:00.000Z',
      minutes: 180,
      errors: minute => (minute < 95 || minute > 150 ? 0 : wave(minute, 2_400)),
      requests: minute => wave(minute, 18_000),
    },
    {
      window: { ...sampleReport().window, onset: '2026-11-23T00:15:00.000Z' },
      changes: [changeAt(2, { at: '2026-11-23T00:13:00.000Z', effectiveAt: '2026-11-23T00:13:00.000Z' })],
    },
    1_000,
    '2026-11-23T01:11:00.000Z',
  ),
  'a whole day': data(
    { start: '2026-11-22T00:00:00.000Z', minutes: 1_440, errors: minute => (minute % 300 < 20 ? 12 : 0) },
    {},
    4,
  ),
  'twenty changes': data(
    { ...quarter, errors: failing },
    {
      changes: Array.from({ length: 20 }, (_, index) =>
        changeAt(index * 0.9 - 2, {
          event: index % 3 === 0 ? 'CreateDeployment' : `UpdateRoute${index}`,
          resource: `orders-api, route GET /orders/{id}/items/${index}`,
        }),
      ),
    },
    50,
  ),
  'earlier changes': data(
    { ...quarter, errors: failing },
    {
      changes: [
        changeAt(1_200, { event: 'PutRolePolicy', resource: 'orders-role' }),
        changeAt(65),
        deployment,
        changeAt(0),
      ],
    },
  ),
  'missing minutes': data(
    { ...quarter, minutes: 24, errors: failing, without: minute => minute === 3 || (minute > 12 && minute < 18) },
    { changes: [changeAt(3)] },
  ),
  'very long names': data(
    { ...quarter, errors: failing, requests: () => 1_234_567 },
    {
      target: { ...sampleTarget, apiName: `${longName} ${longName}`, stage: `${longName}` },
      changes: [longChange, deployment],
    },
    2_000_000,
  ),
  'foreign text': data(
    { ...quarter, errors: failing },
    {
      target: {
        ...sampleTarget,
        apiName: '</text><script>alert(1)</script>&amp;\u0007\ud800 注文-API 🚀',
        stage: 'прод “Ünïcode”',
      },
      changes: [
        changeAt(3, {
          event: '"><image href="file:///etc/passwd"/>',
          resource: "']]>\u202e orders\u0000",
          who: 'שלום, मित्र',
        }),
      ],
    },
  ),
  recovered: data(
    { ...quarter, minutes: 40, errors: minute => (minute < 10 || minute > 31 ? 0 : wave(minute, 96)) },
    { changes: [changeAt(3), deployment] },
    50,
    '2026-11-22T14:28:00.000Z',
  ),
  'recovered at once': data(
    { ...quarter, errors: minute => (minute === 10 ? 4 : 0) },
    {},
    0.2,
    '2026-11-22T14:06:00.000Z',
  ),
  'recovered later': data({ ...quarter, errors: failing }, {}, null, '2026-11-22T18:30:00.000Z'),
  'onset before': data(
    { ...quarter, errors: minute => wave(minute, 96) },
    { window: { ...sampleReport().window, onset: '2026-11-22T12:31:00.000Z' }, changes: [changeAt(12)] },
  ),
};

export function chartCase(name: string): ChartData {
  const found = chartCases[name];
  if (found === undefined) throw new Error(`There is no chart case "${name}".`);
  return found;
}
