import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/cli/sandbox.ts';
import { terminal } from './support.ts';

test('prints the address of the page and exactly one line to try, and ends when it is told', async () => {
  const context = terminal();
  expect(await run(['--port', '0', '--scenario', 'integration-timeout-lowered'], context)).toBe(0);
  expect(context.stdout).toMatch(/The sandbox is ready: http:\/\/127\.0\.0\.1:\d+\/\n/);
  const lines = context.stdout.split('\n').filter(line => line.startsWith('AWS_ENDPOINT_URL='));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('/aws/integration-timeout-lowered ');
  expect(lines[0]).toMatch(/ npm run -s apigw-500 -- diagnose reports-api --stage prod$/);
  expect(context.stderr).toBe('');
});

test('takes the port of the shell, where none is given', async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise(resolve => other.close(resolve));
  const PORT = String(port);
  const context = terminal({ PORT });
  expect(await run([], context)).toBe(0);
  expect(context.stdout).toContain(`The sandbox is ready: http://127.0.0.1:${PORT}/\n`);
  const given = terminal({ PORT: 'abc' });
  expect(await run(['--port', '0'], given)).toBe(0);
  const wrong = terminal({ PORT: 'abc' });
  expect(await run([], wrong)).toBe(2);
  expect(wrong.stderr).toContain('PORT must be a whole number from 0 to 65535, not "abc".');
});

test('an unknown scenario is answered with those that there are', async () => {
  const context = terminal();
  expect(await run(['--port', '0', '--scenario', 'nothing'], context)).toBe(2);
  expect(context.stderr).toMatch(/^There is no scenario "nothing"\. There are:\n {2}\S+\n/);
  expect(context.stdout).toBe('');
});

test('a port that is taken is said, with what to do', async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const context = terminal();
  expect(await run(['--port', String((other.address() as AddressInfo).port)], context)).toBe(2);
  expect(context.stderr).toMatch(/^Port \d+ is taken .* Give another one with --port, or 0 for any that is free\.\n$/);
});

test.each([[['--port', 'x']], [['--port', '70000']], [['--ports', '1']], [['now']]])(
  '%j is answered with what is wrong, and where more stands',
  async args => {
    const context = terminal();
    expect(await run(args, context)).toBe(2);
    expect(context.stderr).toMatch(/^[^\n]+\.\napigw-500 sandbox --help tells more\.\n$/);
  },
);
