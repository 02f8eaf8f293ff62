/** Changes in the chart: numbered marks over the plot, and the legend that says what each number is. */
import type { ChartChange, ChartData } from './chart.ts';
import { ink, plotLeft, round, type Scale, sizes } from './chart-scale.ts';
import { drawable, widthOf, wrapped, xml } from './chart-text.ts';
import { count } from './words.ts';

/** A change with its number; the numbers follow the time. */
interface Numbered {
  number: number;
  change: ChartChange;
}

/** More are counted, and stand as small marks without a number. */
const numberedChanges = 6;

export interface Marked {
  numbered: Numbered[];
  /** Without a number. */
  rest: ChartChange[];
}

export function markedChanges({ changes }: ChartData): Marked {
  const numbered = changes
    .slice(0, numberedChanges)
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map((change, index) => ({ number: index + 1, change }));
  return { numbered, rest: changes.slice(numberedChanges) };
}

const markHeight = 28;
const markSpace = 4;
/** With room below for the highest number of the axis. */
export const marksHeight = markHeight + 16;

/** One mark, or several that would lie over each other. */
interface Mark {
  numbers: number[];
  deployments: number;
  /** Where the changes are, and where the mark stands. */
  lines: number[];
  centre: number;
  label: string;
  width: number;
}

/** The row of marks that ends at `bottom`, and a dotted line down to `floor` for each change inside the plot. */
export function drawMarks({ numbered, rest }: Marked, scale: Scale, bottom: number, floor: number): string {
  const inside = numbered.filter(({ change }) => side(change, scale) === 'inside');
  const edges = (['before', 'after'] as const).flatMap(where => {
    const outside = numbered.filter(({ change }) => side(change, scale) === where);
    return outside.length === 0 ? [] : [edgeMark(outside, where)];
  });
  const marks = [...edges, ...spread(inside.map(item => markOf([item], [scale.x(Date.parse(item.change.at))])))];
  const y = bottom - marksHeight + markHeight / 2;
  const small = rest
    .filter(change => side(change, scale) === 'inside')
    .map(change => diamond(scale.x(Date.parse(change.at)), bottom));
  return [
    ...marks.flatMap(mark => mark.lines.map(x => leader(x, mark.centre, y, bottom, floor))),
    ...small,
    ...marks.map(mark => badge(mark, y)),
  ].join('');
}

function side({ at }: ChartChange, { start, end }: Scale): 'before' | 'inside' | 'after' {
  const time = Date.parse(at);
  if (time < start) return 'before';
  return time <= end ? 'inside' : 'after';
}

function markOf(
  items: readonly Numbered[],
  lines: number[],
  label = numbersLabel(items.map(item => item.number)),
): Mark {
  const width = Math.max(markHeight, widthOf(label, sizes.text, 'bold') + 14);
  const middle = lines.reduce((a, b) => a + b, 0) / Math.max(1, lines.length);
  return {
    numbers: items.map(item => item.number),
    deployments: items.filter(item => item.change.kind === 'deployment').length,
    lines,
    centre: clamp(middle, width),
    label,
    width,
  };
}

function clamp(centre: number, width: number): number {
  return Math.min(Math.max(centre, plotLeft + width / 2), sizes.width - 4 - width / 2);
}

/** Earlier changes stand in the margin, with an arrow that says so. */
function edgeMark(items: readonly Numbered[], where: 'before' | 'after'): Mark {
  const numbers = numbersLabel(items.map(item => item.number));
  const mark = markOf(items, [], where === 'before' ? `←${numbers}` : `${numbers}→`);
  const centre = where === 'before' ? plotLeft - 6 - mark.width / 2 : sizes.width - 4 - mark.width / 2;
  return { ...mark, centre: Math.max(4 + mark.width / 2, centre) };
}

/** Marks that would touch become one. */
function spread(marks: Mark[]): Mark[] {
  for (const [index, mark] of marks.entries()) {
    const next = marks[index + 1];
    if (next === undefined || mark.centre + mark.width / 2 + markSpace <= next.centre - next.width / 2) continue;
    return spread([...marks.slice(0, index), merged(mark, next), ...marks.slice(index + 2)]);
  }
  return marks;
}

function merged(a: Mark, b: Mark): Mark {
  const numbers = [...a.numbers, ...b.numbers];
  const lines = [...a.lines, ...b.lines];
  const label = numbersLabel(numbers);
  const width = Math.max(markHeight, widthOf(label, sizes.text, 'bold') + 14);
  const middle = lines.reduce((total, x) => total + x, 0) / lines.length;
  return { numbers, deployments: a.deployments + b.deployments, lines, centre: clamp(middle, width), label, width };
}

/** `1`, `1, 2`, `1–4`. */
function numbersLabel(numbers: readonly number[]): string {
  return numbers.length > 2 ? `${numbers[0]}–${numbers.at(-1)}` : numbers.join(',');
}

function leader(x: number, centre: number, y: number, bottom: number, floor: number): string {
  const down = `M${round(x)} ${round(bottom)}V${round(floor)}`;
  return `<path d="M${round(centre)} ${round(y)}L${round(x)} ${round(bottom)}${down}" fill="none" stroke="${ink.text}" stroke-width="1.5" stroke-dasharray="1.5 4"/>`;
}

function badge({ centre, width, label, numbers, deployments }: Mark, y: number): string {
  const square = deployments === numbers.length;
  const radius = square ? 4 : markHeight / 2;
  return `<g><rect x="${round(centre - width / 2)}" y="${round(y - markHeight / 2)}" width="${round(width)}" height="${markHeight}" rx="${radius}" fill="${ink.text}" stroke="${ink.paper}" stroke-width="2"/><text x="${round(centre)}" y="${round(y + 6.5)}" text-anchor="middle" font-weight="bold" fill="${ink.paper}">${xml(label)}</text></g>`;
}

export function diamond(x: number, y: number): string {
  return `<path d="M${round(x)} ${round(y - 7)}l6 7l-6 7l-6-7z" fill="${ink.paper}" stroke="${ink.text}" stroke-width="2"/>`;
}

const legendLine = 23;
/** Above the first line of a row to its baseline, and below the last one. */
const rowPadding = { top: 18, bottom: 13 } as const;

/** One row for each numbered change: what it was, who made it, and how long before the first error. */
export function drawLegend({ numbered, rest }: Marked, top: number): { svg: string; height: number } {
  let y = top;
  const rows = numbered.map(({ number, change }) => {
    const row = legendRow(number, change, y);
    y += row.height;
    return row.svg;
  });
  if (rest.length === 0) return { svg: rows.join(''), height: y - top };
  const more = `${diamond(sizes.edge + 14, y + 12)}<text x="${textLeft}" y="${y + 18}" fill="${ink.dim}">and ${count(rest.length, 'more change')}, further from the first error</text>`;
  return { svg: [...rows, more].join(''), height: y - top + 32 };
}

const textLeft = sizes.edge + 42;
const textWidth = sizes.width - sizes.edge - textLeft;

function legendRow(number: number, change: ChartChange, top: number): { svg: string; height: number } {
  const mark = markOf([{ number, change }], []);
  const what = wrapped(drawable(change.what), textWidth, sizes.text, 'bold');
  const lines = [...what.map(text => ({ text, style: 'font-weight="bold"' })), ...whoLines(change)];
  const drawn = lines.map(
    ({ text, style }, index) =>
      `<text x="${textLeft}" y="${top + rowPadding.top + index * legendLine}" ${style}>${xml(text)}</text>`,
  );
  const deployments = change.kind === 'deployment' ? 1 : 0;
  return {
    svg: [badge({ ...mark, centre: sizes.edge + 14, deployments }, top + 20), ...drawn].join(''),
    height: lines.length * legendLine - (legendLine - rowPadding.top) + rowPadding.bottom,
  };
}

/** Who made a change counts most: where there is no room for both on a line, how long before stands on the next one. */
function whoLines({ who, when }: ChartChange): { text: string; style: string }[] {
  const [name, time] = [drawable(who), drawable(when)];
  const both = `${name}, ${time}`;
  const texts =
    widthOf(both, sizes.text) <= textWidth
      ? [both]
      : [...wrapped(name, textWidth, sizes.text), ...wrapped(time, textWidth, sizes.text)];
  return texts.map(text => ({ text, style: `fill="${ink.dim}"` }));
}
