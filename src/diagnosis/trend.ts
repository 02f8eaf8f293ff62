/** How a measure moved over hours: steadily up, up in one step, or not at all. */
export interface Trend {
  /** `unknown`: too few points to tell. What falls is `flat`: it explains no failure. */
  shape: 'rising' | 'step' | 'flat' | 'unknown';
  /** Since when it is up; null where it is not. */
  since: string | null;
  /** Mean of the first quarter, and of the last. */
  from: number;
  to: number;
}

export interface TrendPoint {
  at: string;
  value: number;
}

/** Fewer points than this make no trend. */
const fewest = 6;

/** Below this growth it is noise. */
const growth = 1.5;

/** Share of the movement that a line or a step must explain. */
const explained = 0.6;

/**
 * The line and the step that fit best are compared by how much of the movement each explains (least squares). Points are
 * evenly spaced and in order. Pure.
 */
export function trendOf(points: readonly TrendPoint[]): Trend {
  const values = points.map(point => point.value);
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const from = mean(values.slice(0, quarter));
  const to = mean(values.slice(-quarter));
  const ends = { from, to };
  if (values.length < fewest) return { ...ends, shape: 'unknown', since: null };
  const whole = scatter(values);
  const step = bestStep(values);
  const line = Math.max(0, whole - lineScatter(values)) / (whole || 1);
  const risesInStep = step.gain / (whole || 1) >= explained && step.after > growth * step.before;
  const rises = line >= explained && to > growth * from;
  if (rises && (!risesInStep || line * whole > step.gain)) {
    return { ...ends, shape: 'rising', since: points[firstAbove(values, from + (to - from) / 4)]?.at ?? null };
  }
  if (!risesInStep) return { ...ends, shape: 'flat', since: null };
  return { shape: 'step', since: points[step.at]?.at ?? null, from: step.before, to: step.after };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((all, value) => all + value, 0) / values.length;
}

/** Sum of the squared distances from the mean. */
function scatter(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((all, value) => all + (value - middle) ** 2, 0);
}

/** The same, from the best straight line. */
function lineScatter(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const level = mean(values);
  const spread = values.reduce((all, _, index) => all + (index - middle) ** 2, 0);
  const slope = values.reduce((all, value, index) => all + (index - middle) * (value - level), 0) / spread;
  return values.reduce((all, value, index) => all + (value - level - slope * (index - middle)) ** 2, 0);
}

function bestStep(values: readonly number[]): { at: number; gain: number; before: number; after: number } {
  const whole = scatter(values);
  const steps = values.slice(1).map((_, index) => {
    const [head, tail] = [values.slice(0, index + 1), values.slice(index + 1)];
    return { at: index + 1, gain: whole - scatter(head) - scatter(tail), before: mean(head), after: mean(tail) };
  });
  return steps.reduce((best, one) => (one.gain > best.gain ? one : best), { at: 0, gain: -1, before: 0, after: 0 });
}

/** Index from which on every value is above the level. */
function firstAbove(values: readonly number[], level: number): number {
  return values.findLastIndex(value => value <= level) + 1;
}
