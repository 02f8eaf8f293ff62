import { expect, it } from 'vitest';
import { variablesWithoutSecrets } from '../../src/aws/secrets.ts';

it('masks stage variables by name and by form, and never what may name a function or an alias', () => {
  const exact = {
    fn: 'orders',
    alias: 'live',
    lambdaToken: 'getToken2',
    token: 'token-service',
    host: 'api.example.com',
  };

  const masked = variablesWithoutSecrets({
    ...exact,
    apiKey: 's3cret',
    DB_PASSWORD: 'correct-horse',
    key: 'AKIAIOSFODNN7EXAMPLE',
  });

  expect(masked).toMatchObject(exact);
  expect(masked).toMatchObject({
    apiKey: expect.stringMatching(/^\[masked:api-key:/),
    DB_PASSWORD: expect.stringMatching(/^\[masked:password:/),
    key: expect.stringMatching(/^\[masked:aws-access-key:/),
  });
});
