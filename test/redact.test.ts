import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactConfiguration, redactJson } from '../src/redact.ts';
import { workedMs } from './support/processor-time.ts';

describe('redact masks', () => {
  it.each([
    // Headers, as HTTP, API Gateway, JSON and WAF write them.
    ['Authorization: Bearer abc.def', 'Authorization: [masked: authorization header]'],
    ['authorization=abc123 status=500', 'authorization=[masked: authorization header] status=500'],
    [
      '(id) Method request headers: {Authorization=Bearer abc.def, Host=x.y, Cookie=a=b; c=d, x-api-key=k1}',
      '(id) Method request headers: {Authorization=[masked: authorization header], Host=x.y, Cookie=[masked: cookie], x-api-key=[masked: api key]}',
    ],
    [
      'Authorization: AWS4-HMAC-SHA256 Credential=X/20261120/eu-west-1, SignedHeaders=host, Signature=abc, Host=x',
      'Authorization: [masked: authorization header], Host=x',
    ],
    ['"Authorization":"Bearer a\\"b","x":"y"', '"Authorization":"[masked: authorization header]","x":"y"'],
    ["{'Cookie': 'a=b'}", "{'Cookie': '[masked: cookie]'}"],
    [
      '"Authorization": ["Bearer a", "Bearer b"], "x": 1',
      '"Authorization": ["[masked: authorization header]", "[masked: authorization header]"], "x": 1',
    ],
    ['"cookies":["a=b","c=d"]', '"cookies":["[masked: cookie]","[masked: cookie]"]'],
    [
      '{"name":"authorization","value":"Basic Zm9v"},{"name":"host","value":"x"}',
      '{"name":"authorization","value":"[masked: authorization header]"},{"name":"host","value":"x"}',
    ],
    ['set-cookie: id=1; Path=/; HttpOnly\nnext', 'set-cookie: [masked: cookie]\nnext'],
    // Names and values, at any depth of JSON.
    ['password=hunter2 user=bob', 'password=[masked: password] user=bob'],
    ["password: 'hunter 2'", "password: '[masked: password]'"],
    ['DB_PASSWORD=x', 'DB_PASSWORD=[masked: password]'],
    [
      '{"clientSecret":"x","refresh_token":"y"}',
      '{"clientSecret":"[masked: secret]","refresh_token":"[masked: token]"}',
    ],
    [
      '{\\"password\\":\\"hun\\\\\\"ter2\\",\\"user\\":\\"a\\"}',
      '{\\"password\\":\\"[masked: password]\\",\\"user\\":\\"a\\"}',
    ],
    ['{"token":"cutoff', '{"token":"[masked: token]'],
    ['{"password":"cut off', '{"password":"[masked: password]'],
    ['https://x.y/z?token=abcdef&page=2', 'https://x.y/z?token=[masked: token]&page=2'],
    ['<Password>x</Password>y', '<Password>[masked: password]</Password>y'],
    ['password => "x"', 'password => "[masked: password]"'],
    [
      'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'AWS_SECRET_ACCESS_KEY=[masked: aws secret key]',
    ],
    [
      'X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJabc [TRUNCATED]',
      'X-Amz-Security-Token=[masked: session token] [TRUNCATED]',
    ],
    // Secrets by their look.
    ['key AKIAIOSFODNN7EXAMPLE is used', 'key [masked: aws access key] is used'],
    ['ASIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '[masked: aws access key]'],
    ['got eyJhbGciOi.eyJzdWIiOi.abc_-1 here', 'got [masked: json web token] here'],
    ['sent Bearer abc123def456ghi', 'sent Bearer [masked: credentials]'],
    ['postgres://bob:pw@host/db', 'postgres://[masked: credentials]@host/db'],
    [`xoxb-${'1'.repeat(12)}-abcdefghij`, '[masked: token]'],
    // After the escaped line break of JSON.
    [`"a\\nxoxb-${'1'.repeat(12)}-abcdefghij"`, '"a\\n[masked: token]"'],
    ['"a\\nAKIAIOSFODNN7EXAMPLE"', '"a\\n[masked: aws access key]"'],
    ['"a\\teyJhbGciOi.eyJzdWIiOi.abc_-1"', '"a\\t[masked: json web token]"'],
    ['"a\\nBearer abc123def456ghi"', '"a\\nBearer [masked: credentials]"'],
    ['"a\\n4111111111111111"', '"a\\n[masked: card number]"'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b', 'a [masked: private key] b'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE… cut', '[masked: private key]'],
    ['mail bob.smith+x@mail.example.com now', 'mail [masked: e-mail address] now'],
    [
      'card 4111 1111 1111 1111, 5500-0000-0000-0004, 378282246310005',
      'card [masked: card number], [masked: card number], [masked: card number]',
    ],
  ])('%s', (text, masked) => {
    expect(redact(text)).toBe(masked);
  });
});

const header = 'Authorization=[masked: authorization header]';

describe('redact leaves nothing of', () => {
  it.each([
    ['{Authorization=SharedKey myacct:AbC123==, Host=x}', `{${header}, Host=x}`],
    ['{Authorization=JWT s3cr3t}', `{${header}}`],
    ['{Authorization=Custom s3cr3t, Host=x}', `{${header}, Host=x}`],
    ['{Authorization=Key abc}', `{${header}}`],
    ['{Authorization=Splunk abc-1, Host=x}', `{${header}, Host=x}`],
    ['{Authorization=Hawk id="a", ts="1", mac="s3cr3t=", Host=x}', `{${header}, Host=x}`],
    ['{Authorization=OAuth oauth_nonce="a", oauth_signature="s3%3D", Host=x}', `{${header}, Host=x}`],
    ['{"m":"Authorization: Basic abc=","x":"y"}', '{"m":"Authorization: [masked: authorization header]","x":"y"}'],
    ['{X-Api-Key=k1,k2secret, Host=x}', '{X-Api-Key=[masked: api key], Host=x}'],
    ['{X-Api-Key=[k1,k2], Host=x}', '{X-Api-Key=[[masked: api key]], Host=x}'],
    ['redis://:topsecret@cache:6379', 'redis://[masked: credentials]@cache:6379'],
    ['postgres://svc:s3cr/et@db/x', 'postgres://[masked: credentials]@db/x'],
    ['Aws_Secret_Access_Key wJalrXUtnFEMI/K7MDENG/b', 'Aws_Secret_Access_Key [masked: aws secret key]'],
    ['sent bEARER abc123def456ghi', 'sent bEARER [masked: credentials]'],
    ['BASIC Zm9vOmJhcg==', 'BASIC [masked: credentials]'],
    ['https://hooks.slack.com/services/T0/B0/abc', 'https://hooks.slack.com/services/[masked: webhook]'],
    ['aws_secret_access_key wJalrXUtnFEMI/K7MDENG/b', 'aws_secret_access_key [masked: aws secret key]'],
    ...'hf_ npm_ SG.abcdefgh. xoxe- xapp- ghp_ gho_ github_pat_ glpat- sk_live_ sk_test_ sk- AIza'
      .split(' ')
      .map((start): [string, string] => [start + 'a1'.repeat(12), '[masked: token]']),
    ...'IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz FQoDYXdz'
      .split(' ')
      .map((start): [string, string] => [start + 'a1/+'.repeat(12), '[masked: session token]']),
  ])('%s', (text, masked) => {
    expect(redact(text)).toBe(masked);
  });

  it.each(
    'X-Auth-Key x-functions-key Ocp-Apim-Subscription-Key DB_PASS pass passcode otp pin cvv sessionId JSESSIONID sig signing_key encryption_key client-sec_ret ACCESS_KEY X_Amz_Signature Set-Cookie'.split(
      ' ',
    ),
  )('%s', name => {
    expect(redact(`${name}=s3cr3t`)).toMatch(new RegExp(`^${name}=\\[masked: [a-z -]+\\]$`));
  });
});

describe('redactConfiguration', () => {
  it('tells two secrets apart, and leaves addresses legal and references exact', () => {
    const uri = (key: string) => redactConfiguration(`https://svc:pw@api.example.com/x?api_key=${key}`);
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:refresh-token:v2/invocations';
    const same = { a: arn, 'integration.request.header.Authorization': 'method.request.header.Authorization' };

    expect(uri('one')).not.toBe(uri('two'));
    expect(uri('one')).toBe(uri('one'));
    expect(new URL(uri('one')).hostname).toBe('api.example.com');
    expect(uri('one')).not.toMatch(/pw|one|\s/);
    expect(redactConfiguration({ 'integration.request.header.x-api-key': "'HARDCODED'" })).toEqual({
      'integration.request.header.x-api-key': expect.stringMatching(/^'\[masked:api-key:[0-9a-f]{4}\]'$/),
    });
    expect(redactConfiguration(same)).toEqual(same);
    expect(redactConfiguration('#set($password=$body.password)')).toBe('#set($password=$body.password)');
  });
});

describe('redact leaves alone', () => {
  it.each([
    '(6a7b8c9d-1111-4222-8333-411111111111) Extended Request Id: Ed0AiHF_CGYF-DA=',
    '(6a7b) Verifying Usage Plan for request: 6a7b. API Key:  API Stage: a1b2c3/prod',
    'User: arn:aws:sts::111122223333:assumed-role/deploy/bob@example.com is not authorized to perform: lambda:InvokeFunction',
    'arn:aws:iam::123456789012:role/a, account 123456789012, 1732270000000, 1732270000000000, 20261120101500',
    'Execution failed due to configuration error: Invalid permissions on Lambda function',
    'Execution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::123456789012:role/r',
    'Execution failed due to configuration error: Malformed Lambda proxy response',
    'Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 400',
    'Execution failed due to configuration error: Output mapping refers to an invalid method response: 500',
    'Execution failed due to configuration error: Unable to base64 decode the body.',
    "Execution failed due to configuration error: Host name 'a.b' does not match the certificate subject provided by the peer (CN=c.d)",
    'Execution failed due to a network error communicating with endpoint: Connection reset by peer',
    'Lambda execution failed with status 200 due to customer function error: Task timed out after 3.00 seconds. Lambda request id: 6a7b8c9d-1111-4222-8333-411111111111',
    'Lambda invocation failed with status: 429. Lambda request id: 6a7b8c9d-1111-4222-8333-411111111111',
    'Gateway response type: AUTHORIZER_CONFIGURATION_ERROR with status code: 500',
    'AuthorizerConfigurationException: Authorizer error',
    '{"message":"Missing Authentication Token"}',
    '"errorResponseType":"MISSING_AUTHENTICATION_TOKEN","status":"403"',
    'ExpiredToken: The security token included in the request is expired',
    'SyntaxError: Unexpected token: comma in JSON at position 3',
    'Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders/invocations',
    '"authorization":"NONE","authorizationType":"CUSTOM","apiKeyRequired":false,"nextToken":"abc123"',
    '{"integration.request.header.Authorization":"method.request.header.Authorization"}',
    '"token": null, "password": "", "secret": "$context.authorizer.x", credentials: "arn:aws:iam::1:role/r"',
    'PWD=/var/task',
    '1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] "GET /orders HTTP/1.1" 500 36 Ed0AiHF_CGYF-DA=',
    'REPORT RequestId: 6a7b8c9d-1111-4222-8333-411111111111\tDuration: 3000.00 ms\tMemory Size: 128 MB',
  ])('%s', text => {
    expect(redact(text)).toBe(text);
  });
});

describe('redact', () => {
  it('masks the same text once only', () => {
    const piece = fc.constantFrom(
      'password',
      ' ',
      '=',
      ': ',
      '"',
      '\\"',
      "'",
      '[',
      ']',
      'Bearer abc12345678',
      'token',
      ',',
      '\n',
      'x',
      'Cookie',
      '{',
      '}',
      '[masked: token]',
      'a@b.co',
      'name',
      'value',
      '<',
      '>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), pieces => {
        const once = redact(pieces.join(''));
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never shows a quoted password, however deep it is written into JSON', () => {
    const nested = fc.tuple(fc.string({ minLength: 6, unit: 'grapheme-ascii' }), fc.nat(3));
    fc.assert(
      fc.property(nested, ([password, depth]) => {
        let text = JSON.stringify({ user: 'bob', password: `p4${password}`, after: 'seen' });
        for (let i = 0; i < depth; i++) text = JSON.stringify({ body: text });
        const shown = redact(text);
        expect(shown).toContain('[masked: password]');
        let back: Record<string, string> = JSON.parse(shown);
        for (let i = 0; i < depth; i++) back = JSON.parse(back.body ?? '');
        expect(back).toEqual({ user: 'bob', password: '[masked: password]', after: 'seen' });
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const seeds = [
      'a',
      'a.',
      'a-',
      's_',
      'eyJ-',
      'token:\\"',
      'token="$input ',
      'a@a.',
      '1-',
      'Bearer ',
      '-----BEGIN PRIVATE KEY-----',
      'name:"x",',
      '://a',
      'authorization=Digest a=b,',
      'cookie=a;',
      'arn:',
      '\\',
      '"\\',
      "'",
      '4111 ',
    ];
    for (const seed of seeds) {
      const time = (length: number) => {
        const text = seed.repeat(length / seed.length);
        const started = workedMs();
        redact(text);
        return workedMs() - started;
      };
      time(10_000);
      // Quadratic work on a megabyte takes minutes.
      expect(time(1_000_000), seed).toBeLessThan(3_000);
    }
  });
});

describe('redactJson', () => {
  it('masks by key and by form, and keeps everything else', () => {
    const value = {
      functionName: 'orders',
      password: 'x',
      headers: { Authorization: ['Bearer a'] },
      patchOperations: [
        { op: 'replace', path: '/variables/apiKey', value: 's3cret' },
        { op: 'replace', path: '/timeoutInMillis', value: '3000' },
      ],
      policyDocument: '{"Statement":[{"Action":"*"}]}',
      note: 'key AKIAIOSFODNN7EXAMPLE',
      count: 3,
      nothing: null,
      yes: true,
    };

    expect(redactJson(value)).toEqual({
      ...value,
      password: '[masked: password]',
      headers: { Authorization: ['[masked: authorization header]'] },
      patchOperations: [
        { op: 'replace', path: '/variables/apiKey', value: '[masked: api key]' },
        { op: 'replace', path: '/timeoutInMillis', value: '3000' },
      ],
      note: 'key [masked: aws access key]',
    });
  });
});
