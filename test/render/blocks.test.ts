import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compose,
  context,
  cutMarkup,
  fallback,
  LIMITS,
  link,
  md,
  optional,
  part,
  person,
  preformatted,
  safeUrl,
  section,
  when,
  words,
} from '../../src/render/blocks.ts';
import { anyText } from '../support/arbitrary-records.ts';

describe('md', () => {
  it('escapes what is put in, once, and keeps markup that was made before', () => {
    const inner = md`*${'a < b & c'}*`;
    expect(md`${inner} > ${'<!channel>'}`.mrkdwn).toBe('*a &lt; b &amp; c* > &lt;!channel&gt;');
  });

  it('puts words that Slack would format, or turn into emoji, into code', () => {
    expect(words('see arn:aws:lambda:eu-west-1:1:function:x, and GET */orders_* now').mrkdwn).toBe(
      'see `arn:aws:lambda:eu-west-1:1:function:x`, and GET `*/orders_*` now',
    );
    expect(words('at 16:19:34 logs:FilterLogEvents: none').mrkdwn).toBe('at 16:19:34 logs:FilterLogEvents: none');
    expect(words('run `aws` (`a_b`).').mrkdwn).toBe('run `aws` (`a_b`).');
  });

  it('keeps a mask in the word that it stands in', () => {
    expect(words('GET /x?api_key=[masked: api key], then 500').mrkdwn).toBe(
      'GET `/x?api_key=[masked: api key]`, then 500',
    );
    expect(words('header [masked:api-key:3f9a] (in a_b [masked: cookie])').mrkdwn).toBe(
      'header `[masked:api-key:3f9a]` (in `a_b` [masked: cookie])',
    );
  });

  it('keeps everything on one line', () => {
    expect(words('one\n> two\r\n\tthree').mrkdwn).toBe('one &gt; two three');
  });
});

describe('cutMarkup', () => {
  it('cuts between words and never inside an entity, a link or a code span', () => {
    const whole = 'alpha &amp;&lt; <https://x.example/|label text> `code span` omega';
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length }), max => {
        const text = cutMarkup(whole, max);
        expect(text.length).toBeLessThanOrEqual(max);
        const rest = text.replace(/…$/, '').replace(/&(amp|lt);|<[^<>]*>|`[^`]*`/g, '');
        expect(rest).not.toMatch(/[&<`]/);
      }),
    );
    expect(cutMarkup('a'.repeat(50), 10)).toBe(`${'a'.repeat(9)}…`);
    expect(cutMarkup(`\`${'a'.repeat(50)}\``, 10)).toBe(`\`${'a'.repeat(6)}\`…`);
  });

  it('bounds any text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 20, max: 400 }), (text, max) => {
        expect(words(text, max).mrkdwn.length).toBeLessThanOrEqual(max);
        expect(fallback(text).length).toBeLessThanOrEqual(LIMITS.fallback);
      }),
    );
  });
});

describe('times, people and links', () => {
  it('shows the time of the reader and UTC', () => {
    expect(when('2026-11-22T14:03:05.000Z').mrkdwn).toBe(
      '<!date^1795356185^{date_short_pretty} {time_secs}|2026-11-22 14:03:05 UTC>, 14:03:05 UTC',
    );
    expect(when('yesterday <b>').mrkdwn).toBe('yesterday &lt;b&gt;');
  });

  it('mentions only what is a user id', () => {
    expect(person('U0ALICE1').mrkdwn).toBe('<@U0ALICE1>');
    expect(person('U1> <!channel').mrkdwn).toBe('U1&gt; &lt;!channel');
  });

  it('links http addresses only, and lets nothing end the link', () => {
    expect(link('https://x.example/a|b>c d?e=1&f=2', 'open | this').mrkdwn).toBe(
      '<https://x.example/a%7Cb%3Ec%20d?e=1&amp;f=2|open / this>',
    );
    expect(link('javascript:alert(1)', 'open').mrkdwn).toBe('open');
    expect(safeUrl(`https://x.example/${'a'.repeat(3_000)}`)).toBeNull();
  });
});

describe('preformatted', () => {
  it('keeps the text as it stands, backticks and brackets too, and tells a cut', () => {
    const shown = (text: string, max?: number) => JSON.stringify(preformatted(text, max));
    expect(shown('```<a> & "b"```')).toContain(JSON.stringify('```<a> & "b"```'));
    expect(shown('one two three', 9)).toContain('one two…\\n[6 more characters]');
    expect(shown('x'.repeat(30), 10)).toContain('xxxxxxxxx…\\n[21 more characters]');
  });
});

describe('compose', () => {
  const row = (length: number) => optional(section(md`${words('x'.repeat(length))}`));

  it('leaves whole parts out where the characters do not suffice, and says how many', () => {
    const { blocks } = compose(
      'text',
      [part(section(md`head`)), ...Array.from({ length: 30 }, () => row(500))],
      left => md`${left} left out`,
    );
    expect(JSON.stringify(blocks.at(-1))).toContain('11 left out');
    expect(blocks).toHaveLength(21);
  });

  it('leaves whole parts out where there are too many blocks', () => {
    const { blocks } = compose(
      'text',
      [part(section(md`head`)), ...Array.from({ length: 60 }, () => row(5))],
      left => md`${left} left out`,
    );
    expect(blocks).toHaveLength(LIMITS.blocks);
    expect(JSON.stringify(blocks.at(-1))).toContain('12 left out');
  });

  it('says nothing where nothing is missing', () => {
    expect(compose('text', [part(context(md`a`)), row(5)], left => md`${left} left out`).blocks).toHaveLength(2);
  });

  it('cuts a section that is too long', () => {
    const long = md`${words('a '.repeat(300))}${words('b '.repeat(300))}${words('c '.repeat(300))}${words('d '.repeat(300))}${words('e '.repeat(300))}${words('f '.repeat(300))}`;
    expect(section(long).text?.text.length).toBeLessThanOrEqual(LIMITS.section);
  });
});
