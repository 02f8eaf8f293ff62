import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/explain.ts';
import type { Explanation } from '../../src/diagnosis/explain.ts';
import { inputLimits } from '../../src/diagnosis/log-input.ts';

const first = '11111111-1111-4111-8111-111111111111';
const second = '22222222-2222-4222-8222-222222222222';
const failed = 'Execution failed due to configuration error:';

async function command(args: string[], input: string | Uint8Array = '', limits = inputLimits) {
  let out = '';
  let err = '';
  const code = await run(
    args,
    {
      out: text => {
        out += text;
      },
      err: text => {
        err += text;
      },
      stdin: Readable.from([input]),
    },
    limits,
  );
  return { code, out, err };
}

async function explained(input: string): Promise<Explanation> {
  const { out, code, err } = await command(['--json'], input);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Explanation;
}

const trace = [
  `(${first}) ${failed} Invalid permissions on Lambda function`,
  `(${second}) Execution failed due to a timeout error`,
  `(${first}) ${failed} Authorizer error`,
  `(${second}) Method completed with status: 504`,
  `${failed} API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/r`,
  'hello',
].join('\n');

describe('explain --json', () => {
  it('prints one document with lines, requests and causes', async () => {
    const document = await explained(trace);
    expect(Object.keys(document)).toEqual(['lines', 'requests', 'causes']);
    expect(document.lines).toEqual([
      {
        line: 1,
        cause: 'authorizer-invoke-permission-missing',
        possible: [],
        layer: 'authorizer',
        requestId: first,
        confidence: 'high',
      },
      {
        line: 2,
        cause: 'integration-timeout',
        possible: [],
        layer: 'integration',
        requestId: second,
        confidence: 'high',
      },
      {
        line: 3,
        cause: 'authorizer-failure',
        possible: [],
        layer: 'authorizer',
        requestId: first,
        confidence: 'medium',
      },
      { line: 4, cause: null, possible: [], layer: null, requestId: second, confidence: null },
      {
        line: 5,
        cause: null,
        possible: ['integration-role-not-assumable', 'authorizer-role-not-assumable'],
        layer: null,
        requestId: null,
        confidence: null,
      },
      { line: 6, cause: null, possible: [], layer: null, requestId: null, confidence: null },
    ]);
    expect(document.requests).toEqual([
      { requestId: first, cause: 'authorizer-invoke-permission-missing', lines: [1, 3] },
      { requestId: second, cause: 'integration-timeout', lines: [2, 4] },
    ]);
    expect(document.causes.map(({ cause, count }) => [cause, count])).toEqual([
      ['authorizer-invoke-permission-missing', 1],
      ['integration-timeout', 1],
    ]);
    for (const { summary, remedy } of document.causes) {
      expect(summary).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });

  it('settles a line by its request, but says that the line alone did not decide', async () => {
    const assume = `(${first}) ${failed} API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/r`;
    const document = await explained(`${assume}\n(${first}) Method completed with status: 500\n`);
    expect(document.lines[0]).toMatchObject({
      cause: 'integration-role-not-assumable',
      confidence: 'low',
      layer: 'integration',
    });
    expect(document.requests).toEqual([{ requestId: first, cause: 'integration-role-not-assumable', lines: [1, 2] }]);
    expect(document.causes[0]?.summary).toContain('role r');
  });

  it('names in a summary only what all its requests share', async () => {
    const line = (id: string, name: string) =>
      `(${id}) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:${name}/invocations\n(${id}) ${failed} Malformed Lambda proxy response\n`;
    expect((await explained(line(first, 'orders'))).causes[0]?.summary).toContain('Lambda function orders');
    const both = (await explained(line(first, 'orders') + line(second, 'billing'))).causes[0];
    expect(both).toMatchObject({ cause: 'lambda-malformed-response', count: 2 });
    expect(both?.summary).not.toMatch(/orders|billing/);
  });

  it('masks secrets in what it quotes', async () => {
    const line = `Lambda execution failed with status 200 due to customer function error: bad key AKIAIOSFODNN7EXAMPLE. Lambda request id: ${first}`;
    const { out } = await command(['--json'], line);
    expect(out).not.toContain('AKIAIOSFODNN7EXAMPLE');
  });

  it('reads JSON Lines and CSV, and numbers their lines', async () => {
    const message = `(${first}) Execution failed due to a timeout error`;
    const jsonLines = await explained(
      `${JSON.stringify({ timestamp: 1, message: 'x' })}\n${JSON.stringify({ timestamp: 2, message })}\n`,
    );
    expect(jsonLines.lines[1]).toMatchObject({ line: 2, cause: 'integration-timeout', requestId: first });
    const csv = await explained(`timestamp,message\n1,"${message}"\n`);
    expect(csv.lines[0]).toMatchObject({ line: 2, cause: 'integration-timeout' });
  });

  it('answers an empty input with an empty document, and says that it was empty', async () => {
    const { code, out, err } = await command(['--json'], '');
    expect({ code, err }).toEqual({ code: 2, err: 'There is nothing to read.\n' });
    expect(JSON.parse(out)).toEqual({ lines: [], requests: [], causes: [] });
  });
});

describe('explain', () => {
  it('tells people the cause, the lines and what to do', async () => {
    const { out, code } = await command([], trace);
    expect(code).toBe(0);
    expect(out).toContain('integration-timeout (1 time; line 2; confidence high)');
    expect(out).toContain('authorizer-invoke-permission-missing (1 time; line 1; confidence ');
    expect(out).toContain('line 5: may be integration-role-not-assumable or authorizer-role-not-assumable');
    expect(out).not.toContain('undefined');
  });

  it.each([
    ['a zero byte', Buffer.from('a\u0000b')],
    ['bytes that UTF-8 has not', Buffer.from([0x50, 0x4b, 0x03, 0xff, 0xfe])],
    ['a character that is cut off', Buffer.from([0x61, 0xe2, 0x82])],
  ])('reads no input with %s', async (_what, bytes) => {
    const { code, out, err } = await command([], bytes);
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: 'This is not text.\n' });
  });

  it('says what to paste where no line tells', async () => {
    expect((await command(['-'], 'hello\n')).out).toContain('Paste all lines of one failing request');
  });

  it('reads a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'explain-')), 'lines.log');
    writeFileSync(file, trace);
    const { out, code } = await command([file, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(out) as Explanation).lines).toHaveLength(6);
  });

  it.each([
    [['--yaml'], 'There is no option --yaml.'],
    [['a.log', 'b.log'], 'Give one file, or none for standard input.'],
    [['/nowhere/at/all.log'], 'File /nowhere/at/all.log cannot be read (ENOENT).'],
    [[tmpdir()], `File ${tmpdir()} cannot be read (EISDIR).`],
  ])('%s ends with 2 and a sentence', async (args, sentence) => {
    const { code, out, err } = await command(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(sentence);
  });

  it('says where it stopped reading', async () => {
    const { err, out } = await command(['--json'], 'x\n'.repeat(11), { ...inputLimits, maxEvents: 10 });
    expect((JSON.parse(out) as Explanation).lines).toHaveLength(10);
    expect(err).toContain('Only the first 10 events');
  });
});
