import { describe, expect, it } from 'vitest';
import { type Asked, orNull, UnreadError, unreadErrorOf } from '../../src/aws/unread.ts';
import { failure, wire } from './wire.ts';

const stage: Asked = {
  operation: 'apigateway:GetStage',
  input: { restApiId: 'a1b2c3', stageName: 'prod' },
  region: 'eu-west-1',
};
const logs: Asked = { operation: 'logs:FilterLogEvents', input: { logGroupName: 'orders' }, region: 'eu-west-1' };

function sdkError(name: string, message = 'What AWS says.', more: object = {}): Error {
  return Object.assign(new Error(message), { name }, more);
}

const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

describe('unreadErrorOf', () => {
  it.each([
    ['AccessDenied', 'access_denied', 'apigateway:GET'],
    ['AccessDeniedException', 'access_denied', 'apigateway:GET'],
    ['UnauthorizedOperation', 'access_denied', 'apigateway:GET'],
    ['UnauthorizedException', 'access_denied', 'apigateway:GET'],
    ['AuthorizationError', 'access_denied', 'apigateway:GET'],
    ['CredentialsProviderError', 'access_denied', null],
    ['TokenProviderError', 'access_denied', null],
    ['ExpiredToken', 'access_denied', null],
    ['ExpiredTokenException', 'access_denied', null],
    ['UnrecognizedClientException', 'access_denied', null],
    ['InvalidClientTokenId', 'access_denied', null],
    ['SignatureDoesNotMatch', 'access_denied', null],
    ['InvalidSignatureException', 'access_denied', null],
    ['RequestTimeTooSkewed', 'access_denied', null],
    ['Throttling', 'throttled', null],
    ['ThrottlingException', 'throttled', null],
    ['TooManyRequestsException', 'throttled', null],
    ['RequestLimitExceeded', 'throttled', null],
    ['LimitExceededException', 'throttled', null],
    ['AbortError', 'timeout', null],
    ['TimeoutError', 'timeout', null],
    ['InternalFailure', 'timeout', null],
    ['ServiceUnavailableException', 'timeout', null],
    ['NotFoundException', 'not_found', null],
    ['ResourceNotFoundException', 'not_found', null],
    ['NoSuchEntityException', 'not_found', null],
    ['WAFNonexistentItemException', 'not_found', null],
    ['TargetGroupNotFoundException', 'not_found', null],
    ['SubscriptionRequiredException', 'unsupported_plan', null],
    ['ValidationException', 'timeout', null],
    ['BadRequestException', 'timeout', null],
    ['InvalidParameterValueException', 'timeout', null],
    ['WAFInvalidParameterException', 'timeout', null],
    ['SerializationException', 'timeout', null],
    ['SomethingNewException', 'timeout', null],
  ])('%s is %s', (name, reason, permission) => {
    const unread = unreadErrorOf(sdkError(name), stage);

    expect(unread).toBeInstanceOf(UnreadError);
    expect(unread).toMatchObject({ source: 'apigateway:GetStage', reason, permission });
    expect(unread.message).toMatch(/^apigateway:GetStage on stage prod of API a1b2c3 in eu-west-1 .*\.$/);
    expect(unread.remedy).toMatch(/^[A-Z].*[^.]\.$/);
  });

  it.each([
    ['429', status(429), 'throttled'],
    ['403', status(403), 'access_denied'],
    ['503', status(503), 'timeout'],
    ['a refused connection', { code: 'ECONNREFUSED' }, 'timeout'],
    ['a host without an address', { code: 'ENOTFOUND' }, 'timeout'],
  ])('takes an error without a name of its own by %s', (_what, more, reason) => {
    expect(unreadErrorOf(sdkError('Error', 'x', more), stage)).toMatchObject({ reason });
  });

  it('takes the missing action and the resource from what AWS says', () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/bot/i-1 is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/k because no identity-based policy allows the kms:Decrypt action';
    expect(unreadErrorOf(sdkError('AccessDeniedException', message), logs)).toMatchObject({
      permission: 'kms:Decrypt',
      remedy: 'Grant kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/k to the role of the bot.',
    });
  });

  it('takes both from the table where AWS does not say', () => {
    expect(unreadErrorOf(sdkError('AccessDeniedException', ''), stage)).toMatchObject({
      permission: 'apigateway:GET',
      remedy: 'Grant apigateway:GET on arn:aws:apigateway:eu-west-1::/restapis/*/stages/* to the role of the bot.',
    });
    expect(unreadErrorOf(sdkError('AccessDenied', ''), { ...stage, region: 'cn-north-1' }).remedy).toContain(
      'arn:aws-cn:apigateway:cn-north-1::/restapis/',
    );
  });

  it('of a session in another account names the role there', () => {
    const message =
      'User: arn:aws:sts::999900009999:assumed-role/reader/apigw-500 is not authorized to perform: lambda:GetPolicy on resource: arn:aws:lambda:eu-west-1:999900009999:function:f because no identity-based policy allows the lambda:GetPolicy action';
    const error = unreadErrorOf(Object.assign(new Error(message), { name: 'AccessDeniedException' }), {
      operation: 'lambda:GetPolicy',
      input: {},
      region: 'eu-west-1',
    });

    expect(error.remedy).toBe(
      'Grant lambda:GetPolicy on arn:aws:lambda:eu-west-1:999900009999:function:f to the role reader of account 999900009999.',
    );
  });

  it.each([
    [
      'with an explicit deny in a service control policy',
      'Remove the explicit deny of lambda:GetPolicy on arn:aws:lambda:eu-west-1:1:function:f in the service control policy for the role of the bot.',
    ],
    [
      'because no permissions boundary allows the lambda:GetPolicy action',
      'Allow lambda:GetPolicy on arn:aws:lambda:eu-west-1:1:function:f in the permissions boundary that limits the role of the bot.',
    ],
  ])('says who has to change what: %s', (why, remedy) => {
    const message = `User: x is not authorized to perform: lambda:GetPolicy on resource: arn:aws:lambda:eu-west-1:1:function:f ${why}`;
    const asked: Asked = { operation: 'lambda:GetPolicy', input: { FunctionName: 'f' }, region: 'eu-west-1' };

    expect(unreadErrorOf(sdkError('AccessDeniedException', message), asked).remedy).toBe(remedy);
  });

  it('tells expired credentials from missing ones', () => {
    const expired = unreadErrorOf(sdkError('CredentialsProviderError', 'The SSO session has expired.'), stage);
    const missing = unreadErrorOf(
      sdkError('CredentialsProviderError', 'Could not load credentials from any providers'),
      stage,
    );

    expect(expired.remedy).toContain('aws sso login');
    expect(missing.remedy).toContain('AWS_PROFILE');
  });

  it('does not take a search that AWS refuses for a thing that does not exist', () => {
    const invalid = (message: string) => unreadErrorOf(sdkError('InvalidParameterException', message), logs).reason;

    expect(invalid('Invalid filter pattern')).toBe('timeout');
    expect(invalid("Value at 'logGroupName' failed to satisfy constraint")).toBe('not_found');
  });

  it.each([
    ['apigateway:GetRestApi', 'BadRequestException', 'Invalid API identifier specified 1:a', 'Stage name is wrong'],
    ['lambda:GetPolicy', 'ValidationException', "Value 'or ders' at 'functionName' failed to satisfy", 'Body is wrong'],
    ['iam:GetRole', 'ValidationError', 'The specified value for roleName is invalid', 'Marker is wrong'],
    ['iam:SimulatePrincipalPolicy', 'InvalidInput', 'PolicySourceArn is no role', 'Invalid Input Action: x'],
    ['wafv2:GetWebACL', 'WAFInvalidParameterException', "Error reason: The ARN isn't valid", 'The scope is not valid'],
    ['wafv2:GetLoggingConfiguration', 'WAFInvalidParameterException', null, "Error reason: The ARN isn't valid"],
    ['elasticloadbalancing:DescribeListeners', 'ValidationError', "'x' is not a valid listener ARN", 'Invalid Marker'],
    ['lambda:GetPolicy', 'InvalidParameterValueException', null, 'functionName'],
    ['lambda:GetPolicy', 'SerializationException', null, 'functionName'],
  ] as const)('%s takes %s for absence only where no such name can be', (operation, name, absent, invalid) => {
    const reason = (text: string) =>
      unreadErrorOf(sdkError(name, text), { operation, input: {}, region: 'eu-west-1' }).reason;

    if (absent !== null) expect(reason(absent)).toBe('not_found');
    expect(reason(invalid)).toBe('timeout');
  });

  it('keeps messages to one line, without secrets and without control characters', () => {
    const message = `The key AKIAIOSFODNN7EXAMPLE is wrong\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.`;
    const asked: Asked = { ...stage, input: { restApiId: 'a\u001b[31m\n', stageName: 'x'.repeat(5_000) } };

    const unread = unreadErrorOf(sdkError('UnknownError', message), asked);

    expect(unread.message).toContain('The key [masked: aws access key] is wrong.');
    expect(unread.message).not.toMatch(/[\p{Cc}]|Deserialization/u);
    expect(unread.message.length).toBeLessThan(600);
  });

  it('leaves an UnreadError as it is', () => {
    const unread = new UnreadError('apigateway:GetStage', 'throttled', 'x.', 'y.');

    expect(unreadErrorOf(unread, logs)).toBe(unread);
  });
});

describe('errors at the wire', () => {
  it('are known in every protocol', async () => {
    const { send } = await wire(call => failure(call, 'AccessDeniedException', 'no', 403));
    const denied = { reason: 'access_denied' };

    await expect(send('apigateway:GetRestApi', { restApiId: 'a' })).rejects.toMatchObject({
      ...denied,
      permission: 'apigateway:GET',
    });
    await expect(send('logs:FilterLogEvents', { logGroupName: 'g' })).rejects.toMatchObject({
      ...denied,
      permission: 'logs:FilterLogEvents',
    });
    await expect(send('iam:GetRole', { RoleName: 'r' })).rejects.toMatchObject({
      ...denied,
      permission: 'iam:GetRole',
    });
    await expect(send('cloudwatch:DescribeAlarms', {})).rejects.toMatchObject({
      ...denied,
      permission: 'cloudwatch:DescribeAlarms',
    });
  });

  it.each(['NoSuchEntity', 'NoSuchEntityException'])('IAM says %s', async code => {
    const { send } = await wire(call => failure(call, code, 'The role with name r cannot be found.', 404));

    await expect(orNull(send('iam:GetRole', { RoleName: 'r' }))).resolves.toBeNull();
  });

  it.each(['', '.', '..'])('the id "%s" cannot exist, and is not sent: its path would ask for all', async restApiId => {
    const { send, calls } = await wire(() => ({}));

    await expect(send('apigateway:GetRestApi', { restApiId })).rejects.toMatchObject({ reason: 'not_found' });
    await expect(send('apigateway:GetStage', { restApiId: 'a', stageName: restApiId })).rejects.toMatchObject({
      reason: 'not_found',
      message: `apigateway:GetStage in eu-west-1 was not asked: no stage can be named "${restApiId}".`,
    });

    expect(calls).toEqual([]);
  });

  it('an answer that is not of AWS', async () => {
    const { send } = await wire(() => ({
      status: 403,
      headers: { 'content-type': 'text/html' },
      body: '<html>Proxy</html>',
    }));

    await expect(send('apigateway:GetRestApi', { restApiId: 'a' })).rejects.toMatchObject({ reason: 'access_denied' });
  });

  it.each([
    ['apigateway:GetRestApi', { restApiId: 'a' }],
    ['iam:GetRole', { RoleName: 'a' }],
    ['cloudtrail:LookupEvents', {}],
  ] as const)(
    'a page instead of an answer to %s, of which the markup tells nobody anything',
    async (operation, input) => {
      const { send } = await wire(() => ({ status: 404, body: '<!doctype html><html><title>Not found</html>' }));

      await expect(send(operation, input as never)).rejects.toMatchObject({
        reason: 'timeout',
        message: expect.stringMatching(/failed: what answered, with HTTP 404, is not AWS\.$/),
        remedy: expect.stringContaining('check the network path'),
      });
    },
  );

  it.each([
    ['lambda:GetPolicy', { FunctionName: 'a' }],
    // The SDK reads such a page as an answer without content where the service speaks XML.
    ['iam:GetRole', { RoleName: 'a' }],
  ] as const)('a page in place of an answer to %s, with 200', async (operation, input) => {
    const { send } = await wire(() => ({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<!doctype html><html><body>Please sign in.</body></html>',
    }));

    await expect(send(operation, input as never)).rejects.toMatchObject({
      reason: 'timeout',
      message: expect.stringMatching(/failed: what answered, with HTTP 200, is not AWS\.$/),
    });
  });

  it('a host that does not listen', async () => {
    const { send, url } = await wire((_call, response) => {
      response.destroy();
      return undefined;
    });
    expect(url).toContain('127.0.0.1');

    await expect(send('apigateway:GetRestApi', { restApiId: 'a' })).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('no credentials', async () => {
    const { send, calls } = await wire(() => ({}), {
      credentials: () =>
        Promise.reject(sdkError('CredentialsProviderError', 'Could not load credentials from any providers')),
    });

    await expect(send('lambda:GetAccountSettings', {})).rejects.toMatchObject({
      reason: 'access_denied',
      permission: null,
    });

    expect(calls).toEqual([]);
  });
});

describe('orNull', () => {
  it('answers null for what does not exist, and for nothing else', async () => {
    const rejected = (reason: 'not_found' | 'throttled') =>
      orNull(Promise.reject(new UnreadError('iam:GetRole', reason, 'x.', 'y.')));

    await expect(rejected('not_found')).resolves.toBeNull();
    await expect(rejected('throttled')).rejects.toBeInstanceOf(UnreadError);
    await expect(orNull(Promise.reject(new TypeError('ours')))).rejects.toBeInstanceOf(TypeError);
  });
});
