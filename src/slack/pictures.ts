/**
 * Charts as replies of a thread. A picture is drawn when its turn has come, uploaded for the app alone, and then shown by
 * a message with an image block: like every other message it has metadata to be found by, and a text for screen
 * readers. (A file that is shared by its upload has neither, and with `alt_txt` it may never appear:
 * https://github.com/slackapi/python-slack-sdk/issues/1818.)
 */
import type { WebClient } from '@slack/web-api';
import type { ChartData } from '../render/chart.ts';
import type { Picture } from '../render/picture.ts';
import type { Log } from '../telemetry.ts';
import { failureOf } from './errors.ts';
import type { Slot, WantedPicture } from './slots.ts';

/** Draws off the event loop; rejects where that fails. */
export type DrawChart = (data: ChartData) => Promise<Picture>;

export interface Pictures {
  /** True where the app may not upload, or nothing is drawn: no picture is tried. */
  areOff(): boolean;
  /** Uploads what the slot wants and notes it there; never rejects: the thread can do without it. */
  upload(slot: Slot, wanted: WantedPicture): Promise<void>;
  /** The message was not taken: tried again later, or given up. */
  refused(slot: Slot, wanted: WantedPicture, code: string): void;
}

/** Slack works through an upload by itself, and until then does not know it in a block. */
const processingMs = 2_000;
const tries = 5;

export interface PicturesDependencies {
  client: WebClient;
  /** null: no pictures are posted. */
  draw: DrawChart | null;
  clock: () => Date;
  log: Log;
}

export function createPictures({ client, draw, clock, log }: PicturesDependencies): Pictures {
  let off = draw === null;

  function later(slot: Slot, wanted: WantedPicture, error: unknown, pauseMs: number): void {
    slot.failures += 1;
    slot.retryAt = clock().getTime() + pauseMs;
    if (slot.failures >= tries) giveUp(slot, wanted, error);
  }

  function giveUp(slot: Slot, wanted: WantedPicture, error: unknown): void {
    slot.refusedHash = wanted.hash;
    log.warn({ err: error, purpose: slot.purpose }, 'A chart is given up; its thread goes without it.');
  }

  async function upload(slot: Slot, wanted: WantedPicture): Promise<void> {
    if (draw === null) return;
    let picture: Picture;
    try {
      picture = await draw(wanted.picture);
    } catch (error) {
      giveUp(slot, wanted, error);
      return;
    }
    try {
      const { png, title, altText } = picture;
      const answer = await client.filesUploadV2({ file: Buffer.from(png), filename: 'chart.png', title });
      slot.uploaded = { fileId: fileIdOf(answer), title, altText };
      slot.failures = 0;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'rate_limited') slot.retryAt = clock().getTime() + failure.retryAfterMs;
      else if (failure.kind === 'uncertain') later(slot, wanted, error, processingMs * 2 ** slot.failures);
      else if (failure.code === 'missing_scope') {
        slot.refusedHash = wanted.hash;
        if (!off) log.warn({}, 'No charts are posted: the app lacks the scope files:write. Install it again with it.');
        off = true;
      } else giveUp(slot, wanted, error);
    }
  }

  return {
    areOff: () => off,
    upload,
    refused(slot, wanted, code) {
      const error = new Error(`Slack answered ${code}.`);
      if (code === 'invalid_blocks') later(slot, wanted, error, processingMs);
      else giveUp(slot, wanted, error);
    },
  };
}

/** One completion with one file. */
function fileIdOf({ files }: Awaited<ReturnType<WebClient['filesUploadV2']>>): string {
  const [completed] = files as { files?: { id?: string }[] }[];
  const id = completed?.files?.[0]?.id;
  if (id === undefined) throw new Error('Slack did not say which file it took.');
  return id;
}
