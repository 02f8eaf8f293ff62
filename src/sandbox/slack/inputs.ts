/** What people put into Block Kit elements, in the shapes that Slack reports them. */
import { objects } from './methods/call.ts';
import { isObject, type Json } from './schema.ts';
import { interactiveElements } from './validation.ts';

/** A typed text, a chosen value, or several; null where a field was emptied. */
export type Input = string | string[] | null;

/** Inputs by action id. */
export type Inputs = Record<string, Input>;

/** The part of an action or of a view's state that says what was chosen: `{ selected_user: 'U1' }`. */
export function chosen(element: Json, input: Input | undefined): Json {
  const type = String(element.type);
  const one = Array.isArray(input) ? (input[0] ?? null) : input;
  const many = Array.isArray(input) ? input : input == null ? input : [input];
  const kept = (value: unknown, initial: unknown) => (value === undefined ? (initial ?? null) : value);
  const plural = type.startsWith('multi_') || type === 'checkboxes';
  const picker = type.match(/(users|channels|conversations)_select$/)?.[1]?.replace(/s$/, '');
  if (picker !== undefined) {
    if (!plural)
      return { [`selected_${picker}`]: kept(one || one === undefined ? one : null, element[`initial_${picker}`]) };
    return { [`selected_${picker}s`]: kept(many, element[`initial_${picker}s`]) ?? [] };
  }
  if (/(static|external)_select$|^(checkboxes|radio_buttons|overflow)$/.test(type)) {
    if (!plural) return { selected_option: kept(one == null ? one : optionOf(element, one), element.initial_option) };
    return {
      selected_options:
        kept(
          many?.map(value => optionOf(element, value)),
          element.initial_options,
        ) ?? [],
    };
  }
  if (type === 'datepicker') return { selected_date: kept(one, element.initial_date) };
  if (type === 'timepicker') return { selected_time: kept(one, element.initial_time) };
  if (type === 'datetimepicker')
    return { selected_date_time: one == null ? kept(one, element.initial_date_time) : Number(one) };
  if (type === 'button' || type === 'icon_button') return element.value === undefined ? {} : { value: element.value };
  if (type === 'feedback_buttons') return { value: one };
  return { value: kept(one === '' ? null : one, element.initial_value) };
}

/** `state.values`: every field that holds a value, by block id and action id; buttons have none. */
export function stateValues(blocks: readonly Json[], inputs: Inputs): Json {
  const values: Record<string, Json> = {};
  for (const { block, element } of interactiveElements(blocks)) {
    const type = String(element.type);
    if (/button|overflow/.test(type) && type !== 'radio_buttons') continue;
    const entry = { type, ...chosen(element, inputs[String(element.action_id)]) };
    values[String(block.block_id)] = { ...values[String(block.block_id)], [String(element.action_id)]: entry };
  }
  return values;
}

/** What Slack's own client says of a form before it sends it: a message by block id. */
export function formProblems(blocks: readonly Json[], inputs: Inputs): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== 'input' || !isObject(block.element)) continue;
    const element = block.element;
    const value = Object.values(chosen(element, inputs[String(element.action_id)]))[0];
    const empty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (empty && block.optional !== true) problems[String(block.block_id)] = 'Please complete this required field.';
    else if (!empty && typeof value === 'string') {
      const problem = textProblem(element, value);
      if (problem !== null) problems[String(block.block_id)] = problem;
    }
  }
  return problems;
}

function textProblem(element: Json, value: string): string | null {
  const { min_length: min, max_length: max } = element;
  if (typeof min === 'number' && value.length < min) return `Please enter at least ${min} characters.`;
  if (typeof max === 'number' && value.length > max) return `Please enter at most ${max} characters.`;
  if (element.type === 'number_input' && !Number.isFinite(Number(value))) return 'Please enter a number.';
  if (element.type === 'url_text_input' && !URL.canParse(value)) return 'Please enter a valid URL.';
  if (element.type === 'email_text_input' && !/^\S+@\S+$/.test(value)) return 'Please enter a valid email address.';
  return null;
}

function optionOf(element: Json, value: string): Json {
  const all = [...objects(element.options), ...objects(element.option_groups).flatMap(group => objects(group.options))];
  const option = all.find(item => item.value === value);
  if (option === undefined && element.type !== 'external_select') {
    throw new Error(`"${value}" is not an option of ${String(element.action_id)}.`);
  }
  return option ?? { text: { type: 'plain_text', text: value }, value };
}
