/** Logs: one JSON line each, to stderr, because stdout belongs to results. Instances are passed in. */
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import { redact } from './redact.ts';
import type { LogLevel } from './settings.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** Field names whose value is a secret wherever they occur, down to the third level. */
const secretFields = [
  'authorization',
  'cookie',
  'token',
  'botToken',
  'appToken',
  'signingSecret',
  'secret',
  'password',
  'externalId',
  'apiKey',
  'eventBridgeKey',
  'databaseUrl',
  'responseUrl',
  'response_url',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
];

/** `["x-api-key"]` and the like cannot be written as a plain path. */
const secretHeaders = ['x-api-key', 'x-slack-signature', 'x-amz-security-token'];

/** A log that masks known secret fields; `investigationId` comes in through `child`. */
export function createLog(level: LogLevel, to: DestinationStream = destination({ fd: 2, sync: true })): Log {
  const names = [...secretFields, ...secretHeaders].map(name => `["${name}"]`);
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: plainError, error: plainError },
      hooks: {
        // An error without a message beside it lends its own, so that one is masked too.
        logMethod(args, method) {
          const [first, ...rest] = args as unknown[];
          const quoted = rest.length === 0 && hasError(first) ? [first, first.err.message] : args;
          method.apply(this, quoted.map(part => (typeof part === 'string' ? redact(part) : part)) as typeof args);
        },
      },
      redact: { paths: names.flatMap(name => [name, `*${name}`, `*.*${name}`]), censor: '[redacted]' },
    },
    to,
  );
}

function hasError(value: unknown): value is { err: Error } {
  return typeof value === 'object' && value !== null && 'err' in value && value.err instanceof Error;
}

/** What SDKs hang on their errors (requests, responses, headers) stays out of the log, and so does what they quote. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = stdSerializers.err(error);
  const code = (error as NodeJS.ErrnoException).code;
  return { type, ...(code === undefined ? {} : { code }), message: redact(message), stack: redact(stack) };
}
