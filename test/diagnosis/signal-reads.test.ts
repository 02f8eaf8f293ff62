import { expect, test } from 'vitest';
import { readsOf, signalReads } from '../../src/diagnosis/signal-reads.ts';

test('reads of several signals are named once, with those of the check itself', () => {
  const reads = readsOf(['stage', 'failures'], ['apigateway:GetAccount', 'apigateway:GetStage']);
  expect(reads).toEqual([
    'apigateway:GetStage',
    'apigatewayv2:GetStage',
    'logs:FilterLogEvents',
    'apigateway:GetAccount',
  ]);
});

test('a signal that is made of others reads what they read', () => {
  expect(signalReads.functions).toEqual(expect.arrayContaining([...signalReads.deployed, ...signalReads.failures]));
  expect(signalReads.traffic).toEqual(expect.arrayContaining([...signalReads.backends]));
});
