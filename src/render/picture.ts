/** The chart as a picture, drawn off the main loop. A failure is an error: the caller goes on without the picture. */
import { Worker } from 'node:worker_threads';
import { threadFile } from '../files.ts';
import { type ChartData, chartAltText, spanWords } from './chart.ts';
import { chartSvg } from './chart-svg.ts';
import type { Drawn } from './chart-worker.ts';
import { oneLine } from './words.ts';

export interface Picture {
  png: Uint8Array;
  /** For screen readers, and where pictures are off. */
  altText: string;
  title: string;
}

export interface DrawingOptions {
  /** A picture that takes longer is given up. */
  timeLimitMs: number;
  /** The thread ends when it had nothing to do for so long; it never keeps the process alive. */
  idleMs: number;
}

export interface Drawing {
  /** PNG of an SVG. Rejects where it cannot be drawn, or not in time. */
  draw(svg: string): Promise<Uint8Array>;
  /** Whether its thread runs: it does from the first picture on, until it was idle. */
  isRunning(): boolean;
}

export function createDrawing({ timeLimitMs, idleMs }: DrawingOptions): Drawing {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  /** One picture at a time, so that each has its whole time limit. */
  let last: Promise<unknown> = Promise.resolve();

  function end(): void {
    void worker?.terminate();
    worker = null;
  }

  function start(): Worker {
    // Flags of the process are not the thread's, and it needs no secret.
    const started = new Worker(threadFile('render/chart-worker'), { execArgv: [], env: {} });
    // Whoever waits for it is told by answerOf; a thread that ends while nobody does is replaced when it is needed.
    started.on('error', () => {});
    started.on('exit', () => {
      if (worker === started) worker = null;
    });
    return started;
  }

  async function drawNow(svg: string): Promise<Uint8Array> {
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    try {
      return pngOf(await answerOf(worker, svg, timeLimitMs));
    } catch (error) {
      // A thread that failed may be in any state; the next picture gets a new one.
      end();
      throw error;
    } finally {
      worker?.unref();
      idle = setTimeout(end, idleMs).unref();
    }
  }

  return {
    draw(svg) {
      const png = last.then(() => drawNow(svg));
      last = png.catch(() => {});
      return png;
    },
    isRunning: () => worker !== null,
  };
}

function pngOf(drawn: Drawn): Uint8Array {
  if ('problem' in drawn) throw new Error(`The chart could not be drawn: ${drawn.problem}.`);
  return drawn.png;
}

function answerOf(worker: Worker, svg: string, timeLimitMs: number): Promise<Drawn> {
  const { promise, resolve, reject } = Promise.withResolvers<Drawn>();
  const failed = (error: Error) => reject(new Error(`The chart could not be drawn: ${error.message}.`));
  const ended = () => reject(new Error('The chart could not be drawn: its thread ended.'));
  const limit = setTimeout(
    () => reject(new Error(`The chart was not drawn within ${timeLimitMs} ms, and is given up.`)),
    timeLimitMs,
  );
  worker.once('message', resolve).once('error', failed).once('exit', ended);
  worker.postMessage(svg);
  return promise.finally(() => {
    clearTimeout(limit);
    worker.off('message', resolve).off('error', failed).off('exit', ended);
  });
}

const shared = createDrawing({ timeLimitMs: 10_000, idleMs: 60_000 });

/** The chart as PNG, with the words that go with it. */
export async function renderChart(data: ChartData): Promise<Picture> {
  const png = await shared.draw(chartSvg(data));
  return {
    png,
    altText: chartAltText(data),
    title: oneLine(`5xx of ${data.apiName}, ${data.stage}, ${spanWords(data)}`),
  };
}
