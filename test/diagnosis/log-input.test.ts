import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputLimits, readLogInput } from '../../src/diagnosis/log-input.ts';

async function* chunks(...parts: (string | Uint8Array)[]) {
  yield* parts;
}

const read = async (text: string) => (await readLogInput(chunks(text))).events;
const messages = async (text: string) => (await read(text)).map(event => event.message);

describe('shapes of input', () => {
  it('reads plain lines, counting empty ones', async () => {
    expect(await read('one\r\n\nthree\n')).toEqual([
      { line: 1, message: 'one' },
      { line: 2, message: '' },
      { line: 3, message: 'three' },
    ]);
  });

  it('reads JSON Lines of events', async () => {
    const lines = [
      '{"timestamp":1714557600000,"message":"(a) first\\nsecond line","ingestionTime":1}',
      '{"@timestamp":"2024-05-01 10:00:00.000","@message":"(b) other"}',
    ];
    expect(await read(lines.join('\n'))).toEqual([
      { line: 1, message: '(a) first\nsecond line' },
      { line: 2, message: '(b) other' },
    ]);
  });

  it('reads what collectors write around a line', async () => {
    expect(await messages('{"line":"(a) text","timestamp":"1714557600000000000","labels":{"job":"x"}}')).toEqual([
      '(a) text',
    ]);
    expect(await messages('{"log":"(a) text","stream":"stdout"}')).toEqual(['(a) text']);
  });

  it('leaves records alone that are log lines themselves', async () => {
    for (const line of [
      '{"message":"Internal server error"}',
      '{"requestId":"r1","status":"500","message":"Forbidden"}',
      '{"timestamp":"2024-05-01T10:00:00Z","level":"ERROR","message":"boom","requestId":"r"}',
      '{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}',
      '{"webaclId":"x","terminatingRuleId":"r","action":"BLOCK"}',
      '{"broken":',
    ]) {
      expect(await messages(line)).toEqual([line]);
    }
  });

  it('reads the output of filter-log-events, on one line or on many', async () => {
    const output = {
      events: [
        { logStreamName: 's', timestamp: 1, message: '(a) x' },
        { timestamp: 2, message: '(b) y' },
      ],
      searchedLogStreams: [],
    };
    expect(await messages(JSON.stringify(output))).toEqual(['(a) x', '(b) y']);
    expect(await read(JSON.stringify(output, null, 2))).toEqual([
      { line: 1, message: '(a) x' },
      { line: 2, message: '(b) y' },
    ]);
  });

  it('reads rows of Logs Insights and events of a subscription', async () => {
    const results = {
      results: [
        [
          { field: '@timestamp', value: '1' },
          { field: '@message', value: '(a) x' },
          { field: '@ptr', value: 'p' },
        ],
      ],
    };
    expect(await messages(JSON.stringify(results))).toEqual(['(a) x']);
    expect(await messages('{"logGroup":"g","logEvents":[{"id":"1","timestamp":1,"message":"(a) x"}]}')).toEqual([
      '(a) x',
    ]);
  });

  it('reads the trace in the answer of test-invoke-method', async () => {
    const answer = {
      status: 500,
      body: '{}',
      log: 'Execution log for request r1\nThu Apr 05 11:07:54 UTC 2018 : x\n',
      latency: 3,
    };
    expect(await messages(JSON.stringify(answer, null, 4))).toEqual([
      'Execution log for request r1',
      'Thu Apr 05 11:07:54 UTC 2018 : x',
    ]);
  });

  it("reads the console's CSV, with quotes, commas and several lines in a cell", async () => {
    const csv =
      'timestamp,message\n1714557600000,"(a) says ""no"", twice\n  and more"\n1714557600001,plain, with comma\n';
    expect(await read(csv)).toEqual([
      { line: 2, message: '(a) says "no", twice\n  and more' },
      { line: 4, message: 'plain, with comma' },
    ]);
  });

  it('finds the message wherever the CSV has it', async () => {
    expect(await messages('"@message","@logStream"\n"(a) x","s"\n')).toEqual(['(a) x']);
  });

  it('reads a document that is no list of events line by line', async () => {
    expect(await read('{\n  "Reason": "x"\n}\n')).toEqual([
      { line: 1, message: '{' },
      { line: 2, message: '  "Reason": "x"' },
      { line: 3, message: '}' },
    ]);
  });

  it('joins chunks that cut lines and characters apart', async () => {
    const bytes = new TextEncoder().encode('doesn\u2019t\nnext');
    const { events } = await readLogInput(chunks(bytes.slice(0, 6), bytes.slice(6, 8), bytes.slice(8)));
    expect(events.map(event => event.message)).toEqual(['doesn\u2019t', 'next']);
  });
});

describe('limits', () => {
  const small = { ...inputLimits, maxEvents: 3, maxLineLength: 10 };

  it('stop the reading, say so, and leave the rest unread', async () => {
    let produced = 0;
    async function* endless() {
      for (;;) {
        produced += 1;
        yield 'line\n';
      }
    }
    const { events, truncated } = await readLogInput(endless(), small);
    expect(events).toHaveLength(3);
    expect(truncated).toBe(true);
    expect(produced).toBeLessThan(10);
  });

  it('cut long lines without keeping what follows', async () => {
    const { events, truncated } = await readLogInput(chunks('0123456789', 'abc', 'def', '\nnext\n'), small);
    expect(events).toEqual([
      { line: 1, message: '0123456789' },
      { line: 2, message: 'next' },
    ]);
    expect(truncated).toBe(true);
  });

  it('are not mentioned where they were not reached', async () => {
    expect((await readLogInput(chunks('a\nb\nc\n'), small)).truncated).toBe(false);
  });

  it('do not depend on how the input is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[a-z {"}:,[\]\n]{0,12}$/)), async parts => {
        const whole = await readLogInput(chunks(parts.join('')));
        expect(await readLogInput(chunks(...parts))).toEqual(whole);
      }),
    );
  });
});
