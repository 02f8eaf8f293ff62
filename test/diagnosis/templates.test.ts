import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkTemplate, longestParsed } from '../../src/diagnosis/templates.ts';

/** The console's "method request passthrough" template, shortened. */
const passthrough = `## See the developer guide
#set($allParams = $input.params())
{
"body-json" : $input.json('$'),
"params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"account" : "$context.identity.accountId", "cognito" : "$context.authorizer.claims["cognito:username"]"
}`;

describe('checkTemplate accepts', () => {
  test.each([
    ['an empty template', ''],
    ['plain JSON', '{"statusCode": 200}'],
    ['text with lone marks', 'a # b #123 #endless color: #fff $5 $$ #'],
    ['the passthrough template', passthrough],
    ['if, elseif and else', '#if($a == "x" && !$b)1#elseif($c)2#{else}3#end'],
    ['a macro and its call', '#macro(foo $a)$a#end #foo("x")'],
    ['a block macro', '#@foo() bar #end'],
    ['a directive in a comment', '## #if($x)\n#* #foreach *# ok'],
    ['a directive in verbatim text', '#[[ #if($x) #end #end ]]#'],
    ['an escaped directive', '\\#if(1) \\\\ text'],
    ['directives in arguments', '#set($s = "a #if($b) c #end d")$input.path("$.a #end")'],
    ['a JSON path with a filter', `$input.path('$.a[?(@.b=="c")]')`],
    ['a form body', 'Action=SendMessage&MessageBody=$util.urlEncode($input.body)'],
    ['a response override', '#set($context.responseOverride.status = 500)'],
    ['a range', '#foreach($i in [1..5])$i#end'],
  ])('%s', (_, vtl) => {
    expect(checkTemplate(vtl)).toBeNull();
  });
});

describe('checkTemplate finds', () => {
  test.each<[name: string, vtl: string, line: number, column: number, message: string]>([
    ['an empty expression', '#set($x = )\n', 1, 11, 'Unexpected ")".'],
    ['a missing parenthesis', '{\n "a": 1,\n #set($b = $input.path(\'$\')\n}', 3, 28, 'not closed here; "}" follows'],
    ['an unclosed call', `{"a": $input.json('$.a'\n}`, 1, 24, 'not closed here; "}" follows'],
    ['an unclosed string', `{"b": 1,\n"a": $input.json('$.a)\n}`, 2, 18, 'A string is not closed.'],
    ['an unclosed reference', '{"a": "${x', 1, 11, 'The template ends inside an expression.'],
    ['an unclosed #if', '{\n#if($a)\n"x": 1\n}', 2, 1, '#if is not closed by #end.'],
    [
      'an unclosed inner #foreach',
      '#foreach($e in $l)\n#foreach($f in $e)x#end\n',
      1,
      1,
      '#foreach is not closed by #end.',
    ],
    ['an unclosed #macro', '#macro(foo $a) $a', 1, 1, '#macro is not closed by #end.'],
    ['a stray #end', '#if($a)\nx\n#end\n  #end', 4, 3, '#end closes no block.'],
    ['a stray #else', 'x #else y #end', 1, 3, '#else stands in no #if.'],
    ['an #else in a loop', '#foreach($a in $b)#else#end', 1, 19, '#else stands in no #if.'],
    ['a condition without parenthesis', '#if $x) a #end', 1, 5, 'Unexpected "$".'],
  ])('%s', (_, vtl, line, column, message) => {
    const fault = checkTemplate(vtl);
    expect(fault).toMatchObject({ line, column, certain: true });
    expect(fault?.message).toContain(message);
  });

  test('the line with a caret under the column, cut where it is long', () => {
    expect(checkTemplate('a\n  #set($x = )')?.excerpt).toBe('  #set($x = )\n            ^');
    const wide = checkTemplate(`${'x'.repeat(500)}#set($x = )`);
    const [text = '', caret = ''] = wide?.excerpt.split('\n') ?? [];
    expect(text.length).toBeLessThanOrEqual(120);
    expect(text[caret.length - 1]).toBe(')');
  });

  test('what our parser may refuse wrongly, as uncertain', () => {
    expect(checkTemplate(`#set($x = 'it''s')`)).toMatchObject({ certain: false });
    expect(checkTemplate('#set($x = $y ?: 1)')).toMatchObject({ certain: false });
  });

  test('faults of blocks in templates too long to be parsed', () => {
    const long = '"a": 1,\n'.repeat(longestParsed / 8 + 1);
    expect(checkTemplate(`${long}#set($x = )`)).toBeNull();
    expect(checkTemplate(`${long}#if($x)`)?.message).toBe('#if is not closed by #end.');
  });
});

describe('checkTemplate', () => {
  const piece = fc.constantFrom(
    ...[
      '#if($a)',
      '#else',
      '#end',
      '#foreach($a in $b)',
      '#set($a = "b")',
      '$a.b("c")',
      '${',
      '(',
      ')',
      '"',
      "'",
      '#',
      '\\',
      '\n',
    ],
    ...['#*', '*#', '#[[', ']]#', '##', 'text ', '{"a": 1}', '#@m', '$!x'],
  );
  const template = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''));

  test('never throws, and its position lies in the template', () => {
    fc.assert(
      fc.property(fc.oneof(template, fc.string()), vtl => {
        const fault = checkTemplate(vtl);
        if (fault === null) return;
        const lines = vtl.split('\n');
        expect(fault.line).toBeLessThanOrEqual(lines.length);
        expect(fault.column).toBeLessThanOrEqual((lines[fault.line - 1]?.length ?? 0) + 1);
      }),
      { numRuns: 500 },
    );
  });

  test('closing the blocks of a good template leaves it good; one #end more does not', () => {
    const good = fc.letrec<{ block: string }>(tie => ({
      block: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('x', '$a.b("c")', '#set($a = 1)', '## note #if\n'),
        tie('block').map(inner => `#if($a)${inner}#else${inner}#end`),
        tie('block').map(inner => `#foreach($e in $l)\n${inner}\n#end`),
      ),
    })).block;
    fc.assert(
      fc.property(good, vtl => {
        expect(checkTemplate(vtl)).toBeNull();
        expect(checkTemplate(`${vtl}#end`)?.message).toBe('#end closes no block.');
        expect(checkTemplate(`#if($z)${vtl}`)?.message).toBe('#if is not closed by #end.');
      }),
    );
  });
});
