import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import { describe, expect, it } from 'vitest';
import type { WorldDocument } from '../../../src/sandbox/aws/world.ts';
import { minute, refusal, type Stage, serve, zero } from './support.ts';

describe('CloudTrail', () => {
  const lambdaEvent = {
    eventName: 'RemovePermission20150331v2',
    eventSource: 'lambda.amazonaws.com',
    requestParameters: { functionName: 'orders-handler' },
  };
  const trail: WorldDocument['trail'] = {
    old: {
      ...lambdaEvent,
      at: '-20m',
      who: 'marta.keller',
      resources: [{ type: 'AWS::Lambda::Function', name: 'orders-handler' }],
    },
    fresh: { ...lambdaEvent, at: '-2m', who: 'deploy-role/ci-42' },
    quick: { ...lambdaEvent, at: '-90s', who: 'ann', deliveredAfter: '1m' },
    read: { at: '-10m', eventName: 'GetStage', eventSource: 'apigateway.amazonaws.com', who: 'bot', readOnly: true },
    role: {
      at: '-15m',
      eventName: 'DetachRolePolicy',
      eventSource: 'iam.amazonaws.com',
      who: 'jonas',
      requestParameters: { roleName: 'r' },
    },
  };
  const names = async ({ options }: Stage, input: Partial<LookupEventsCommandInput> = {}, region = 'eu-west-1') =>
    ((await new CloudTrailClient({ ...options, region }).send(new LookupEventsCommand(input))).Events ?? []).map(
      ({ EventName, Username }) => `${EventName} ${Username}`,
    );

  it('answers newest first, what was delivered by now, of the Region that is asked', async () => {
    const stage = await serve({ trail });

    const before = await names(stage);
    stage.at(4 * minute);
    const after = await names(stage);
    const global = await names(stage, {}, 'us-east-1');

    expect(before).toEqual([
      'RemovePermission20150331v2 ann',
      'GetStage bot',
      'RemovePermission20150331v2 marta.keller',
    ]);
    expect(after[1]).toBe('RemovePermission20150331v2 ci-42');
    expect(global).toEqual(['DetachRolePolicy jonas']);
  });

  it('filters by one attribute and by time', async () => {
    const stage = await serve({ trail });
    const by = (AttributeKey: 'ReadOnly' | 'ResourceName' | 'Username', AttributeValue: string) => ({
      LookupAttributes: [{ AttributeKey, AttributeValue }],
    });

    expect(await names(stage, by('ReadOnly', 'true'))).toEqual(['GetStage bot']);
    expect(await names(stage, by('ResourceName', 'orders-handler'))).toEqual([
      'RemovePermission20150331v2 marta.keller',
    ]);
    expect(await names(stage, by('Username', 'nobody'))).toEqual([]);
    expect(await names(stage, { EndTime: new Date(zero.getTime() - 11 * minute) })).toHaveLength(1);
    expect(
      await refusal(
        names(stage, {
          LookupAttributes: [...by('ReadOnly', 'false').LookupAttributes, ...by('Username', 'x').LookupAttributes],
        }),
      ),
    ).toMatchObject({ name: 'InvalidLookupAttributesException' });
  });

  it('keeps the whole record as text, with who did it', async () => {
    const stage = await serve({ trail });

    const { Events = [] } = await new CloudTrailClient(stage.options).send(
      new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'Username', AttributeValue: 'marta.keller' }] }),
    );

    expect(Events[0]).toMatchObject({ ReadOnly: 'false', EventTime: new Date(zero.getTime() - 20 * minute) });
    expect(JSON.parse(Events[0]?.CloudTrailEvent ?? '')).toMatchObject({
      userIdentity: { type: 'IAMUser', userName: 'marta.keller', arn: 'arn:aws:iam::111122223333:user/marta.keller' },
      eventTime: '2026-11-22T11:40:00Z',
      awsRegion: 'eu-west-1',
      requestParameters: { functionName: 'orders-handler' },
      responseElements: null,
    });
  });

  it('pages by fifty', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 120 }, (_, i) => [`e${i}`, { ...lambdaEvent, at: `-${i + 10}m` }]),
    );
    const { options } = await serve({ trail: many });
    const sizes: number[] = [];

    for await (const page of paginateLookupEvents({ client: new CloudTrailClient(options) }, {}))
      sizes.push(page.Events?.length ?? 0);

    expect(sizes).toEqual([50, 50, 20]);
  });
});
