import { describe, expect, test } from 'vitest';
import { parseAlarmDetail, parseAlarmMessage } from '../../src/webhooks/alarm.ts';

const told = { accountId: '111122223333', region: 'eu-west-1', at: '2026-11-22T14:05:00.000Z' };

const message = {
  AlarmName: 'orders-5xx',
  AlarmDescription: null,
  AWSAccountId: '123456789012',
  NewStateValue: 'ALARM',
  NewStateReason: 'Threshold Crossed.',
  StateChangeTime: '2026-11-22T14:04:05.123+0000',
  Region: 'US West (Oregon)',
  AlarmArn: 'arn:aws:cloudwatch:us-west-2:123456789012:alarm:orders-5xx',
  OldStateValue: 'OK',
};

const parse = (more: object) => parseAlarmMessage(JSON.stringify({ ...message, ...more }), told);

const query = (name: string, ...dimensions: [string, string][]) => ({
  Id: name.toLowerCase(),
  MetricStat: {
    Metric: {
      Namespace: 'AWS/ApiGateway',
      MetricName: name,
      Dimensions: dimensions.map(([key, value]) => ({ value, name: key })),
    },
    Period: 60,
    Stat: 'Sum',
  },
  ReturnData: false,
});

describe('the message of a notification', () => {
  test('the Region and account are those of the ARN, not of the display name', () => {
    expect(parse({})).toMatchObject({
      arn: message.AlarmArn,
      region: 'us-west-2',
      accountId: '123456789012',
      at: '2026-11-22T14:04:05.123Z',
      metrics: [],
    });
  });

  test('without an ARN they are the account it names and the Region of the topic', () => {
    expect(parse({ AlarmArn: undefined })).toMatchObject({
      arn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-5xx',
      region: 'eu-west-1',
    });
    expect(parse({ AlarmArn: undefined, AWSAccountId: undefined })?.accountId).toBe('111122223333');
  });

  test('an ARN of another partition keeps it', () => {
    const AlarmArn = 'arn:aws-us-gov:cloudwatch:us-gov-west-1:123456789012:alarm:orders-5xx';
    expect(parse({ AlarmArn })).toMatchObject({ arn: AlarmArn, region: 'us-gov-west-1' });
  });

  test('metric math lists its metrics; its expressions are none', () => {
    const Metrics = [
      { Id: 'e1', Expression: 'errors / requests', Label: 'share', ReturnData: true },
      query('5XXError', ['ApiName', 'orders-api'], ['Stage', 'prod']),
      query('Count', ['ApiName', 'orders-api']),
    ];
    expect(parse({ Trigger: { Metrics, Period: 60 } })?.metrics).toEqual([
      { namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'orders-api', Stage: 'prod' } },
      { namespace: 'AWS/ApiGateway', name: 'Count', dimensions: { ApiName: 'orders-api' } },
    ]);
  });

  test('anomaly detection has the metric beside its band', () => {
    const Metrics = [
      { Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)', ReturnData: true },
      query('5xx', ['ApiId', 'a1b2c3d4e5']),
    ];
    expect(parse({ Trigger: { Metrics, ThresholdMetricId: 'ad1' } })?.metrics).toEqual([
      { namespace: 'AWS/ApiGateway', name: '5xx', dimensions: { ApiId: 'a1b2c3d4e5' } },
    ]);
  });

  test('a composite alarm has a rule and no trigger', () => {
    const composite = { AlarmRule: 'ALARM("a") OR ALARM("b")', TriggeringChildren: [{ Arn: 'x' }] };
    expect(parse(composite)?.metrics).toEqual([]);
  });

  test.each([[[]], [null], [undefined], ['none'], [{}]])('dimensions %j are none', Dimensions => {
    expect(parse({ Trigger: { Namespace: 'AWS/ApiGateway', MetricName: '5xx', Dimensions } })?.metrics).toEqual([
      { namespace: 'AWS/ApiGateway', name: '5xx', dimensions: {} },
    ]);
  });

  test.each([[null], ['text'], [[]], [{ Metrics: 'none' }], [{ Metrics: [null, 1, {}] }]])(
    'a trigger %j watches nothing that is known',
    Trigger => {
      expect(parse({ Trigger })?.metrics).toEqual([]);
    },
  );

  test.each(['OK', 'INSUFFICIENT_DATA'])('state %s is read', NewStateValue => {
    expect(parse({ NewStateValue })?.state).toBe(NewStateValue);
  });

  test('without a time of its own it is as old as the message', () => {
    expect(parse({ StateChangeTime: 'yesterday' })?.at).toBe(told.at);
  });

  test('secrets in a name or reason are masked, and what would not be seen is taken out', () => {
    const read = parse({
      AlarmName: 'orders\u202e \u200b5xx',
      NewStateReason: 'Authorization: Bearer abc.def.ghi123456 sent by jane@example.com',
      Trigger: { Namespace: 'Custom', MetricName: 'm', Dimensions: [{ name: 'By', value: 'jane@example.com' }] },
    });
    expect(read?.name).toBe('orders 5xx');
    expect(read?.arn).toBe('arn:aws:cloudwatch:us-west-2:123456789012:alarm:orders 5xx');
    expect(parse({ AlarmName: 'jane@example.com' })?.arn).not.toContain('jane@');
    expect(JSON.stringify(read)).not.toMatch(/ghi123456|jane@/);
  });

  test('a dimension that is named like a part of every object is a dimension', () => {
    const Dimensions = [{ name: '__proto__', value: 'x' }];
    const read = parse({ Trigger: { Namespace: 'Custom', MetricName: 'm', Dimensions } });
    expect(JSON.stringify(read?.metrics[0]?.dimensions)).toBe('{"__proto__":"x"}');
  });

  test.each([
    ['plain text', 'The deployment is done.'],
    ['truncated JSON', JSON.stringify(message).slice(0, 50)],
    ['other JSON', '{"Records":[]}'],
    ['no name', JSON.stringify({ ...message, AlarmName: '' })],
    ['a name of nothing that is seen', JSON.stringify({ ...message, AlarmName: '\u200b' })],
    ['an unknown state', JSON.stringify({ ...message, NewStateValue: 'MAYBE' })],
  ])('%s is no alarm', (_, text) => {
    expect(parseAlarmMessage(text, told)).toBeNull();
  });
});

describe('the detail of an event', () => {
  const arn = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-5xx';
  const detail = {
    alarmName: 'orders-5xx',
    state: { value: 'ALARM', reason: 'Threshold Crossed.', timestamp: '2026-11-22T14:04:05.123+0000' },
    previousState: { value: 'OK' },
    configuration: {
      metrics: [
        { id: 'e1', expression: 'm1 / m2', returnData: true },
        {
          id: 'm1',
          metricStat: {
            metric: { namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'orders-api' } },
            period: 60,
            stat: 'Sum',
          },
        },
      ],
    },
  };

  test('is read', () => {
    expect(parseAlarmDetail(detail, arn, told)).toEqual({
      arn,
      name: 'orders-5xx',
      accountId: '123456789012',
      region: 'eu-west-1',
      state: 'ALARM',
      at: '2026-11-22T14:04:05.123Z',
      reason: 'Threshold Crossed.',
      metrics: [{ namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'orders-api' } }],
    });
  });

  test.each([[{ alarmRule: 'ALARM("a")' }], [undefined]])('with configuration %j has no metrics', configuration => {
    const { configuration: _, ...bare } = detail;
    const other = configuration === undefined ? bare : { ...bare, configuration };
    expect(parseAlarmDetail(other, undefined, told)).toMatchObject({
      arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-5xx',
      metrics: [],
    });
  });

  test.each([[null], ['x'], [{}], [{ ...detail, state: { value: 'MAYBE' } }], [{ ...detail, alarmName: 1 }]])(
    '%j is none',
    other => {
      expect(parseAlarmDetail(other, arn, told)).toBeNull();
    },
  );
});
