import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { chartAltText, chartOf } from '../../src/render/chart.ts';
import { plotLeft, sizes } from '../../src/render/chart-scale.ts';
import { chartSvg } from '../../src/render/chart-svg.ts';
import { drawable, fitted, widthOf, xml } from '../../src/render/chart-text.ts';
import { chartCase, chartCases, seriesOf } from '../support/chart-cases.ts';
import { sampleChange, sampleReport } from '../support/samples.ts';

interface Text {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Every text of the picture with the room it takes. */
function textsOf(svg: string): Text[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', body = '']) => {
    const of = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1];
    const text = body.replace(/&(\w+|#39);/g, (_, name: string) => named[name] ?? '?');
    const size = Number(of('font-size') ?? sizes.text);
    const width = widthOf(text, size, of('font-weight') === 'bold' ? 'bold' : 'regular');
    const [x, y] = [Number(of('x')), Number(of(' y') ?? of('y'))];
    const left = { start: x, middle: x - width / 2, end: x - width }[of('text-anchor') ?? 'start'] ?? Number.NaN;
    return { text, left, right: left + width, top: y - size * 0.75, bottom: y + size * 0.2 };
  });
}

function drawn(name: string): { svg: string; texts: Text[]; words: string[] } {
  const svg = chartSvg(chartCase(name));
  const texts = textsOf(svg);
  return { svg, texts, words: texts.map(item => item.text) };
}

const cases = Object.keys(chartCases);

describe.each(cases)('%s', name => {
  test('no text lies over another, or beyond the edge', () => {
    const { svg, texts } = drawn(name);
    const height = Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)?.[1]);
    expect(texts.length).toBeGreaterThan(8);
    const outside = texts.filter(
      item => !(item.left >= 0 && item.right <= sizes.width && item.top >= 0 && item.bottom <= height),
    );
    expect(outside).toEqual([]);
    const over = texts.flatMap((a, index) =>
      texts
        .slice(index + 1)
        .filter(b => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map(b => `${a.text} / ${b.text}`),
    );
    expect(over).toEqual([]);
  });

  test('it is whole SVG, and nothing is written too small for a phone', () => {
    const { svg } = drawn(name);
    expect(new Resvg(svg, { font: { loadSystemFonts: false } }).width).toBe(2 * sizes.width);
    const smallest = [...svg.matchAll(/font-size="(\d+)"/g)].map(match => Number(match[1]));
    expect(Math.min(...smallest)).toBeGreaterThanOrEqual(18);
  });

  test('its alternative text says what is drawn', () => {
    const alt = chartAltText(chartCase(name));
    expect(alt.length).toBeLessThanOrEqual(1_000);
    expect(alt).toMatch(/^Bar chart of the 5xx errors each minute of .*UTC\. .*requests/);
  });
});

function barsOf(svg: string, colour: string): number {
  return new RegExp(`<path d="([^"]*)" fill="${colour}"/>`).exec(svg)?.[1]?.match(/z/g)?.length ?? 0;
}

describe('what is drawn', () => {
  const red = '#b3261e';

  test('a bar for each failing minute, with the onset, the changes and the threshold', () => {
    const { svg, words } = drawn('typical');
    expect(barsOf(svg, red)).toBe(5);
    expect(barsOf(svg, '#b9c7d8')).toBe(15);
    expect(words).toContain('first error 14:05');
    expect(words).toContain('CreateDeployment on orders-api, stage prod');
    expect(words).toContain('ana.ruiz@example.com, 9 minutes before the first error');
    expect(words).toContain('deploy-pipeline, 3 minutes before the first error');
    expect(words).toContain('alarm threshold, 50 a minute');
    // Once over the plot and once in the legend: a deployment is square, another change is round.
    expect(svg.match(/rx="4"/g)).toHaveLength(2);
    expect(svg.match(/rx="14"/g)).toHaveLength(2);
  });

  test('no error is said, not only shown', () => {
    const { svg, words } = drawn('no errors');
    expect(barsOf(svg, red)).toBe(0);
    expect(words).toContain('no 5xx in 15 minutes');
    expect(words).toContain('none of 6,466 requests failed');
  });

  test('one minute is one bar', () => {
    const { svg, words } = drawn('one minute');
    expect(barsOf(svg, red)).toBe(1);
    expect(words).toContain('22 Nov 2026, 14:05 to 14:06 UTC');
  });

  test('three hours have a bar a minute, and name the day where it changes', () => {
    const { svg, words } = drawn('three hours');
    expect(barsOf(svg, red)).toBe(56);
    expect(words.filter(word => /^\d+ Nov$/.test(word))).toEqual(['22 Nov', '23 Nov']);
    expect(words).toContain('recovered 23 Nov 01:11');
  });

  test('of a whole day the highest minute of each ten is shown', () => {
    expect(drawn('a whole day').words).toContain('5xx a minute (highest of each 10 minutes)');
  });

  test('twenty changes: six are numbered and in the legend, the rest are counted', () => {
    const { words } = drawn('twenty changes');
    expect(words.filter(word => /^[1-9]$/.test(word))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
    expect(words).toContain('and 14 more changes, further from the first error');
  });

  test('marks that would touch become one', () => {
    const data = chartCase('typical');
    const [first] = data.changes;
    if (first === undefined) throw new Error('The case has changes.');
    const together = { ...data, changes: [first, { ...first, what: 'A' }, { ...first, what: 'B' }] };
    expect(textsOf(chartSvg(together)).map(item => item.text)).toContain('1–3');
  });

  test('what came before the chart stands at its edge', () => {
    expect(drawn('earlier changes').words).toContain('←1,2');
    expect(drawn('onset before').words).toContain('← first error 12:31');
    expect(drawn('recovered later').words).toContain('recovered 18:30 →');
  });

  test('missing minutes are hatched and counted, never zero', () => {
    const { svg, words } = drawn('missing minutes');
    expect(svg.match(/<rect [^>]*fill="url\(#gap\)"\/>/g)).toHaveLength(2);
    expect(words).toContain('no data: 6 minutes');
    expect(chartAltText(chartCase('missing minutes'))).toContain('No data for 6 minutes.');
  });

  test('whoever made a change is named whole, on a second line where the first has no room', () => {
    const start = '2026-11-22T13:55:00.000Z';
    const who =
      'arn:aws:sts::123456789012:assumed-role/orders-and-refunds-deployment-pipeline-production/github-actions-4711';
    const data = chartOf(
      sampleReport({
        changes: [{ ...sampleChange, who }],
        series: { ...seriesOf({ start, minutes: 15, errors: () => 1 }), threshold: null },
      }),
    );
    if (data === null) throw new Error('This report has a chart.');
    const words = textsOf(chartSvg(data)).map(item => item.text);
    const from = words.findIndex(word => word.startsWith('orders-and'));
    expect(words.slice(from, from + 3)).toEqual([
      'orders-and-refunds-deployment-pipeline-production/github-',
      'actions-4711',
      '3 minutes before the first error',
    ]);
  });

  test('long names are cut at the end of a part, and how long before stays', () => {
    const { words } = drawn('very long names');
    expect(words).toContain('alarm threshold, 2,000,000 a minute (above the chart)');
    expect(words).toContain('4 minutes before the first error');
    expect(words.some(word => /^european-market.*…$/.test(word))).toBe(true);
    expect(words[0]).toMatch(/^5xx of payments[\w-]*…, payments[\w-]*…$/);
  });

  test('text is never markup', () => {
    const { svg, words } = drawn('foreign text');
    expect(svg).not.toMatch(/<(?!\/?(?:svg|defs|pattern|rect|path|text|g)\b)/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in it
    expect(svg).not.toMatch(/[\u0000-\u001f\ufffe\uffff]/);
    expect(svg.isWellFormed()).toBe(true);
    expect(words.join(' ')).toContain('"><image href="file:///etc/passwd"/>');
  });
});

describe('what the chart is made of', () => {
  test('without metrics there is none', () => {
    expect(chartOf(sampleReport({ series: { periodSeconds: 60, points: null, threshold: 5 } }))).toBeNull();
    expect(chartOf(sampleReport({ series: { periodSeconds: 60, points: [], threshold: 5 } }))).toBeNull();
  });

  test('a later series takes the place of the report, and the recovery stretches it', () => {
    const series = seriesOf({ start: '2026-11-22T14:00:00.000Z', minutes: 20, errors: () => 1 });
    const chart = chartOf(sampleReport(), { series, recoveredAt: '2026-11-22T14:30:10.000Z' });
    expect(chart).toMatchObject({
      start: '2026-11-22T14:00:00.000Z',
      end: '2026-11-22T14:31:00.000Z',
      recoveredAt: '2026-11-22T14:30:10.000Z',
    });
  });

  test('of an ARN the name is shown', () => {
    const [change] = sampleReport().changes;
    if (change === undefined) throw new Error('The sample has a change.');
    const who = `arn:aws-cn:sts::123456789012:assumed-role/deployer/run-7`;
    expect(chartOf(sampleReport({ changes: [{ ...change, who }] }))?.changes[0]?.who).toBe('deployer/run-7');
  });
});

describe('text', () => {
  test('is cut between words, and whole where there is room', () => {
    expect(fitted('orders-api', 200, 18)).toBe('orders-api');
    expect(fitted('one two three four', widthOf('one two three fo…', 18), 18)).toBe('one two three…');
    expect(widthOf(fitted('x'.repeat(500), 300, 18), 18)).toBeLessThanOrEqual(300);
  });

  test('is what the fonts can draw', () => {
    expect(drawable('注文 API 🚀\u0007')).toBe('□ API □');
    expect(drawable('прод Ünïcode')).toBe('прод Ünïcode');
    expect(xml(`<&"'>`)).toBe('&lt;&amp;&quot;&#39;&gt;');
  });

  test('the axis leaves room for its numbers', () => {
    expect(plotLeft).toBeGreaterThan(widthOf('1.23M', sizes.text) + 8);
  });
});
