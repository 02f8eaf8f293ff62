import { describe, expect, it } from 'vitest';
import { readWriteEvents } from '../../src/aws/cloudtrail.ts';
import { wire } from './wire.ts';

const query = { region: 'us-east-1', start: '2026-11-20T09:30:00.000Z', end: '2026-11-20T10:15:00.000Z', pages: 5 };

function trailEvent(name: string, record: object, outer: object = {}) {
  return {
    EventId: 'e1',
    EventName: name,
    EventTime: Date.parse('2026-11-20T10:00:00Z') / 1_000,
    EventSource: 'lambda.amazonaws.com',
    Username: 'alice',
    CloudTrailEvent: JSON.stringify({ awsRegion: 'us-east-1', ...record }),
    ...outer,
  };
}

async function readOne(event: object) {
  const { send } = await wire(() => ({ body: { Events: [event] } }));
  return (await readWriteEvents(send, query)).items[0];
}

describe('readWriteEvents', () => {
  it('asks the Region for writes, page by page, and tells when the cap cut them', async () => {
    let page = 0;
    const { send, calls } = await wire(() => ({
      body: { Events: [trailEvent('CreateAlias', {})], NextToken: `t${++page}` },
    }));

    const listed = await readWriteEvents(send, query);

    expect(listed.items).toHaveLength(5);
    expect(listed.complete).toBe(false);
    expect(calls.map(call => call.region)).toEqual(Array(5).fill('us-east-1'));
    expect(calls[1]?.body).toEqual({
      LookupAttributes: [{ AttributeKey: 'ReadOnly', AttributeValue: 'false' }],
      StartTime: Date.parse(query.start) / 1_000,
      EndTime: Date.parse(query.end) / 1_000,
      MaxResults: 50,
      NextToken: 't1',
    });
  });

  it('reads the record, secrets masked', async () => {
    const event = trailEvent('RemovePermission20150331v2', {
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/deploy-role/ci-42',
        invokedBy: 'cloudformation.amazonaws.com',
      },
      requestParameters: {
        functionName: 'orders',
        statementId: 'gateway',
        patchOperations: [{ op: 'replace', path: '/variables/apiKey', value: 's3cret' }],
      },
      responseElements: null,
    });

    await expect(readOne(event)).resolves.toEqual({
      id: 'e1',
      at: '2026-11-20T10:00:00.000Z',
      name: 'RemovePermission',
      source: 'lambda.amazonaws.com',
      who: 'deploy-role/ci-42',
      invokedBy: 'cloudformation.amazonaws.com',
      errorCode: null,
      region: 'us-east-1',
      requestParameters: {
        functionName: 'orders',
        statementId: 'gateway',
        patchOperations: [{ op: 'replace', path: '/variables/apiKey', value: '[masked: api key]' }],
      },
      responseElements: {},
    });
  });

  it('keeps writes that failed, with their error', async () => {
    const denied = trailEvent(
      'UpdateStage',
      { errorCode: 'AccessDenied' },
      { EventSource: 'apigateway.amazonaws.com' },
    );

    await expect(readOne(denied)).resolves.toMatchObject({ name: 'UpdateStage', errorCode: 'AccessDenied' });
  });

  it.each([
    ['UpdateFunctionCode20150331v2', 'lambda.amazonaws.com', 'UpdateFunctionCode'],
    ['AddPermission20150331', 'lambda.amazonaws.com', 'AddPermission'],
    ['PutProvisionedConcurrencyConfig', 'lambda.amazonaws.com', 'PutProvisionedConcurrencyConfig'],
    ['CreateThing20201231', 'other.amazonaws.com', 'CreateThing20201231'],
  ])('%s of %s is %s', async (name, EventSource, expected) => {
    await expect(readOne(trailEvent(name, {}, { EventSource }))).resolves.toMatchObject({ name: expected });
  });

  it.each([
    [{ type: 'IAMUser', userName: 'alice' }, 'alice'],
    [{ type: 'Root', accountId: '111122223333' }, 'root'],
    [{ type: 'AssumedRole', arn: 'arn:aws-cn:sts::1:assumed-role/deploy/ci' }, 'deploy/ci'],
    [
      { type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123/alice@example.com' },
      'alice@example.com',
    ],
    [{ type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' }, 'autoscaling.amazonaws.com'],
    [{ type: 'AWSAccount', accountId: '999900009999' }, 'account 999900009999'],
    [{ type: 'FederatedUser', arn: 'arn:aws:sts::1:federated-user/bob' }, 'bob'],
    [{}, 'somebody'],
  ])('knows who: %j', async (userIdentity, who) => {
    await expect(readOne(trailEvent('X', { userIdentity }, { Username: 'somebody' }))).resolves.toMatchObject({ who });
  });

  it('takes the service that acted from the address where the identity does not say', async () => {
    const event = trailEvent('X', { sourceIPAddress: 'cloudformation.amazonaws.com' });

    await expect(readOne(event)).resolves.toMatchObject({ invokedBy: 'cloudformation.amazonaws.com' });
    await expect(readOne(trailEvent('X', { sourceIPAddress: '192.0.2.1' }))).resolves.toMatchObject({
      invokedBy: null,
    });
  });

  it('keeps an event whose record cannot be read', async () => {
    await expect(readOne(trailEvent('PutRestApi', {}, { CloudTrailEvent: '{"cut' }))).resolves.toMatchObject({
      name: 'PutRestApi',
      who: 'alice',
      region: 'us-east-1',
      requestParameters: {},
    });
  });
});
