/** Text in the chart: what the fonts can draw, how wide it is, and how it is cut. The fonts are DejaVu Sans and its bold. */
import { oneLine } from './words.ts';

export type Weight = 'regular' | 'bold';

/** Advance widths from U+0020 to U+007E in thousandths of the font size: the fonts' own `hmtx` tables. */
const advances: Record<Weight, number[]> = {
  regular: numbers(
    '318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 337 636 838',
  ),
  bold: numbers(
    '348 456 521 838 696 1002 872 306 457 457 523 838 380 415 380 365 696 696 696 696 696 696 696 696 696 696 400 400 838 838 838 580 1000 774 762 734 830 683 683 821 837 372 372 775 637 995 837 850 733 850 770 720 682 812 774 1103 771 724 725 457 365 457 838 500 500 675 716 593 716 678 435 716 712 343 343 665 343 1042 712 687 716 716 493 595 478 712 652 924 645 652 582 712 365 712 838',
  ),
};

function numbers(list: string): number[] {
  return list.split(' ').map(Number);
}

/** Beyond ASCII the widest usual letter is taken, so that a text is never wider than it was measured. */
const widest: Record<Weight, number> = { regular: 1_230, bold: 1_390 };

/** In the unit of `size`. */
export function widthOf(text: string, size: number, weight: Weight = 'regular'): number {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    thousandths += code === 0x2026 ? 1_000 : (advances[weight][code - 0x20] ?? widest[weight]);
  }
  return (thousandths * size) / 1_000;
}

/** Scripts that DejaVu Sans draws; of anything else it has no glyph, and the picture would have a hole. */
const undrawable =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\u0020-\u00ff\u2010-\u2027\u2030-\u203a\u2190-\u2193]+/gu;

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}]/u;

/**
 * An untrusted text on one line, as the fonts can draw it: a run of other characters becomes one box. What is written
 * from right to left ends with a mark, so that it does not turn round what follows.
 */
export function drawable(text: string): string {
  const drawn = oneLine(text).replace(undrawable, '□');
  return rightToLeft.test(drawn) ? `${drawn}\u200e` : drawn;
}

/** Cut to `width`, at the end of a word or of a part of a name where there is one near. */
export function fitted(text: string, width: number, size: number, weight: Weight = 'regular'): string {
  if (widthOf(text, size, weight) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (widthOf(`${kept}${character}…`, size, weight) > width) break;
    kept += character;
  }
  const boundary = kept.search(/[\s/_.:,-][^\s/_.:,-]*$/u);
  return `${(boundary > (kept.length * 2) / 3 ? kept.slice(0, boundary) : kept).trimEnd()}…`;
}

/** On two lines at most, broken between words or parts of a name; only what two lines do not hold is cut. */
export function wrapped(text: string, width: number, size: number, weight: Weight = 'regular'): string[] {
  if (widthOf(text, size, weight) <= width) return [text];
  const pieces = text.match(/[^\s/_.:,-]*[\s/_.:,-]*/gu) ?? [];
  let first = '';
  for (const piece of pieces) {
    if (widthOf(`${first}${piece}`.trimEnd(), size, weight) > width) break;
    first += piece;
  }
  // One piece that is wider than a line.
  if (first === '') while (widthOf(text.slice(0, first.length + 1), size, weight) <= width) first += text[first.length];
  return [first.trimEnd(), fitted(text.slice(first.length), width, size, weight)];
}

/** For the text of an element, and for an attribute. */
export function xml(text: string): string {
  return text.replace(/[&<>"'\ufffe\uffff]/g, character => entities[character] ?? '');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
