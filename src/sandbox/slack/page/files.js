/** Files in a message: pictures as they are, texts by their first lines. */
import { h, icon, icons } from './dom.js';

export function drawFile(file) {
  const url = `/sandbox/files/${encodeURIComponent(file.id)}`;
  if (file.mimeType.startsWith('image/')) {
    return h(
      'figure',
      { class: 'shared' },
      h('figcaption', {}, file.title),
      h('a', { href: url, target: '_blank' }, h('img', { class: 'wide', src: url, alt: file.altText ?? file.title })),
    );
  }
  const download = h(
    'a',
    { class: 'file', href: url, download: file.name },
    icon(icons.file),
    h('span', {}, file.title, h('small', {}, sizeOf(file.size))),
  );
  if (file.preview === null) return download;
  return h('div', { class: 'snippet' }, download, h('pre', { tabindex: 0, 'aria-label': file.title }, file.preview));
}

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
