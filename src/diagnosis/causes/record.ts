import type { OperationName } from '../../aws/operations.ts';
import type { ApiType, CauseId, CauseParameters, ChangeKind, Confidence, Target } from '../types.ts';

export type CauseFamily = 'lambda' | 'role' | 'integration' | 'mapping' | 'authorizer' | 'edge';

/** HTTP statuses that clients really get, by API type; null where the cause cannot occur. */
export type Statuses = Record<ApiType, readonly number[] | null>;

/** A phrase that one log writes when the cause occurs. */
export interface Signature {
  log: 'execution' | 'access' | 'function' | 'function-error' | 'waf';
  /** Held against one event with straight quotes and single spaces (log-event.ts). */
  phrase: RegExp;
  /** high: the phrase says it; medium: a rule of its family; low: the likeliest of several; null: fits, decides nothing. */
  confidence: Confidence | null;
}

/** Everything the project says about a cause. Texts name the resources that are known and leave out the others. */
export interface CauseRecord {
  id: CauseId;
  family: CauseFamily;
  title: string;
  statuses: Statuses;
  /** Empty where only configuration or metrics show the cause. */
  signatures: readonly Signature[];
  /**
   * What access-log variables show beside the phrases: values of `$context.error.responseType`, and of
   * `$context.integration.integrationStatus` where the endpoint was reached.
   */
  accessLog: { responseTypes: readonly string[]; integrationStatuses: readonly number[] };
  /** Reads that show the cause in the configuration or in metrics. */
  confirms: readonly OperationName[];
  /** Kinds of change that can bring it about. */
  changedBy: readonly ChangeKind[];
  /** One sentence: what is wrong, and the status that clients get where that is not 500. */
  summary(parameters: CauseParameters, target: Target | null): string;
  remedy(parameters: CauseParameters, target: Target | null): string;
  /** One line to paste into a shell; null where no AWS command mends it. */
  cli(parameters: CauseParameters, target: Target | null): string | null;
  /** AWS document about it. */
  docs: string;
}

/** A record as it is written down: what most causes leave empty may be left out. */
interface CauseDefinition extends Omit<CauseRecord, 'accessLog' | 'signatures' | 'cli'> {
  signatures?: CauseRecord['signatures'];
  responseTypes?: readonly string[];
  integrationStatuses?: readonly number[];
  cli?: CauseRecord['cli'];
}

/** Completes a record; every summary ends with the status that clients get where that is not 500. */
export function defineCause(definition: CauseDefinition): CauseRecord {
  const { signatures = [], responseTypes = [], integrationStatuses = [], cli = () => null, ...record } = definition;
  return {
    ...record,
    signatures,
    accessLog: { responseTypes, integrationStatuses },
    cli,
    summary: (parameters, target) => `${definition.summary(parameters, target)}${statusNote(record.statuses, target)}.`,
  };
}

function statusNote(statuses: Statuses, target: Target | null): string {
  const own = statuses[target?.apiType ?? 'REST'] ?? [500];
  const http = statuses.HTTP ?? own;
  const differs = target === null && http.includes(500) !== own.includes(500);
  if (own.includes(500) && !differs) return '';
  return `, which clients get as ${own.join(' or ')}${differs ? ` (${http.join(' or ')} from an HTTP API)` : ''}`;
}

/** In the log of a function, and in what API Gateway quotes from it; the phrase is telling wherever it stands. */
export function functionLog(phrase: RegExp, confidence: Signature['confidence'] = 'high'): Signature {
  return { log: 'function', phrase, confidence };
}

/** Telling only in what a function reports as its error: elsewhere somebody else may have said it. */
export function functionError(phrase: RegExp, confidence: Signature['confidence'] = 'high'): Signature {
  return { log: 'function-error', phrase, confidence };
}

export function executionLog(phrase: RegExp, confidence: Signature['confidence'] = 'high'): Signature {
  return { log: 'execution', phrase, confidence };
}

export function accessLog(phrase: RegExp, confidence: Signature['confidence'] = 'high'): Signature {
  return { log: 'access', phrase, confidence };
}

/** Every API type answers alike. */
export function everywhere(...statuses: number[]): Statuses {
  return { REST: statuses, HTTP: statuses, WEBSOCKET: statuses };
}

/** What a function does wrong: REST says 502, HTTP APIs 500, the handshake of a WebSocket either. */
export const functionFault: Statuses = { REST: [502], HTTP: [500], WEBSOCKET: [500, 502] };

/** HTTP APIs have none of the feature that fails. */
export const notOnHttpApis: Statuses = { REST: [500], HTTP: null, WEBSOCKET: [500] };

export const restOnly: Statuses = { REST: [500], HTTP: null, WEBSOCKET: null };
