/** Small rules that say, in Slack's words, what is wrong with a JSON document and where. */

export interface Problem {
  message: string;
  /** JSON pointer: `/blocks/0/text/text`. */
  pointer: string;
}

export type Rule = (value: unknown, pointer: string, problems: Problem[]) => void;

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(max: number, min = 1): Rule {
  return (value, pointer, problems) => {
    if (typeof value !== 'string') problems.push({ message: 'must provide a string', pointer });
    else if (value.length < min) problems.push({ message: `must be more than ${min - 1} characters`, pointer });
    else if (value.length > max) problems.push({ message: `must be less than ${max + 1} characters`, pointer });
  };
}

export function pattern(expected: RegExp, message: string, max: number): Rule {
  const length = text(max);
  return (value, pointer, problems) => {
    length(value, pointer, problems);
    if (typeof value === 'string' && !expected.test(value)) problems.push({ message, pointer });
  };
}

export function oneOf(...allowed: (string | number)[]): Rule {
  return (value, pointer, problems) => {
    if (!allowed.some(item => item === value)) problems.push({ message: 'must be a valid enum value', pointer });
  };
}

export const flag: Rule = (value, pointer, problems) => {
  if (typeof value !== 'boolean') problems.push({ message: 'must be a boolean', pointer });
};

export function integer(min: number, max: number): Rule {
  return (value, pointer, problems) => {
    if (!Number.isInteger(value)) problems.push({ message: 'must be an integer', pointer });
    else if (Number(value) < min || Number(value) > max) {
      problems.push({ message: `must be between ${min} and ${max}`, pointer });
    }
  };
}

export const number: Rule = (value, pointer, problems) => {
  if (typeof value !== 'number') problems.push({ message: 'must be a number', pointer });
};

export function list(item: Rule, max: number, min = 1): Rule {
  return (value, pointer, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ message: 'must be an array', pointer });
      return;
    }
    if (value.length < min) problems.push({ message: `no less than ${min} items allowed`, pointer });
    if (value.length > max) problems.push({ message: `no more than ${max} items allowed`, pointer });
    value.forEach((entry, index) => {
      item(entry, `${pointer}/${index}`, problems);
    });
  };
}

/** An object with exactly these properties; Slack refuses what it does not know. */
export function object(required: Record<string, Rule>, optional: Record<string, Rule> = {}): Rule {
  const rules = { ...required, ...optional };
  return (value, pointer, problems) => {
    if (!isObject(value)) {
      problems.push({ message: 'must be an object', pointer });
      return;
    }
    for (const name of Object.keys(required)) {
      if (value[name] === undefined) problems.push({ message: `missing required field: ${name}`, pointer });
    }
    for (const [name, entry] of Object.entries(value)) {
      const rule = rules[name];
      if (rule === undefined) problems.push({ message: `invalid additional property: ${name}`, pointer });
      else if (entry !== undefined) rule(entry, `${pointer}/${name}`, problems);
    }
  };
}

/** One of several objects, told apart by `type`. */
export function typed(variants: Record<string, Rule>): Rule {
  return (value, pointer, problems) => {
    if (!isObject(value)) {
      problems.push({ message: 'must be an object', pointer });
      return;
    }
    if (typeof value.type !== 'string') {
      problems.push({ message: 'missing required field: type', pointer });
      return;
    }
    const rule = Object.hasOwn(variants, value.type) ? variants[value.type] : undefined;
    if (rule === undefined) problems.push({ message: `unsupported type: ${value.type}`, pointer: `${pointer}/type` });
    else rule(value, pointer, problems);
  };
}

/** Adds a condition on the object as a whole. */
export function where(rule: Rule, holds: (value: Json) => boolean, message: string): Rule {
  return (value, pointer, problems) => {
    rule(value, pointer, problems);
    if (isObject(value) && !holds(value)) problems.push({ message, pointer });
  };
}

export function check(rule: Rule, value: unknown, pointer: string): Problem[] {
  const problems: Problem[] = [];
  rule(value, pointer, problems);
  return problems;
}
