import { type Surface, surfaces, view } from './block-kit.ts';
import { limits } from './limits.ts';
import { check, isObject, type Json, list, type Problem } from './schema.ts';

/** What Slack answers to blocks or a view that it does not accept. */
export interface Refusal {
  error: string;
  messages: string[];
}

/** Checks the blocks of a message; null where Slack would take them. */
export function refuseBlocks(blocks: unknown): Refusal | null {
  if (!Array.isArray(blocks) || !blocks.every(isObject)) return { error: 'invalid_blocks_format', messages: [] };
  const problems = [
    ...check(list(surfaces.message, limits.blocksPerMessage, 0), blocks, '/blocks'),
    ...repeatedIds(blocks, '/blocks'),
    ...messageTotals(blocks),
  ];
  if (problems.length > 0) return { error: 'invalid_blocks', messages: problems.map(asSlackPrints) };
  return charactersIn(blocks) > limits.blocksCharacters ? { error: 'msg_blocks_too_long', messages: [] } : null;
}

/** Checks a view for the surface that it is sent to; null where Slack would take it. */
export function refuseView(value: unknown, surface: Exclude<Surface, 'message'>): Refusal | null {
  const problems = check(view, value, '/view');
  if (isObject(value)) {
    if (typeof value.type === 'string' && value.type !== surface) {
      problems.push({ message: `must be a ${surface} view`, pointer: '/view/type' });
    }
    if (Array.isArray(value.blocks) && value.blocks.every(isObject)) {
      problems.push(...repeatedIds(value.blocks, '/view/blocks'));
      if (surface === 'modal' && value.submit === undefined && value.blocks.some(block => block.type === 'input')) {
        problems.push({ message: 'missing required field: submit', pointer: '/view' });
      }
    }
  }
  if (problems.length > 0) return { error: 'invalid_arguments', messages: problems.map(asSlackPrints) };
  return JSON.stringify(value).length > limits.viewBytes ? { error: 'view_too_large', messages: [] } : null;
}

/**
 * Message metadata: an event type, and a payload of scalars, flat objects of scalars, or lists of these.
 * https://docs.slack.dev/messaging/message-metadata/
 */
export function refuseMetadata(metadata: unknown): string | null {
  if (!isObject(metadata)) return 'invalid_metadata_format';
  if (Object.keys(metadata).length === 0) return null;
  if (typeof metadata.event_type !== 'string' || metadata.event_type === '' || !isObject(metadata.event_payload)) {
    return 'invalid_metadata_schema';
  }
  const values = Object.values(metadata.event_payload).flatMap(value => (Array.isArray(value) ? value : [value]));
  const flat = values.every(
    value => isScalar(value) || (isObject(value) && Object.values(value).every(entry => isScalar(entry))),
  );
  if (!flat) return 'invalid_metadata_schema';
  return JSON.stringify(metadata).length > limits.metadataBytes ? 'metadata_too_large' : null;
}

/** Elements that people can act on, with the block that holds them, in reading order. */
export function interactiveElements(blocks: readonly Json[]): { block: Json; element: Json }[] {
  return blocks.flatMap(block => {
    const own = [block.accessory, block.element, ...(Array.isArray(block.elements) ? block.elements : [])]
      .concat(Array.isArray(block.actions) ? block.actions : [])
      .filter(isObject)
      .filter(element => interactiveTypes.test(String(element.type)))
      .map(element => ({ block, element }));
    const nested = [block.child_blocks, block.type === 'carousel' ? block.elements : undefined]
      .filter(Array.isArray)
      .flatMap(children => interactiveElements(children.filter(isObject)));
    return [...own, ...nested];
  });
}

const interactiveTypes =
  /^(button|overflow|checkboxes|radio_buttons|(date|time|datetime)picker|(multi_)?(static|external|users|channels|conversations)_select|.*_input|feedback_buttons|icon_button)$/;

function repeatedIds(blocks: readonly Json[], pointer: string): Problem[] {
  const problems: Problem[] = [];
  const seenBlocks = new Set<unknown>();
  blocks.forEach((block, index) => {
    if (block.block_id !== undefined && seenBlocks.has(block.block_id)) {
      problems.push({
        message: `block_id "${block.block_id}" already exists`,
        pointer: `${pointer}/${index}/block_id`,
      });
    }
    seenBlocks.add(block.block_id);
    const seenActions = new Set<unknown>();
    for (const { element } of interactiveElements([block])) {
      if (element.action_id !== undefined && seenActions.has(element.action_id)) {
        problems.push({ message: `action_id "${element.action_id}" already exists`, pointer: `${pointer}/${index}` });
      }
      seenActions.add(element.action_id);
    }
  });
  return problems;
}

function messageTotals(blocks: readonly Json[]): Problem[] {
  const problems: Problem[] = [];
  const tables = blocks.filter(block => block.type === 'table');
  if (tables.length > 1) problems.push({ message: 'only one table allowed per message', pointer: '/blocks' });
  if (charactersIn(tables) > limits.tableCharacters) {
    problems.push({
      message: `table text must be less than ${limits.tableCharacters + 1} characters`,
      pointer: '/blocks',
    });
  }
  const markdown = blocks.filter(block => block.type === 'markdown');
  if (charactersIn(markdown) > limits.markdownPerMessage) {
    problems.push({
      message: `markdown text must be less than ${limits.markdownPerMessage + 1} characters`,
      pointer: '/blocks',
    });
  }
  return problems;
}

/** Characters that people read, over all blocks. */
function charactersIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + charactersIn(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + (name === 'text' && typeof item === 'string' ? item.length : charactersIn(item)),
    0,
  );
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function asSlackPrints({ message, pointer }: Problem): string {
  return `[ERROR] ${message} [json-pointer:${pointer}]`;
}
