import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { chartSvg } from '../../src/render/chart-svg.ts';
import { widthOf } from '../../src/render/chart-text.ts';
import { createDrawing, renderChart } from '../../src/render/picture.ts';
import { chartCase } from '../support/chart-cases.ts';

const options = { timeLimitMs: 15_000, idleMs: 60_000 };
const typical = chartCase('typical');

/** Width and height as the PNG says them. */
function sizeOf(png: Uint8Array): { width: number; height: number } {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

describe('the picture', () => {
  test('is a PNG at twice its size, with its words', async () => {
    const { png, altText, title } = await renderChart(typical);
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(sizeOf(png).width).toBe(1_280);
    expect(title).toBe('5xx of orders-api, prod, 22 Nov 2026, 13:55 to 14:10 UTC');
    expect(altText).toContain('First error 14:05.');
  });

  test('the main loop goes on while it is drawn', async () => {
    const drawing = createDrawing(options);
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    const pictures = await Promise.all(
      ['typical', 'twenty changes', 'foreign text'].map(name => drawing.draw(chartSvg(chartCase(name)))),
    );
    clearInterval(ticking);
    expect(pictures.every(png => png.length > 10_000)).toBe(true);
    expect(turns).toBeGreaterThan(10);
  });

  test('text is drawn, as wide as it was measured', async () => {
    const drawing = createDrawing(options);
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="40" font-family="DejaVu Sans" font-size="18"><rect width="900" height="40" fill="#fff"/><text y="24">${text}</text></svg>`;
    const [blank, written] = await Promise.all([drawing.draw(svg('')), drawing.draw(svg('The quick brown fox'))]);
    expect(written?.length).toBeGreaterThan((blank?.length ?? 0) + 500);
    expect(widthOf('The quick brown fox', 18)).toBeCloseTo(180, -1);
  });
});

describe('its thread', () => {
  test('gives back the memory of each picture', async () => {
    const drawing = createDrawing(options);
    const blank = '<svg xmlns="http://www.w3.org/2000/svg" width="1300" height="1300"/>';
    const draw = async (times: number) => {
      for (let i = 0; i < times; i += 1) await drawing.draw(blank);
      return process.memoryUsage().rss / 1_000_000;
    };
    const before = await draw(3);
    // Each has 7 MB of pixels.
    expect((await draw(12)) - before).toBeLessThan(45);
  });

  test('starts with the first picture and ends when it is idle', async () => {
    const drawing = createDrawing({ ...options, idleMs: 1 });
    expect(drawing.isRunning()).toBe(false);
    await drawing.draw(chartSvg(typical));
    await expect.poll(() => drawing.isRunning()).toBe(false);
    expect((await drawing.draw(chartSvg(typical))).length).toBeGreaterThan(10_000);
  });

  test('what cannot be drawn is an error, and the next picture is drawn all the same', async () => {
    const drawing = createDrawing(options);
    const [broken, whole] = await Promise.allSettled([drawing.draw('<svg'), drawing.draw(chartSvg(typical))]);
    expect(String(broken?.status === 'rejected' && broken.reason)).toMatch(/^Error: The chart could not be drawn: /);
    expect(whole?.status).toBe('fulfilled');
  });

  test('a picture that takes too long is given up', async () => {
    const drawing = createDrawing({ ...options, timeLimitMs: 1 });
    await expect(drawing.draw(chartSvg(typical))).rejects.toThrow('not drawn within 1 ms');
    expect(drawing.isRunning()).toBe(false);
  });

  test('does not keep the process alive', async () => {
    const script = `
      const { renderChart } = await import(${JSON.stringify(new URL('../../src/render/picture.ts', import.meta.url).href)});
      const { png } = await renderChart(${JSON.stringify(typical)});
      console.log(png.length > 10000);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 15_000,
    });
    expect(stdout.trim()).toBe('true');
  });
});
