import { describe, expect, test } from 'vitest';
import type { Integration } from '../../../src/aws/types.ts';
import { serviceAction } from '../../../src/diagnosis/permissions/service-action.ts';
import { accountId, integration } from '../steps/fixtures.ts';

const service = (name: string) => `arn:aws:apigateway:eu-west-1:${name}`;
const body = (template: string): Partial<Integration> => ({ requestTemplates: { 'application/json': template } });

function needed(uri: string | null, over: Partial<Integration> = {}, account: string | null = accountId) {
  const asked = integration({ type: 'AWS', uri, ...over });
  return serviceAction(
    { kind: 'aws-service', routes: [], integration: asked, uri, lambda: null, undefinedVariables: [] },
    account,
  );
}

describe('serviceAction', () => {
  test.each<[name: string, uri: string, over: Partial<Integration>, action: string | null, resource: string | null]>([
    [
      'a queue by path',
      service('sqs:path/123456789012/orders'),
      body('Action=SendMessage&MessageBody=$input.body'),
      'sqs:SendMessage',
      'arn:aws:sqs:eu-west-1:123456789012:orders',
    ],
    [
      'another action of a queue',
      service('sqs:path/123456789012/orders'),
      body('Action=ReceiveMessage'),
      'sqs:ReceiveMessage',
      'arn:aws:sqs:eu-west-1:123456789012:orders',
    ],
    ['a queue that the request names', service('sqs:path/{account}/{queue}'), {}, 'sqs:SendMessage', null],
    [
      'a table in the template',
      service('dynamodb:action/PutItem'),
      body('{"TableName": "orders", "Item": {}}'),
      'dynamodb:PutItem',
      'arn:aws:dynamodb:eu-west-1:123456789012:table/orders',
    ],
    [
      'a table that the template computes',
      service('dynamodb:action/PutItem'),
      body('{"TableName": "$stageVariables.table"}'),
      'dynamodb:PutItem',
      null,
    ],
    [
      'a state machine',
      service('states:action/StartSyncExecution'),
      body('{"input": "x", "stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"}'),
      'states:StartSyncExecution',
      'arn:aws:states:eu-west-1:123456789012:stateMachine:orders',
    ],
    [
      'a stream',
      service('kinesis:action/PutRecord'),
      body('{"StreamName": "clicks"}'),
      'kinesis:PutRecord',
      'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
    ],
    ['an action with a query', service('sns:action/Publish&TopicArn=x'), {}, 'sns:Publish', null],
    [
      'an action in a parameter',
      service('sns:path//'),
      { requestParameters: { 'integration.request.querystring.Action': "'Publish'" } },
      'sns:Publish',
      null,
    ],
    ['a subdomain', service('bucket.s3:path/key'), {}, null, null],
    ['no service', 'https://example.com/', {}, null, null],
  ])('%s', (_, uri, over, action, resource) => {
    expect(needed(uri, over)).toEqual({ action, resource });
  });

  test('templates that disagree tell no resource', () => {
    const requestTemplates = { 'application/json': '{"TableName": "a"}', 'text/plain': '{"TableName": "b"}' };
    expect(needed(service('dynamodb:action/GetItem'), { requestTemplates }).resource).toBeNull();
  });

  test('an unknown account tells no resource of one’s own', () => {
    expect(needed(service('dynamodb:action/GetItem'), body('{"TableName": "a"}'), null)).toEqual({
      action: 'dynamodb:GetItem',
      resource: null,
    });
  });

  test('HTTP APIs name the action by a subtype', () => {
    expect(needed(null, { type: 'AWS_PROXY', subtype: 'StepFunctions-StartExecution' })).toEqual({
      action: 'states:StartExecution',
      resource: null,
    });
    expect(needed(null, { type: 'AWS_PROXY', subtype: 'EventBridge-PutEvents' }).action).toBe('events:PutEvents');
  });
});
