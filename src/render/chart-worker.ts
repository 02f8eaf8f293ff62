/** Draws SVG as PNG, in a thread of its own: it takes tens of milliseconds that the bot's answers must not wait for. */
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';

/** What is answered to each SVG. */
export type Drawn = { png: Uint8Array } | { problem: string };

const { resolve } = createRequire(import.meta.url);

// Without a font file resvg draws no text and says nothing, so the fonts are shipped and the system's are not looked at.
const font = {
  loadSystemFonts: false,
  fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map(file => resolve(`dejavu-fonts-ttf/ttf/${file}`)),
  defaultFontFamily: 'DejaVu Sans',
};

// A picture's pixels are outside of V8's heap: where nothing collects them, each picture keeps some 9 MB.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function draw(svg: string): Drawn {
  try {
    return { png: new Uint8Array(new Resvg(svg, { font }).render().asPng()) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (svg: string) => {
  const drawn = draw(svg);
  collect();
  // What was collected is freed in the next turn.
  setImmediate(() => parentPort?.postMessage(drawn));
});
