import { describe, expect, test } from 'vitest';
import { refuseBlocks, refuseMetadata, refuseView } from '../../../src/sandbox/slack/validation.ts';

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const button = (more: object = {}) => ({ type: 'button', text: { type: 'plain_text', text: 'Go' }, ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const rich = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text, style: { code: true } }] }],
});
const messagesOf = (blocks: unknown) => refuseBlocks(blocks)?.messages ?? [];

describe('blocks that Slack takes', () => {
  test.each([
    ['text at its limit', [section('x'.repeat(3000))]],
    ['ten fields', [{ type: 'section', fields: many(10, { type: 'mrkdwn', text: 'f' }) }]],
    [
      'a button with everything',
      [
        actions(
          button({
            action_id: 'a',
            value: 'v',
            url: 'https://a.example',
            style: 'danger',
            accessibility_label: 'l',
            confirm: {
              title: { type: 'plain_text', text: 't' },
              text: { type: 'mrkdwn', text: 't' },
              confirm: { type: 'plain_text', text: 'y' },
              deny: { type: 'plain_text', text: 'n' },
              style: 'danger',
            },
          }),
        ),
      ],
    ],
    ['rich text', [rich('line')]],
    [
      'a table',
      [
        {
          type: 'table',
          rows: [[{ type: 'raw_text', text: 'a' }, rich('b')]],
          column_settings: [{ align: 'right', is_wrapped: true }],
        },
      ],
    ],
    ['a context of ten', [{ type: 'context', elements: many(10, { type: 'mrkdwn', text: 'c' }) }]],
    [
      'a plan',
      [{ type: 'plan', title: 'p', tasks: [{ type: 'task_card', task_id: '1', title: 't', status: 'complete' }] }],
    ],
    ['a container', [{ type: 'container', title: { type: 'plain_text', text: 't' }, child_blocks: [section('s')] }]],
    ['fifty blocks', many(50, { type: 'divider' })],
    ['none', []],
  ])('%s', (_, blocks) => {
    expect(refuseBlocks(blocks)).toBeNull();
  });
});

describe('blocks that Slack refuses, with a pointer to the place', () => {
  test.each([
    ['too many blocks', many(51, { type: 'divider' }), 'no more than 50 items allowed [json-pointer:/blocks]'],
    ['long text', [section('x'.repeat(3001))], 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
    ['empty text', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    [
      'a long header',
      [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }],
      'must be less than 151 characters',
    ],
    [
      'mrkdwn in a header',
      [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
      '[json-pointer:/blocks/0/text/type]',
    ],
    ['an unknown block', [{ type: 'banner' }], 'unsupported type: banner [json-pointer:/blocks/0/type]'],
    [
      'an unknown property',
      [{ type: 'divider', margin: 3 }],
      'invalid additional property: margin [json-pointer:/blocks/0]',
    ],
    [
      'a disabled button',
      [actions(button({ disabled: true }))],
      'invalid additional property: disabled [json-pointer:/blocks/0/elements/0]',
    ],
    [
      'a long button text',
      [actions({ type: 'button', text: { type: 'plain_text', text: 'x'.repeat(76) } })],
      'must be less than 76 characters',
    ],
    ['a long button value', [actions(button({ value: 'x'.repeat(2001) }))], 'must be less than 2001 characters'],
    ['a button without text', [actions({ type: 'button' })], 'missing required field: text'],
    ['an unknown style', [actions(button({ style: 'default' }))], 'must be a valid enum value'],
    ['a link without a scheme', [actions(button({ url: 'example.org' }))], 'must be a valid URL'],
    ['26 buttons', [actions(...many(26, button()))], 'no more than 25 items allowed [json-pointer:/blocks/0/elements]'],
    ['no buttons', [actions()], 'no less than 1 items allowed'],
    [
      'eleven fields',
      [{ type: 'section', fields: many(11, { type: 'mrkdwn', text: 'f' }) }],
      'no more than 10 items allowed',
    ],
    [
      'a long field',
      [{ type: 'section', fields: [{ type: 'mrkdwn', text: 'x'.repeat(2001) }] }],
      'must be less than 2001 characters',
    ],
    ['a section without text', [{ type: 'section' }], 'must define either `text` or `fields`'],
    [
      'eleven in a context',
      [{ type: 'context', elements: many(11, { type: 'mrkdwn', text: 'c' }) }],
      'no more than 10 items allowed',
    ],
    ['a button in a context', [{ type: 'context', elements: [button()] }], 'unsupported type: button'],
    [
      'an image of two sources',
      [{ type: 'image', alt_text: 'a', image_url: 'https://a.example/i.png', slack_file: { id: 'F1' } }],
      'must define either `slack_file` or `image_url`',
    ],
    [
      'an image without alt text',
      [{ type: 'image', image_url: 'https://a.example/i.png' }],
      'missing required field: alt_text',
    ],
    [
      'an alert, which is for modals',
      [{ type: 'alert', text: { type: 'plain_text', text: 'a' } }],
      'unsupported type: alert',
    ],
    [
      'a long option',
      [
        actions({
          type: 'static_select',
          options: [{ text: { type: 'plain_text', text: 'x'.repeat(76) }, value: 'v' }],
        }),
      ],
      'must be less than 76 characters',
    ],
    [
      'six in an overflow',
      [actions({ type: 'overflow', options: many(6, { text: { type: 'plain_text', text: 'o' }, value: 'v' }) })],
      'no more than 5 items allowed',
    ],
    [
      'a long confirmation',
      [actions(button({ confirm: { text: { type: 'plain_text', text: 'x'.repeat(301) } } }))],
      'must be less than 301 characters',
    ],
    [
      'one action id twice in a block',
      [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
      'action_id "a" already exists',
    ],
    [
      'one block id twice',
      [
        { ...section('a'), block_id: 'b' },
        { ...section('c'), block_id: 'b' },
      ],
      'block_id "b" already exists',
    ],
    [
      '101 rows',
      [{ type: 'table', rows: many(101, [{ type: 'raw_text', text: 'a' }]) }],
      'no more than 100 items allowed',
    ],
    [
      '21 columns',
      [{ type: 'table', rows: [many(21, { type: 'raw_text', text: 'a' })] }],
      'no more than 20 items allowed',
    ],
    [
      'two tables',
      many(2, { type: 'table', rows: [[{ type: 'raw_text', text: 'a' }]] }),
      'only one table allowed per message',
    ],
    [
      'too much in tables',
      [{ type: 'table', rows: many(4, [{ type: 'raw_text', text: 'x'.repeat(2600) }]) }],
      'table text must be less than 10001 characters',
    ],
    [
      'too much markdown',
      many(5, { type: 'markdown', text: 'x'.repeat(2500) }),
      'markdown text must be less than 12001 characters',
    ],
    [
      'text in a section of rich text',
      [{ type: 'rich_text', elements: [{ type: 'text', text: 'a' }] }],
      'unsupported type: text',
    ],
  ])('%s', (_, blocks, expected) => {
    expect(refuseBlocks(blocks)?.error).toBe('invalid_blocks');
    expect(messagesOf(blocks).join('\n')).toContain(expected);
  });

  test('what is not a list of objects is invalid_blocks_format', () => {
    expect(refuseBlocks({ type: 'divider' })?.error).toBe('invalid_blocks_format');
    expect(refuseBlocks(['divider'])?.error).toBe('invalid_blocks_format');
  });

  test('blocks that are legal one by one may be too long together', () => {
    expect(refuseBlocks(many(4, section('x'.repeat(3000))))).toBeNull();
    expect(refuseBlocks(many(5, section('x'.repeat(2700))))?.error).toBe('msg_blocks_too_long');
  });
});

describe('views', () => {
  const modal = (more: object = {}) => ({
    type: 'modal',
    title: { type: 'plain_text', text: 'T' },
    blocks: [],
    ...more,
  });
  const input = { type: 'input', label: { type: 'plain_text', text: 'L' }, element: { type: 'plain_text_input' } };
  const submit = { type: 'plain_text', text: 'Go' };

  test('a modal with an input needs a submit button', () => {
    expect(refuseView(modal({ blocks: [input], submit }), 'modal')).toBeNull();
    expect(refuseView(modal({ blocks: [input] }), 'modal')?.messages).toEqual([
      '[ERROR] missing required field: submit [json-pointer:/view]',
    ]);
  });

  test.each([
    ['a title of 25', { title: { type: 'plain_text', text: 'x'.repeat(25) } }, '/view/title/text'],
    ['101 blocks', { blocks: many(101, { type: 'divider' }) }, '/view/blocks'],
    ['private metadata of 3001', { private_metadata: 'x'.repeat(3001) }, '/view/private_metadata'],
    ['a table, which is for messages', { blocks: [{ type: 'table', rows: [[]] }] }, '/view/blocks/0/type'],
    ['an unknown property', { colour: 'red' }, '[json-pointer:/view]'],
  ])('%s is refused', (_, more, pointer) => {
    const refusal = refuseView(modal(more), 'modal');
    expect(refusal?.error).toBe('invalid_arguments');
    expect(refusal?.messages.join()).toContain(pointer);
  });

  test('a home view is not a modal', () => {
    expect(refuseView({ type: 'home', blocks: [] }, 'home')).toBeNull();
    expect(refuseView({ type: 'home', blocks: [] }, 'modal')?.messages.join()).toContain('must be a modal view');
  });
});

test('metadata holds scalars, flat objects of them, and lists of these', () => {
  const metadata = (payload: unknown) => ({ event_type: 'card', event_payload: payload });
  expect(refuseMetadata(metadata({ id: 'i', n: 1, list: [{ a: true }] }))).toBeNull();
  expect(refuseMetadata({})).toBeNull();
  expect(refuseMetadata('x')).toBe('invalid_metadata_format');
  expect(refuseMetadata(metadata({ deep: { a: { b: 1 } } }))).toBe('invalid_metadata_schema');
  expect(refuseMetadata({ event_payload: {} })).toBe('invalid_metadata_schema');
  expect(refuseMetadata(metadata({ a: 'x'.repeat(9000) }))).toBe('metadata_too_large');
});
