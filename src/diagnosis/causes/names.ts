/** How the catalogue's sentences name things: by name where it is known, else by what they are. */
import type { CauseParameters, Target } from '../types.ts';
import { listed } from '../wording.ts';

/** `Lambda function orders:live`, `the function`. */
export function functionNamed({ functionName, functionArn, qualifier }: CauseParameters): string {
  const name = functionName ?? functionArn?.split(':')[6];
  if (name === undefined) return 'the function';
  return `Lambda function ${name}${qualifier === undefined ? '' : `:${qualifier}`}`;
}

export function roleNamed({ roleName, roleArn }: CauseParameters, otherwise: string): string {
  const name = roleName ?? roleArn;
  return name === undefined ? otherwise : `role ${name}`;
}

/** `stage prod of API orders-api`, `the stage`. */
export function stageNamed(target: Target | null): string {
  return target === null ? 'the stage' : `stage ${target.stage} of ${apiNamed(target)}`;
}

export function apiNamed(target: Target | null): string {
  return target === null ? 'the API' : `API ${target.apiName || target.apiId}`;
}

/** ` for GET /orders and POST /orders`; empty where no route is known. */
export function forRoutes({ route, routes }: CauseParameters): string {
  const known = routes ?? (route === undefined ? [] : [route]);
  return known.length === 0 ? '' : ` for ${listed(known)}`;
}

/** `the integration of GET /orders`, `the integration`. */
export function integrationNamed(parameters: CauseParameters): string {
  const routes = forRoutes(parameters);
  return routes === '' ? 'the integration' : `the integration${routes.replace(' for ', ' of ')}`;
}

/** ` (text)`, or nothing. */
export function inBrackets(text: string | number | undefined): string {
  return text === undefined || text === '' ? '' : ` (${text})`;
}

/** Sentences begin with a capital. */
export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
