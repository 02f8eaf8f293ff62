/** An attachment, as older apps and alarms use it. https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
import { renderBlocks } from './blocks.js';
import { h } from './dom.js';
import { link, mrkdwn } from './mrkdwn.js';

export function drawAttachment(attachment, surface) {
  const { color, pretext, title, text, fields = [], blocks = [], footer, fallback } = attachment;
  const name = title && (attachment.title_link ? link(attachment.title_link, title) : mrkdwn(title));
  const parts = [
    title ? h('strong', {}, name) : null,
    text ? h('div', { class: 'prose' }, mrkdwn(text)) : null,
    fields.length > 0 ? h('div', { class: 'fields' }, fields.map(drawField)) : null,
    ...renderBlocks(blocks, surface),
    footer ? h('p', { class: 'footer' }, mrkdwn(footer)) : null,
  ].filter(Boolean);
  const body = parts.length > 0 ? parts : h('div', { class: 'prose' }, fallback ?? '');
  const node = h('div', { class: 'attachment' }, body);
  const hex = /^#?([0-9a-f]{6})$/i.exec(color ?? '')?.[1];
  if (hex) node.style.setProperty('--bar', `#${hex}`);
  return pretext ? [h('div', { class: 'prose' }, mrkdwn(pretext)), node] : node;
}

function drawField({ title, value }) {
  return h('div', { class: 'prose' }, h('strong', {}, title), h('div', {}, mrkdwn(String(value))));
}
