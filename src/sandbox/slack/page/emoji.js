/** Emoji that this page draws itself, so that they look the same where no emoji font is installed. */

const disc = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z';
const box = 'M3.5 1h9A2.5 2.5 0 0 1 15 3.5v9a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 1 12.5v-9A2.5 2.5 0 0 1 3.5 1z';
const tick = 'M4.2 8.3l2.6 2.7 5-5.8';

/** name: the character, and layers of `fill path` or, led by `~` (thin: `=`), `stroke path`, on 16 × 16. */
const drawn = {
  red_circle: ['🔴', '#d23b2f', disc],
  large_yellow_circle: ['🟡', '#e8b007', disc],
  large_green_circle: ['🟢', '#2a9d5c', disc],
  large_orange_circle: ['🟠', '#e07a1f', disc],
  large_blue_circle: ['🔵', '#2f74d0', disc],
  white_check_mark: ['✅', '#2a9d5c', box, '~#fff', tick],
  ballot_box_with_check: ['☑️', '#2f74d0', box, '~#fff', tick],
  x: ['❌', '~#d23b2f', 'M3 3l10 10M13 3L3 13'],
  heavy_minus_sign: ['➖', '~#8a938f', 'M2.5 8h11'],
  warning: [
    '⚠️',
    '#e8b007',
    'M8 1.2c.5 0 .9.3 1.1.7l6 11c.5.9-.1 1.9-1.1 1.9H2c-1 0-1.6-1-1.1-1.9l6-11c.2-.4.6-.7 1.1-.7z',
    '~#3d2f00',
    'M8 5.6v4.2M8 12.3v.1',
  ],
  grey_question: ['❔', '#8a938f', disc, '~#fff', 'M5.9 6.2a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3M8 11.8v.1'],
  question: ['❓', '#d23b2f', disc, '~#fff', 'M5.9 6.2a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3M8 11.8v.1'],
  hourglass_flowing_sand: [
    '⏳',
    '#d9b98a',
    'M4 2.5h8c0 3-1.8 4-3 5.5 1.2 1.5 3 2.5 3 5.5H4c0-3 1.8-4 3-5.5-1.2-1.5-3-2.5-3-5.5z',
    '~#8b5a2b',
    'M3.2 2h9.6M3.2 14h9.6M8 8v3',
  ],
  mag: [
    '🔍',
    '#bcd9ee',
    'M6.7 2a4.7 4.7 0 1 0 0 9.4 4.7 4.7 0 0 0 0-9.4z',
    '~#4a6072',
    'M6.7 2a4.7 4.7 0 1 0 0 9.4 4.7 4.7 0 0 0 0-9.4zM10.2 10.2L14 14',
  ],
  eyes: [
    '👀',
    '#f7f9f8',
    'M4.3 2.5C2.6 2.5 1.4 5 1.4 8s1.2 5.5 2.9 5.5S7.2 11 7.2 8 6 2.5 4.3 2.5zM11.7 2.5C10 2.5 8.8 5 8.8 8s1.2 5.5 2.9 5.5 2.9-2.5 2.9-5.5-1.2-5.5-2.9-5.5z',
    '=#5b6662',
    'M4.3 2.5C2.6 2.5 1.4 5 1.4 8s1.2 5.5 2.9 5.5S7.2 11 7.2 8 6 2.5 4.3 2.5zM11.7 2.5C10 2.5 8.8 5 8.8 8s1.2 5.5 2.9 5.5 2.9-2.5 2.9-5.5-1.2-5.5-2.9-5.5z',
    '#1d2422',
    'M4.1 6.2a1.7 2 0 1 0 0 4 1.7 2 0 0 0 0-4zM11.5 6.2a1.7 2 0 1 0 0 4 1.7 2 0 0 0 0-4z',
  ],
  '+1': [
    '👍',
    '#f2b53a',
    'M1.5 7h2.7v7H1.5zM5.2 7.2L8 1.6c1.3 0 2 .9 1.8 2.1L9.3 6h3.9c1.1 0 1.8 1 1.5 2l-1.4 4.9c-.2.7-.8 1.1-1.5 1.1H5.2z',
  ],
  handshake: [
    '🤝',
    '#f2b53a',
    'M1 5l3-1.5L8 5l4-1.5L15 5v5l-2 .5-3.6 3.2c-.8.7-2 .7-2.8 0L3 10.5 1 10z',
    '=#8b5a2b',
    'M8 5L5.6 7.6c.9.9 2 .8 2.9-.1l4.5 3.3M9.6 11.8l1.2.9M7.6 12.6l1 .8',
  ],
  lightning_cloud: [
    '🌩️',
    '#a9b6c4',
    'M4.2 10a3 3 0 0 1-.3-6 4.2 4.2 0 0 1 8-.2 3.1 3.1 0 0 1 .2 6.2z',
    '#e8b007',
    'M8.8 7.2L5.6 11.6h2.2L6.8 15l4-4.8H8.4l1.4-3z',
  ],
  rotating_light: [
    '🚨',
    '#d23b2f',
    'M4 11V8a4 4 0 0 1 8 0v3z',
    '#6b7773',
    'M2.8 11.8h10.4V14H2.8z',
    '~#e8b007',
    'M8 .8v1.4M2.4 3.2l1 1M13.6 3.2l-1 1',
  ],
  bulb: [
    '💡',
    '#f2c23a',
    'M8 1.2a4.6 4.6 0 0 0-2.7 8.3c.5.4.7.8.7 1.3h4c0-.5.2-.9.7-1.3A4.6 4.6 0 0 0 8 1.2z',
    '#8a938f',
    'M6 11.6h4v1.2c0 .8-.7 1.6-2 1.6s-2-.8-2-1.6z',
  ],
  fire: [
    '🔥',
    '#e2611c',
    'M8.4 1c.3 2.5-3.9 4.3-3.9 8.3 0 .5.1 1 .2 1.4-.7-.5-1-1.4-1-2.4C2.5 9.5 2 10.6 2 11.5 2 13.8 4.5 15 8 15s6-1.5 6-4.3C14 6.7 9.8 5.6 8.4 1z',
    '#f6c445',
    'M8.2 8.5c.2 1.2-1.9 2-1.9 3.8 0 1.2.9 1.9 2 1.9 1.2 0 2-.8 2-2 0-1.7-1.7-2.1-2.1-3.7z',
  ],
  tada: [
    '🎉',
    '#e8b007',
    'M1.5 14.5L5 5.5l5.5 5.5z',
    '~#d23b2f',
    'M8 5.5c1-1 1-2.5.5-3.8M11 8.5c1.3-.4 2.5-.2 3.5.5',
    '~#2f74d0',
    'M10 6.5l3.5-3.5',
  ],
};

const names = new Map(Object.entries(drawn).map(([name, [character]]) => [character, name]));
const aliases = { thumbsup: '+1' };
const pattern = new RegExp(
  `(${[...names.keys()].flatMap(character => [character, character.replace('\ufe0f', '')]).join('|')})\ufe0f?`,
  'u',
);

/** Those that people can react with. */
export const reactions = ['eyes', '+1', 'white_check_mark', 'mag', 'warning', 'fire', 'tada', 'x'];

/** An emoji by its name; a name that is not known is shown as it is written. */
export function emojiNamed(name) {
  const plain = name.replace(/::skin-tone-\d$/, '');
  const known = aliases[plain] ?? plain;
  return Object.hasOwn(drawn, known) ? draw(known) : `:${name}:`;
}

/** A text with the emoji in it drawn. */
export function withEmoji(text) {
  return text.split(pattern).map((part, index) => {
    if (index % 2 === 0) return part;
    return draw(names.get(part) ?? names.get(`${part}\ufe0f`));
  });
}

function draw(name) {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  const attributes = { viewBox: '0 0 16 16', class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' ') };
  for (const [attribute, value] of Object.entries(attributes)) picture.setAttribute(attribute, value);
  const layers = drawn[name].slice(1);
  for (let index = 0; index < layers.length; index += 2) {
    const line = /^[~=]/.test(layers[index]);
    const path = document.createElementNS(space, 'path');
    path.setAttribute('d', layers[index + 1]);
    path.setAttribute('fill', line ? 'none' : layers[index]);
    path.setAttribute('stroke', line ? layers[index].slice(1) : 'none');
    if (line) path.setAttribute('stroke-width', layers[index].startsWith('~') ? '2' : '1');
    picture.append(path);
  }
  return picture;
}
