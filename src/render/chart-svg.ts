/** The timeline as SVG: 5xx each minute over the requests, onset, changes, threshold, recovery. Pure. */
import {
  type ChartData,
  clock,
  clockIn,
  dayOf,
  decimals,
  minuteMs,
  missingMinutes,
  spanWords,
  totals,
} from './chart.ts';
import { drawLegend, drawMarks, markedChanges, marksHeight } from './chart-marks.ts';
import {
  gapsIn,
  ink,
  plotLeft,
  plotRight,
  round,
  type Scale,
  scaleOf,
  sizes,
  ticksOf,
  timesOf,
} from './chart-scale.ts';
import { drawable, fitted, widthOf, xml } from './chart-text.ts';
import { count, whole } from './words.ts';

const errorsHeight = 190;
const requestsHeight = 46;
const panelGap = 16;
const labelHeight = 26;
const lineHeight = 24;
/** Pixels a unit. */
export const density = 2;

/** A panel of bars: `y` of a value, and its edges. */
interface Panel {
  top: number;
  bottom: number;
  max: number;
}

/** Everything in it is escaped; names are cut to the room they have. */
export function chartSvg(data: ChartData): string {
  const scale = scaleOf(data);
  const marked = markedChanges(data);
  const heading = drawHeading(data);
  const labels = labelRows(data, scale);
  const labelsTop = heading.height;
  const marksTop = labelsTop + labels.length * labelHeight + 4;
  const plotTop = marksTop + (data.changes.length === 0 ? 4 : marksHeight);
  const errors = errorPanel(data, scale, plotTop);
  const requests = requestPanel(scale, errors.bottom + panelGap);
  const axis = drawTimes(scale, requests.bottom);
  const key = drawKey(data, scale, { errors, requests }, requests.bottom + axis.height + 26);
  const legend = drawLegend(marked, requests.bottom + axis.height + 26 + key.height);
  const height = Math.ceil(requests.bottom + axis.height + 26 + key.height + legend.height + 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sizes.width * density}" height="${height * density}" viewBox="0 0 ${sizes.width} ${height}" font-family="DejaVu Sans" font-size="${sizes.text}" fill="${ink.text}">`,
    `<defs><pattern id="gap" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="8" fill="${ink.hatch}"/></pattern></defs>`,
    // A sheet with round corners, which stands as well on a dark ground as on a light one.
    `<rect x="1" y="1" width="${sizes.width - 2}" height="${height - 2}" rx="12" fill="${ink.paper}" stroke="${ink.grid}" stroke-width="2"/>`,
    heading.svg,
    drawGaps(scale, errors.top, requests.bottom),
    drawGrid(errors),
    drawRequestGrid(requests),
    bars(scale, requests, 'requests', ink.requests),
    bars(scale, errors, 'errors', ink.errors),
    drawNoErrors(data, errors),
    drawThreshold(data, errors),
    ...labels.map((label, index) => drawLine(label, labelsTop + index * labelHeight, requests.bottom)),
    drawMarks(marked, scale, plotTop, requests.bottom),
    ...labels.map((label, index) => drawName(label, labelsTop + index * labelHeight, labels[index - 1]?.x ?? null)),
    axis.svg,
    key.svg,
    legend.svg,
    '</svg>',
  ].join('');
}

function drawHeading(data: ChartData): { svg: string; height: number } {
  const width = sizes.width - 2 * sizes.edge;
  const { errors, requests } = totals(data.points);
  const stage = fitted(`, ${drawable(data.stage)}`, width / 3, sizes.title, 'bold');
  const room = width - widthOf(`5xx of ${stage}`, sizes.title, 'bold');
  const title = `5xx of ${fitted(drawable(data.apiName), room, sizes.title, 'bold')}${stage}`;
  const failed =
    errors === 0
      ? `none of ${whole(requests)} requests failed`
      : `${whole(errors)} of ${whole(requests)} requests failed`;
  const lines = [spanWords(data), failed].map(
    (line, index) =>
      `<text x="${sizes.edge}" y="${64 + index * lineHeight}" fill="${ink.dim}">${xml(fitted(line, width, sizes.text))}</text>`,
  );
  return {
    svg: `<text x="${sizes.edge}" y="36" font-size="${sizes.title}" font-weight="bold">${xml(title)}</text>${lines.join('')}`,
    height: 64 + lineHeight + 16,
  };
}

/** A line through the plot with its name above. */
interface Label {
  /** null where it lies before the chart. */
  x: number | null;
  text: string;
  colour: string;
  dash: string | null;
}

function labelRows(data: ChartData, scale: Scale): Label[] {
  const { onset, recoveredAt } = data;
  const place = (iso: string) => {
    const time = Date.parse(iso);
    return time < scale.start || time > scale.end ? null : scale.x(time);
  };
  const text = (words: string, iso: string) => {
    const time = Date.parse(iso);
    const plain = `${words} ${clockIn(iso, data)}`;
    if (time < scale.start) return `← ${plain}`;
    return time > scale.end ? `${plain} →` : plain;
  };
  // The later line starts higher, so that it does not run through the name of the other.
  return [
    ...(recoveredAt === null
      ? []
      : [{ x: place(recoveredAt), text: text('recovered', recoveredAt), colour: ink.recovery, dash: '9 4' }]),
    ...(onset === null ? [] : [{ x: place(onset), text: text('first error', onset), colour: ink.text, dash: null }]),
  ];
}

function drawLine({ x, colour, dash }: Label, top: number, floor: number): string {
  if (x === null) return '';
  const line = `M${round(x)} ${top + 2}V${round(floor)}`;
  const dashes = dash === null ? '' : ` stroke-dasharray="${dash}"`;
  return `<path d="${line}" stroke="${ink.paper}" stroke-width="5"/><path d="${line}" stroke="${colour}" stroke-width="2.5"${dashes}/>`;
}

function drawName({ x, text, colour }: Label, top: number, lineAbove: number | null): string {
  const [at, anchor] = placeOf(x, text, lineAbove);
  return `<text x="${round(at)}" y="${top + 18}" text-anchor="${anchor}" font-weight="bold" fill="${colour}" stroke="${ink.paper}" stroke-width="6" stroke-linejoin="round" paint-order="stroke">${xml(text)}</text>`;
}

/** Beside its line, on the side where it has room and the line from above does not run through it. */
function placeOf(x: number | null, text: string, lineAbove: number | null): [at: number, anchor: 'start' | 'end'] {
  if (x === null) return text.endsWith('→') ? [sizes.width - sizes.edge, 'end'] : [sizes.edge, 'start'];
  const width = widthOf(text, sizes.text, 'bold') + 16;
  const isCrossed = lineAbove !== null && lineAbove > x && lineAbove < x + width && x - width > 0;
  return x + width <= sizes.width && !isCrossed ? [x + 8, 'start'] : [x - 8, 'end'];
}

/** Of a threshold far above the errors the bars would be too low to see: the key tells it alone. */
const highestThreshold = 4;

function errorPanel({ threshold }: ChartData, { buckets }: Scale, top: number): Panel {
  const highest = Math.max(0, ...buckets.map(bucket => bucket.errors ?? 0));
  const limit = threshold ?? 0;
  const isDrawn = limit > 0 && limit <= Math.max(10, highest * highestThreshold);
  const ticks = ticksOf(Math.max(highest, isDrawn ? limit * 1.25 : 0));
  return { top, bottom: top + errorsHeight, max: ticks.at(-1) ?? 1 };
}

function requestPanel({ buckets }: Scale, top: number): Panel {
  return { top, bottom: top + requestsHeight, max: Math.max(1, ...buckets.map(bucket => bucket.requests ?? 0)) };
}

function yOf(value: number, { top, bottom, max }: Panel): number {
  return bottom - (Math.min(value, max) / max) * (bottom - top);
}

const widestBar = 56;
const lowestBar = 2;

function bars(scale: Scale, panel: Panel, key: 'errors' | 'requests', colour: string): string {
  const path = scale.buckets.flatMap(bucket => {
    const value = bucket[key];
    if (value === null || value <= 0) return [];
    const [from, to] = [scale.x(bucket.start), scale.x(bucket.start + bucket.minutes * minuteMs)];
    const slot = to - from;
    const width = Math.min(widestBar, slot - (slot > 6 ? Math.min(4, slot / 4) : 0));
    const top = Math.min(yOf(value, panel), panel.bottom - lowestBar);
    return [
      `M${round((from + to - width) / 2)} ${round(panel.bottom)}V${round(top)}h${round(width)}V${round(panel.bottom)}z`,
    ];
  });
  return path.length === 0 ? '' : `<path d="${path.join('')}" fill="${colour}"/>`;
}

function drawGaps(scale: Scale, top: number, bottom: number): string {
  return gapsIn(scale)
    .map(({ start, end }) => {
      const [from, to] = [scale.x(start), scale.x(end)];
      return `<rect x="${round(from)}" y="${round(top)}" width="${round(to - from)}" height="${round(bottom - top)}" fill="url(#gap)"/>`;
    })
    .join('');
}

function drawGrid(panel: Panel): string {
  return ticksOf(panel.max)
    .map(value => {
      const y = round(yOf(value, panel));
      return `<path d="M${plotLeft} ${y}H${plotRight}" stroke="${value === 0 ? ink.text : ink.grid}" stroke-width="1.5"/><text x="${plotLeft - 8}" y="${y + 6}" text-anchor="end" fill="${ink.dim}">${compact(value)}</text>`;
    })
    .join('');
}

function drawRequestGrid({ bottom }: Panel): string {
  return `<path d="M${plotLeft} ${round(bottom)}H${plotRight}" stroke="${ink.text}" stroke-width="1.5"/>`;
}

const compactNumbers = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

function compact(value: number): string {
  return value < 1_000 ? String(value) : compactNumbers.format(value);
}

function drawNoErrors(data: ChartData, { top, bottom }: Panel): string {
  if (totals(data.points).errors > 0) return '';
  const text = `no 5xx in ${count(new Set(data.points.map(point => point.at)).size, 'minute')}`;
  const middle = (plotLeft + plotRight) / 2;
  const width = widthOf(text, sizes.text, 'bold') + 24;
  const y = (top + bottom) / 2;
  return `<rect x="${round(middle - width / 2)}" y="${round(y - 18)}" width="${round(width)}" height="34" rx="6" fill="${ink.paper}"/><text x="${middle}" y="${round(y + 6)}" text-anchor="middle" font-weight="bold">${text}</text>`;
}

function drawThreshold({ threshold }: ChartData, panel: Panel): string {
  if (threshold === null || threshold <= 0 || threshold > panel.max) return '';
  const line = `M${plotLeft} ${round(yOf(threshold, panel))}H${plotRight}`;
  return `<path d="${line}" fill="none" stroke="${ink.paper}" stroke-width="5" opacity="0.8"/><path d="${line}" fill="none" stroke="${ink.threshold}" stroke-width="2.5" stroke-dasharray="7 5"/>`;
}

function drawTimes(scale: Scale, bottom: number): { svg: string; height: number } {
  const times = timesOf(scale);
  const days = dayOf(new Date(scale.start).toISOString()) !== dayOf(new Date(scale.end - 1).toISOString());
  let lastDay = '';
  const labels = times.map(time => {
    const iso = new Date(time).toISOString();
    const x = round(scale.x(time));
    const isNew = days && dayOf(iso) !== lastDay;
    lastDay = dayOf(iso);
    const date = isNew
      ? `<text x="${x}" y="${round(bottom + 50)}" text-anchor="middle" font-weight="bold">${xml(lastDay)}</text>`
      : '';
    return `<path d="M${x} ${round(bottom)}v7" stroke="${ink.text}" stroke-width="1.5"/><text x="${x}" y="${round(bottom + 26)}" text-anchor="middle">${clock(iso)}</text>${date}`;
  });
  return {
    svg: `${labels.join('')}<text x="${plotLeft - 8}" y="${round(bottom + 6)}" text-anchor="end" fill="${ink.dim}">UTC</text>`,
    height: days ? 54 : 30,
  };
}

/** What the shapes mean, in as many lines as it needs. */
function drawKey(
  data: ChartData,
  { bucketMinutes }: Scale,
  { errors, requests }: Record<'errors' | 'requests', Panel>,
  top: number,
): { svg: string; height: number } {
  const each = bucketMinutes === 1 ? '' : ` (highest of each ${bucketMinutes} minutes)`;
  const missing = missingMinutes(data);
  const { threshold } = data;
  const items = [
    { text: `5xx a minute${each}`, swatch: box(ink.errors) },
    { text: `requests, at most ${whole(requests.max)} a minute`, swatch: box(ink.requests) },
    ...(threshold === null || threshold <= 0
      ? []
      : [
          {
            text: `alarm threshold, ${decimals(threshold)} a minute${threshold > errors.max ? ' (above the chart)' : ''}`,
            swatch: dashes(ink.threshold),
          },
        ]),
    ...(missing === 0 ? [] : [{ text: `no data: ${count(missing, 'minute')}`, swatch: box('url(#gap)') }]),
  ];
  let [x, y] = [sizes.edge as number, top];
  const drawn = items.map(({ text, swatch }) => {
    const width = 32 + widthOf(text, sizes.text);
    if (x > sizes.edge && x + width > sizes.width - sizes.edge) [x, y] = [sizes.edge, y + lineHeight];
    const svg = `${swatch(x, y)}<text x="${round(x + 32)}" y="${round(y)}" fill="${ink.dim}">${xml(text)}</text>`;
    x += width + 22;
    return svg;
  });
  return { svg: drawn.join(''), height: y - top + 22 };
}

type Swatch = (x: number, y: number) => string;

function box(fill: string): Swatch {
  return (x, y) =>
    `<rect x="${round(x)}" y="${round(y - 14)}" width="24" height="16" fill="${fill}" stroke="${ink.dim}" stroke-width="1"/>`;
}

function dashes(colour: string): Swatch {
  return (x, y) =>
    `<path d="M${round(x)} ${round(y - 6)}h24" stroke="${colour}" stroke-width="2.5" stroke-dasharray="7 5"/>`;
}
