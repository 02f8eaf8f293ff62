import { expect, test } from 'vitest';
import { finding, submission } from './data.ts';
import { onlyOpen, openBench } from './fixtures.ts';

test('a run that waits for its share of an AWS quota says for which, until it has it and when it ends', async () => {
  const bench = await openBench();
  const hold = Promise.withResolvers<void>();
  bench.service.gate = hold.promise;
  bench.service.waits = () => [
    { service: 'logs', region: 'eu-west-1', ms: 3_000 },
    { service: 'cloudtrail', region: 'eu-west-1', ms: 9_000 },
    { service: 'iam', region: 'us-east-1', ms: 4_000 },
  ];
  await bench.investigations.submit(submission('one'));
  const words = 'its share of CloudTrail calls in eu-west-1';
  await expect.poll(async () => (await onlyOpen(bench)).waitingFor).toBe(words);
  await expect.poll(() => bench.outlets.published.at(-1)?.waitingFor).toBe(words);
  hold.resolve();
  await bench.investigations.idle();
  expect(await onlyOpen(bench)).toMatchObject({ state: 'diagnosed' });
  expect((await onlyOpen(bench)).waitingFor).toBeUndefined();
});

test('a run brings a finding anew in place of the one before', async () => {
  const bench = await openBench();
  const hold = Promise.withResolvers<void>();
  bench.service.gate = hold.promise;
  bench.service.findings = () => [finding(1), finding(1, { summary: 'Wider.' })];
  await bench.investigations.submit(submission('one'));
  const summaries = () => bench.outlets.published.at(-1)?.progress.map(item => item.summary);
  await expect.poll(summaries).toEqual(['Wider.']);
  hold.resolve();
  await bench.investigations.idle();
});
