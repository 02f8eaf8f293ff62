import { expect, test } from 'vitest';
import { createLog } from '../src/telemetry.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog('info', { write: line => void lines.push(JSON.parse(line)) }) };
}

test('a line is JSON with its level, its time and what its child brings', () => {
  const { lines, log } = capture();
  log.child({ investigationId: 'i-1' }).info({ step: 4 }, 'A step ended.');
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      investigationId: 'i-1',
      step: 4,
      msg: 'A step ended.',
    },
  ]);
});

test('secret fields are masked, wherever they are', () => {
  const { lines, log } = capture();
  log.info({
    token: 'hunter2',
    slack: { botToken: 'hunter2', responseUrl: 'hunter2' },
    request: { headers: { authorization: 'hunter2', 'x-api-key': 'hunter2', cookie: 'hunter2' } },
  });
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(JSON.stringify(lines).match(/\[redacted\]/g)).toHaveLength(6);
});

test('an error keeps its message, code, cause and stack, and nothing that an SDK hung on it', () => {
  const { lines, log } = capture();
  const error = Object.assign(new Error('It broke.', { cause: new Error('Deep down.') }), {
    code: 'E_BROKEN',
    $response: { headers: { authorization: 'hunter2' } },
  });
  log.error({ err: error }, 'Failed.');
  expect(lines[0]).toMatchObject({ err: { type: 'Error', code: 'E_BROKEN', message: 'It broke.: Deep down.' } });
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test('an error that quotes a secret is masked too', () => {
  const { lines, log } = capture();
  log.error({ err: new Error('Refused: Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345') });
  expect(JSON.stringify(lines)).not.toContain('abcdefghijklmnopqrstuvwxyz012345');
});

test('what is below the level is not written', () => {
  const { lines, log } = capture();
  log.debug({}, 'Not this.');
  expect(lines).toEqual([]);
});
