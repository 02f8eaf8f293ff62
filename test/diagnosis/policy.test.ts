import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicyStatement } from '../../src/aws/types.ts';
import { decidedBy, evaluatePolicy, type PolicyRequest, statementText } from '../../src/diagnosis/policy.ts';

const resource = 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders';

function statement(over: Partial<PolicyStatement> = {}): PolicyStatement {
  return {
    sid: null,
    effect: 'Allow',
    principal: '*',
    notPrincipal: null,
    actions: ['execute-api:Invoke'],
    notActions: [],
    resources: ['*'],
    notResources: [],
    conditions: {},
    ...over,
  };
}

function request(over: Partial<PolicyRequest> = {}): PolicyRequest {
  return { principal: { kind: 'anonymous' }, action: 'execute-api:Invoke', resource, context: {}, ...over };
}

function decide(statements: Partial<PolicyStatement>[], over: Partial<PolicyRequest> = {}) {
  return evaluatePolicy({ version: '2012-10-17', statements: statements.map(statement) }, request(over));
}

describe('evaluatePolicy: elements', () => {
  test.each<[name: string, statement: Partial<PolicyStatement>, decision: string]>([
    ['a plain Allow', {}, 'allow'],
    ['an action in other case, with a wildcard', { actions: ['EXECUTE-API:inv*'] }, 'allow'],
    ['another action', { actions: ['execute-api:ManageConnections'] }, 'implicit-deny'],
    ['NotAction without it', { actions: [], notActions: ['execute-api:ManageConnections'] }, 'allow'],
    ['NotAction with it', { actions: [], notActions: ['execute-api:*'] }, 'implicit-deny'],
    ['the resource as it is', { resources: [resource] }, 'allow'],
    ['the resource with wildcards', { resources: ['arn:aws:execute-api:*:*:a1b2c3/*/GET/*'] }, 'allow'],
    ['a resource that ends early', { resources: ['arn:aws:execute-api:eu-west-1:*'] }, 'allow'],
    ['a single-character wildcard', { resources: [`${resource.slice(0, -1)}?`] }, 'allow'],
    ['the short form', { resources: ['execute-api:/*'] }, 'allow'],
    ['the short form of a method', { resources: ['execute-api:/prod/GET/orders'] }, 'allow'],
    ['the short form of another stage', { resources: ['execute-api:/test/*'] }, 'implicit-deny'],
    ['another API', { resources: ['arn:aws:execute-api:eu-west-1:123456789012:zzz/*'] }, 'implicit-deny'],
    ['another partition', { resources: ['arn:aws-cn:execute-api:*:*:*'] }, 'implicit-deny'],
    ['NotResource without it', { resources: [], notResources: ['execute-api:/prod/POST/*'] }, 'allow'],
    ['NotResource with it', { resources: [], notResources: ['execute-api:/prod/*'] }, 'implicit-deny'],
    ['everybody by AWS', { principal: { AWS: ['*'] } }, 'allow'],
    ['an account, for an anonymous caller', { principal: { AWS: ['123456789012'] } }, 'implicit-deny'],
    ['a service, for an anonymous caller', { principal: { Service: ['events.amazonaws.com'] } }, 'implicit-deny'],
    ['no principal', { principal: null }, 'implicit-deny'],
    ['NotPrincipal', { principal: null, notPrincipal: { AWS: ['123456789012'] } }, 'allow'],
    ['a Deny', { effect: 'Deny' }, 'explicit-deny'],
  ])('%s', (_, only, decision) => {
    const others = only.effect === 'Deny' ? [{}] : [];
    expect(decide([...others, only]).decision).toBe(decision);
  });

  test('an account principal cannot be told for a signed caller', () => {
    const answer = decide([{ sid: 'partner', principal: { AWS: ['arn:aws:iam::999999999999:root'] } }], {
      principal: { kind: 'signed' },
    });
    expect(answer.decision).toBe('unknown');
    expect(answer.because).toBe(
      'Statement "partner" is for arn:aws:iam::999999999999:root, and who calls cannot be known from here.',
    );
  });

  test('a resource that stands for many is told only where a statement covers all or none of it', () => {
    const any = { resource: 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*/orders/*' };
    expect(decide([{ resources: ['execute-api:/prod/*/orders/*'] }], any).decision).toBe('allow');
    expect(decide([{ resources: ['execute-api:/test/*'] }], any).decision).toBe('implicit-deny');
    expect(decide([{ resources: ['execute-api:/prod/GET/orders/*'] }], any).decision).toBe('unknown');
    expect(decide([{}, { effect: 'Deny', resources: ['execute-api:/prod/DELETE/*'] }], any).decision).toBe('unknown');
  });

  test('one * stays within its segment, two do not', () => {
    const any = { resource: 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*/orders' };
    expect(decide([{ resources: ['execute-api:/prod/GET/shop/orders'] }], any).decision).toBe('implicit-deny');
    const one = { resource: 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/DELETE/orders/*' };
    expect(decide([{ resources: ['execute-api:/*/GET/orders'] }], one).decision).toBe('implicit-deny');
    const rest = { resource: `${one.resource}*` };
    expect(decide([{ resources: ['execute-api:/prod/DELETE/orders/a/b'] }], rest).because).toContain(
      'covers a1b2c3/prod/DELETE/orders/a/b, which is only a part of a1b2c3/prod/DELETE/orders/*.',
    );
  });

  test('names the statement that decided, and the one that comes closest', () => {
    const statements = [
      { sid: 'others', actions: ['execute-api:ManageConnections'] },
      { resources: ['execute-api:/prod/POST/orders'] },
    ];
    expect(decide([...statements, { sid: 'all' }])).toMatchObject({
      statement: { sid: 'all' },
      because: 'Statement "all" allows execute-api:Invoke.',
    });
    expect(decide(statements).because).toBe(
      'No statement allows execute-api:Invoke to everybody; the closest, statement 2, is for execute-api:/prod/POST/orders.',
    );
    expect(decide([]).because).toBe('No statement allows execute-api:Invoke to everybody.');
  });
});

describe('evaluatePolicy: what cannot be told', () => {
  const office = { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } };

  test('an Allow on an unknown key is unknown, and says why', () => {
    const answer = decide([{ sid: 'office', conditions: office }]);
    expect(answer.decision).toBe('unknown');
    expect(answer.because).toBe('Statement "office" depends on aws:SourceIp, which cannot be known from here.');
  });

  test('a Deny on an unknown key clouds an Allow', () => {
    expect(decide([{}, { effect: 'Deny', conditions: office }]).decision).toBe('unknown');
  });

  test('a Deny on an unknown key changes nothing where nothing is allowed', () => {
    expect(decide([{ effect: 'Deny', conditions: office }]).decision).toBe('implicit-deny');
  });

  test('an Allow on an unknown key changes nothing where everything is allowed or denied', () => {
    expect(decide([{ conditions: office }, {}]).decision).toBe('allow');
    expect(decide([{ conditions: office }, { effect: 'Deny' }]).decision).toBe('explicit-deny');
  });

  test('an unknown key changes nothing where the rest of the statement does not fit', () => {
    expect(decide([{ actions: ['s3:*'], conditions: office }]).decision).toBe('implicit-deny');
  });
});

describe('evaluatePolicy: properties', () => {
  const text = fc.oneof(
    fc.constantFrom(
      '*',
      'execute-api:Invoke',
      'execute-api:*',
      resource,
      'execute-api:/*',
      'execute-api:/prod/*',
      '${x}',
    ),
    fc.string({ maxLength: 12, unit: fc.constantFrom('*', '?', ':', '/', 'a', 'G') }),
  );
  const principal = fc.option(
    fc.oneof(
      fc.constant('*' as const),
      fc.dictionary(fc.constantFrom('AWS', 'Service', 'Federated'), fc.array(text, { maxLength: 2 }), { maxKeys: 2 }),
    ),
  );
  const texts = fc.array(text, { maxLength: 2 });
  const conditions = fc.dictionary(
    fc.constantFrom(
      'StringEquals',
      'ArnLike',
      'NotIpAddress',
      'Null',
      'ForAllValues:StringLike',
      'NumericLessThan',
      'Odd',
    ),
    fc.dictionary(fc.constantFrom('aws:SourceArn', 'aws:SourceIp', 'aws:SourceVpce', 'x'), texts, { maxKeys: 2 }),
    { maxKeys: 2 },
  );
  const anyStatement: fc.Arbitrary<PolicyStatement> = fc.record({
    sid: fc.option(fc.string({ maxLength: 5 })),
    effect: fc.constantFrom('Allow', 'Deny'),
    principal,
    notPrincipal: principal,
    actions: texts,
    notActions: texts,
    resources: texts,
    notResources: texts,
    conditions,
  });
  const statements = fc.array(anyStatement, { maxLength: 5 });
  const requests = fc.record({
    principal: fc.constantFrom<PolicyRequest['principal'][]>(
      { kind: 'anonymous' },
      { kind: 'signed' },
      { kind: 'service', name: 'apigateway.amazonaws.com' },
      { kind: 'role', arn: 'arn:aws:iam::123456789012:role/r' },
    ),
    action: fc.constantFrom('execute-api:Invoke', 'lambda:InvokeFunction'),
    resource: fc.option(fc.constantFrom(resource, `${resource}/*`, 'arn:aws:execute-api:eu-west-1:*:a1b2c3/prod/*/x')),
    context: fc.dictionary(
      fc.constantFrom('aws:SourceArn', 'aws:sourceip', 'aws:SourceVpce'),
      fc.option(fc.oneof(text, texts)),
    ),
  });
  const decided = (all: PolicyStatement[], asked: PolicyRequest) =>
    evaluatePolicy({ version: null, statements: all }, asked).decision;

  test('never throws and always says why in one sentence', () => {
    fc.assert(
      fc.property(statements, requests, (all, asked) => {
        expect(evaluatePolicy({ version: null, statements: all }, asked).because).toMatch(/\.$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('a Deny that fits wins, wherever it stands', () => {
    fc.assert(
      fc.property(statements, requests, fc.nat(5), (all, asked, at) => {
        const deny = statement({ effect: 'Deny', actions: ['*'] });
        expect(decided(all.toSpliced(at, 0, deny), asked)).toBe('explicit-deny');
      }),
    );
  });

  test('an unrelated statement changes nothing', () => {
    fc.assert(
      fc.property(statements, requests, anyStatement, fc.nat(5), (all, asked, other, at) => {
        const unrelated = { ...other, actions: ['s3:GetObject'], notActions: [] };
        expect(decided(all.toSpliced(at, 0, unrelated), asked)).toBe(decided(all, asked));
      }),
    );
  });

  test('the order of statements changes no decision', () => {
    fc.assert(
      fc.property(statements, requests, (all, asked) => {
        expect(decided(all.toReversed(), asked)).toBe(decided(all, asked));
      }),
    );
  });

  test('one more Allow never takes away, and what is allowed stays so', () => {
    fc.assert(
      fc.property(statements, requests, anyStatement, (all, asked, more) => {
        if (decided(all, asked) === 'allow') {
          expect(decided([...all, { ...more, effect: 'Allow' }], asked)).toBe('allow');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('decidedBy', () => {
  test('marks the statement in its place, and counts the others', () => {
    const allow = { sid: 'AllowAll' };
    const deny = { sid: 'DenyOthers', effect: 'Deny' as const };
    const { excerpt = '', match } = decidedBy(decide([allow, deny, {}]));
    expect(match).toBe('> 2 of 3 decides: Deny "DenyOthers"');
    expect(excerpt.split('\n').filter(line => !line.startsWith('  '))).toEqual([
      '1 of 3: Allow "AllowAll"',
      '> 2 of 3 decides: Deny "DenyOthers"',
      '3 of 3: Allow',
    ]);
    expect(excerpt).toContain('\n    "Sid": "DenyOthers",\n');
    const many = decidedBy(decide([...Array(5).fill(allow), deny, ...Array(4).fill(allow)])).excerpt ?? '';
    expect(many).toMatch(/^3 more above\n4 of 10: /);
    expect(many).toMatch(/\n8 of 10: Allow "AllowAll"\n2 more below$/);
  });

  test('says of a refusal what comes closest, and shows a lone statement as it is', () => {
    const other = { resources: ['execute-api:/prod/POST/orders'] };
    expect(decidedBy(decide([other, { actions: ['sts:AssumeRole'] }])).match).toBe('> 1 of 2 comes closest: Allow');
    expect(decidedBy(decide([{}]))).toEqual({ excerpt: statementText(statement()) });
    expect(decidedBy(decide([]))).toEqual({});
  });
});

test('statementText writes IAM JSON, lists of one as the value', () => {
  const text = statementText(
    statement({
      sid: 'apigw',
      principal: { Service: ['apigateway.amazonaws.com'] },
      conditions: { ArnLike: { k: ['v'] } },
    }),
  );
  expect(JSON.parse(text)).toEqual({
    Sid: 'apigw',
    Effect: 'Allow',
    Principal: { Service: 'apigateway.amazonaws.com' },
    Action: 'execute-api:Invoke',
    Resource: '*',
    Condition: { ArnLike: { k: 'v' } },
  });
});
