/** The chart of an incident as a reply of its thread. */
import { fallback, type Message, plainText } from './blocks.ts';

/** Of an image block's text for screen readers, and of its title. https://docs.slack.dev/reference/block-kit/blocks/image-block */
const textLength = 2_000;

/** `fileId`: a picture that was uploaded. */
export function chartMessage(fileId: string, { title, altText }: { title: string; altText: string }): Message {
  return {
    text: fallback(title),
    blocks: [
      {
        type: 'image',
        slack_file: { id: fileId },
        alt_text: altText.slice(0, textLength),
        title: plainText(title, textLength),
      },
    ],
  };
}
