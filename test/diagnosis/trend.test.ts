import { describe, expect, test } from 'vitest';
import { quartersOf, trendOf } from '../../src/diagnosis/trend.ts';

const points = (...values: number[]) =>
  values.map((value, index) => ({ at: new Date(Date.UTC(2026, 10, 22, 7, index * 15)).toISOString(), value }));

describe('trendOf', () => {
  test('a line upwards rises since it left its first level', () => {
    const trend = trendOf(points(100, 100, 100, 200, 300, 400, 500, 600, 700, 800));
    expect(trend.shape).toBe('rising');
    expect(trend.since).toBe('2026-11-22T08:00:00.000Z');
    expect(trend.from).toBeLessThan(trend.to);
  });

  test('a step is told with the level before and after', () => {
    expect(trendOf(points(100, 110, 90, 100, 100, 900, 910, 890))).toEqual({
      shape: 'step',
      since: '2026-11-22T08:15:00.000Z',
      from: 100,
      to: 900,
    });
  });

  test('noise, a single peak, a fall and nothing at all are flat', () => {
    expect(trendOf(points(100, 130, 90, 120, 95, 125, 100, 110)).shape).toBe('flat');
    expect(trendOf(points(100, 100, 100, 900, 100, 100, 100, 100)).shape).toBe('flat');
    expect(trendOf(points(900, 900, 900, 900, 100, 100, 100, 100)).shape).toBe('flat');
    expect(trendOf(points(0, 0, 0, 0, 0, 0, 0, 0)).shape).toBe('flat');
  });

  test('a few values make no trend', () => {
    expect(trendOf(points(1, 2, 3)).shape).toBe('unknown');
    expect(trendOf([]).shape).toBe('unknown');
  });
});

describe('quartersOf', () => {
  test('weighs latency by requests and leaves quiet quarters out', () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString();
    const quarters = quartersOf(
      [
        {
          id: 'requests',
          points: [
            { at: at(1), value: 30 },
            { at: at(2), value: 10 },
          ],
        },
        { id: 'errors', points: [{ at: at(2), value: 4 }] },
        {
          id: 'latencyP95',
          points: [
            { at: at(1), value: 100 },
            { at: at(2), value: 500 },
          ],
        },
      ],
      { start: at(0), end: at(15), onset: null, extendedTo: null },
    );
    expect(quarters).toEqual([{ at: at(0), errorShare: 0.1, latencyP95: 200, integrationLatencyP95: null }]);
  });
});
