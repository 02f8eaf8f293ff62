/** Where things are in the chart. Lengths are in the chart's own units; it is drawn at two pixels a unit. */
import { type ChartData, type ChartPoint, minuteMs } from './chart.ts';

/** The chart is about half as wide on a phone, so nothing is written smaller than 18. */
export const sizes = { width: 640, left: 68, right: 34, edge: 20, text: 18, title: 24 } as const;

export const plotLeft = sizes.left;
export const plotRight = sizes.width - sizes.right;
const plotWidth = plotRight - plotLeft;

export const ink = {
  text: '#1d1c1d',
  dim: '#545454',
  grid: '#d9d9d9',
  paper: '#ffffff',
  errors: '#b3261e',
  requests: '#b9c7d8',
  threshold: '#7a4b00',
  recovery: '#0b6b3a',
  hatch: '#a8a8a8',
} as const;

/** Minutes that share a bar, so that no bar is thinner than a hair. */
export interface Bucket {
  start: number;
  minutes: number;
  /** Of the highest minute in it; null where nothing is known of it. */
  errors: number | null;
  requests: number | null;
}

export interface Scale {
  start: number;
  end: number;
  x(time: number): number;
  buckets: Bucket[];
  bucketMinutes: number;
}

const bucketSteps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1_440, 10_080];
const thinnestBar = 2.5;

export function scaleOf(data: ChartData): Scale {
  const start = Math.floor(Date.parse(data.start) / minuteMs) * minuteMs;
  const end = Math.max(start + minuteMs, Date.parse(data.end));
  const minutes = (end - start) / minuteMs;
  const bucketMinutes = bucketSteps.find(step => (plotWidth / minutes) * step >= thinnestBar) ?? 10_080;
  return {
    start,
    end,
    x: time => plotLeft + ((time - start) / (end - start)) * plotWidth,
    buckets: bucketsOf(data.points, start, end, bucketMinutes),
    bucketMinutes,
  };
}

function bucketsOf(points: readonly ChartPoint[], start: number, end: number, minutes: number): Bucket[] {
  const size = minutes * minuteMs;
  const buckets: Bucket[] = [];
  for (let at = start; at < end; at += size) {
    buckets.push({ start: at, minutes: Math.min(minutes, (end - at) / minuteMs), errors: null, requests: null });
  }
  for (const point of points) {
    const bucket = buckets[Math.floor((Date.parse(point.at) - start) / size)];
    if (bucket === undefined) continue;
    bucket.errors = Math.max(bucket.errors ?? 0, point.errors);
    bucket.requests = Math.max(bucket.requests ?? 0, point.requests);
  }
  return buckets;
}

/** Spells of which nothing is known. */
export function gapsIn({ buckets }: Scale): { start: number; end: number }[] {
  const gaps: { start: number; end: number }[] = [];
  for (const { start, minutes, errors } of buckets) {
    if (errors !== null) continue;
    const end = start + minutes * minuteMs;
    const last = gaps.at(-1);
    if (last?.end === start) last.end = end;
    else gaps.push({ start, end });
  }
  return gaps;
}

/** 1, 2 or 5 times a power of ten, whole, with at most four steps to the top. */
export function ticksOf(max: number): number[] {
  const top = Math.max(1, max);
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 5, 10].map(times => Math.max(1, times * power)).find(size => top / size <= 4) ?? top;
  return Array.from({ length: Math.ceil(top / step) + 1 }, (_, index) => index * step);
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080];
const widthOfTime = 78;

/** Round times that leave room for their labels. */
export function timesOf({ start, end }: Scale): number[] {
  const minutes = (end - start) / minuteMs;
  const step = (timeSteps.find(size => (plotWidth / minutes) * size >= widthOfTime) ?? 10_080) * minuteMs;
  const times: number[] = [];
  for (let at = Math.ceil(start / step) * step; at <= end; at += step) times.push(at);
  return times.length === 0 ? [start] : times;
}

/** Tenths of a unit are finer than a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
