/** Builds elements. Text goes in as text nodes only: nothing here, or anywhere in this page, parses HTML. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `on…` are listeners, `class` and `aria-…` attributes; null and false are left out
 * @param {...unknown} children strings become text, arrays are flattened, null is left out
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children
      .flat(Number.POSITIVE_INFINITY)
      .filter(child => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = id => document.getElementById(id);

/** A line drawing of 20 × 20. */
export function icon(path) {
  const space = 'http://www.w3.org/2000/svg';
  const drawing = document.createElementNS(space, 'svg');
  drawing.setAttribute('viewBox', '0 0 20 20');
  drawing.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'path');
  line.setAttribute('d', path);
  drawing.append(line);
  return drawing;
}

export const icons = {
  reply: 'M3 4h14v9H9l-4 3.5V13H3z',
  smile: 'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7 8.2v.1M13 8.2v.1M6.8 11.8a3.8 3.8 0 0 0 6.4 0',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  send: 'M3.5 10h12M10.5 4.5L16 10l-5.5 5.5',
  bolt: 'M11 2.5L4.5 11.5H10L9 17.5l6.5-9H10z',
  archive: 'M3 4h14v4H3zM4.5 8v8h11V8M8 11h4',
  lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  file: 'M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15',
};

/** Puts focus back on what has the same key after a part of the page was drawn anew. */
export function keepingFocus(container, draw) {
  const key = container.contains(document.activeElement) ? document.activeElement.getAttribute('data-key') : null;
  const had = container.contains(document.activeElement);
  const result = draw();
  if (!had || container.contains(document.activeElement)) return result;
  const again = key === null ? null : container.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (again ?? container).focus({ preventScroll: true });
  return result;
}

/** Longer names break where the line ends, also in a sentence. */
const unbroken = 24;

/** Code that is broken at its spaces: a browser would also do it inside `--stage` and behind every hyphen. */
export function codeWords(text) {
  return text
    .split(/(\s+)/)
    .map(part =>
      /[^\s]-|-[^\s]|\//.test(part)
        ? h('span', { class: part.length <= unbroken ? 'word short' : 'word' }, part)
        : part,
    );
}
