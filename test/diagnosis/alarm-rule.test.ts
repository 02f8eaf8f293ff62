import { describe, expect, it } from 'vitest';
import { alarmsInRule } from '../../src/diagnosis/alarm-rule.ts';

describe('the alarms in a rule', () => {
  it.each([
    ['ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)', ['CPUUtilizationTooHigh', 'DiskReadOpsTooHigh']],
    ['ALARM("orders 5xx") OR NOT ( OK ( "a(b)" ) AND TRUE )', ['orders 5xx', 'a(b)']],
    ['ALARM(orders 5xx) AND INSUFFICIENT_DATA("say \\"hi\\"")', ['orders 5xx', 'say "hi"']],
    ['ALARM("arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:team:orders")', ['team:orders']],
    ['ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:b) OR ALARM(b) OR ALARM("a")', ['b', 'a']],
    [
      'AT_LEAST(2, ALARM, (one, "two, too", arn:aws:cloudwatch:eu-west-1:1:alarm:three)) AND OK(four)',
      ['one', 'two, too', 'three', 'four'],
    ],
    ['ALARM(first) OR AT_LEAST(50%, NOT OK, (second, third))', ['first', 'second', 'third']],
    ['TRUE', []],
    ['', []],
    ['ALARM(', []],
  ])('%s', (rule, names) => {
    expect(alarmsInRule(rule)).toEqual(names);
  });
});
