import { describe, expect, it } from 'vitest';
import { isOperation, type OperationName, permissionOf, resourcesOf, sourceOf } from '../../src/aws/operations.ts';
import { endpointRegion, globalRegion, partitionOf } from '../../src/aws/regions.ts';

describe('the table of declared reads', () => {
  it.each<[OperationName, string, string[]]>([
    ['apigateway:GetStage', 'apigateway:GET', ['arn:{partition}:apigateway:{region}::/restapis/*/stages/*']],
    ['apigatewayv2:GetStage', 'apigateway:GET', ['arn:{partition}:apigateway:{region}::/apis/*/stages/*']],
    ['lambda:GetPolicy', 'lambda:GetPolicy', ['arn:{partition}:lambda:{region}:{account}:function:*']],
    ['iam:GetRole', 'iam:GetRole', ['arn:{partition}:iam::{account}:role/*']],
    ['cloudtrail:LookupEvents', 'cloudtrail:LookupEvents', ['*']],
    [
      'cloudwatch:ListTagsForResource',
      'cloudwatch:ListTagsForResource',
      ['arn:{partition}:cloudwatch:{region}:{account}:alarm:*'],
    ],
  ])('%s needs %s', (operation, permission, resources) => {
    expect(permissionOf(operation)).toBe(permission);
    expect(resourcesOf(operation)).toEqual(resources);
  });

  it('knows reads, and nothing else', () => {
    expect(isOperation('apigateway:GetStage')).toBe(true);
    for (const name of ['apigateway:UpdateStage', 'lambda:Invoke', 'lambda:GetFunction', 'toString', '__proto__', '']) {
      expect(isOperation(name)).toBe(false);
    }
  });

  it('names both API Gateway APIs as reports do', () => {
    const names = ['apigateway:GetStage', 'apigatewayv2:GetStage', 'logs:FilterLogEvents'] as const;
    expect(names.map(sourceOf)).toEqual(['apigateway:GetStage', 'apigateway:GetStage', 'logs:FilterLogEvents']);
  });
});

describe('Regions', () => {
  it.each([
    ['eu-west-1', 'aws', 'us-east-1', 'us-east-1', 'us-east-1'],
    ['cn-northwest-1', 'aws-cn', 'cn-north-1', 'cn-north-1', 'cn-northwest-1'],
    ['us-gov-east-1', 'aws-us-gov', 'us-gov-west-1', 'us-gov-west-1', 'us-gov-west-1'],
  ])('%s is in %s', (region, partition, global, iam, health) => {
    expect(partitionOf(region)).toBe(partition);
    expect(globalRegion(partition)).toBe(global);
    expect(endpointRegion('iam', region)).toBe(iam);
    expect(endpointRegion('health', region)).toBe(health);
    expect(endpointRegion('lambda', region)).toBe(region);
  });
});
