/** What a function's log group holds for one invocation, as text or as Lambda's JSON log format. */
import type { LambdaFunction } from '../world/backends.ts';
import type { Line } from './execution-log.ts';
import { type ApiRequest, fillRequest } from './requests.ts';

export function functionLogGroup(name: string, lambda: LambdaFunction | undefined): string {
  return lambda?.logGroup ?? `/aws/lambda/${name}`;
}

export function functionLines(lambda: LambdaFunction, request: ApiRequest): Line[] {
  const { invocation } = request.stream;
  if (invocation === null || invocation.throttled) return [];
  const id = request.lambdaRequestId;
  const start = request.at + 4;
  const end = start + request.durationMs;
  const version =
    invocation.qualifier === null
      ? '$LATEST'
      : (lambda.aliases[invocation.qualifier]?.functionVersion ?? invocation.qualifier);
  const timedOut = /^Task timed out/.test(invocation.error ?? '');
  const status = invocation.reportStatus ?? (timedOut ? 'timeout' : invocation.error === undefined ? null : 'error');
  const said = invocation.lines.map(line => fillRequest(line, request));

  if (lambda.logFormat === 'JSON') {
    const record = (at: number, type: string, fields: object) => ({
      at,
      message: JSON.stringify({ time: iso(at), type, record: { requestId: id, ...fields } }),
    });
    const message = (at: number, level: string, fields: object) => ({
      at,
      message: JSON.stringify({ timestamp: iso(at), level, requestId: id, ...fields }),
    });
    return [
      record(start, 'platform.start', { version }),
      ...said.map(line => message(end, 'INFO', { message: line })),
      ...(invocation.error === undefined ? [] : [message(end, 'ERROR', { errorMessage: invocation.error })]),
      record(end, 'platform.report', {
        metrics: {
          durationMs: request.durationMs,
          billedDurationMs: request.durationMs,
          memorySizeMB: lambda.memorySize,
          maxMemoryUsedMB: invocation.memoryUsedMb,
        },
        status: status ?? 'success',
      }),
    ];
  }
  return [
    { at: start, message: `START RequestId: ${id} Version: ${version}\n` },
    ...said.map(line => ({ at: end, message: /^\S+Z?\t/.test(line) ? line : `${iso(end)}\t${id}\tINFO\t${line}\n` })),
    ...errorLine(invocation.error, timedOut, end, id),
    { at: end, message: `END RequestId: ${id}\n` },
    {
      at: end,
      message: [
        `REPORT RequestId: ${id}`,
        `Duration: ${request.durationMs.toFixed(2)} ms`,
        `Billed Duration: ${Math.ceil(request.durationMs)} ms`,
        `Memory Size: ${lambda.memorySize} MB`,
        `Max Memory Used: ${invocation.memoryUsedMb} MB`,
        ...(invocation.initMs === undefined ? [] : [`Init Duration: ${invocation.initMs.toFixed(2)} ms`]),
        ...(status === null ? [] : [`Status: ${status}`]),
      ].join('\t'),
    },
  ];
}

function errorLine(error: string | undefined, timedOut: boolean, at: number, id: string): Line[] {
  if (error === undefined) return [];
  if (timedOut) return [{ at, message: `${iso(at)} ${id} ${error}\n\n` }];
  const [type, text] = /^(\w+(?:Error|Exception)?): (.*)$/s.exec(error)?.slice(1) ?? ['Error', error];
  const body = JSON.stringify({
    errorType: type,
    errorMessage: text,
    stack: [error, '    at Runtime.handler (file:///var/task/index.mjs:31:11)'],
  });
  return [{ at, message: `${iso(at)}\t${id}\tERROR\tInvoke Error \t${body}\n` }];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
