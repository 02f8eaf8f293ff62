/** Nothing secret comes out, and nothing that comes in drives Slack: the whole bot, from the log lines to the store's bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HandoffWords } from '../src/investigations/types.ts';
import { markdownOf } from '../src/render/markdown.ts';
import { alarm } from '../src/sandbox/aws/world/telemetry.ts';
import { catalogueFolder, loadScenario, type Scenario } from '../src/sandbox/scenario.ts';
import { finalCard, openBot } from './bench/faults/bot.ts';

const letters = (length: number) =>
  fc
    .array(fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'), {
      minLength: length,
      maxLength: length,
    })
    .map(all => all.join(''));

/** The last digit makes it valid: https://en.wikipedia.org/wiki/Luhn_algorithm. */
function cardNumber(digits: number): string {
  const first = `4${String(digits).padStart(14, '0')}`;
  const sum = [...first].reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return first + ((10 - (sum % 10)) % 10);
}

/** What must not come out, and the words that it comes in with. */
const secrets = fc
  .record({
    accessKey: letters(16).map(text => `AKIA${text.toUpperCase()}`),
    secretKey: letters(40),
    bearer: letters(30),
    password: letters(14),
    cookie: letters(20),
    apiKey: letters(24),
    slackToken: letters(24).map(text => `xoxb-${text}`),
    email: letters(10).map(text => `${text}@mail.example.com`),
    card: fc.integer({ min: 1e13, max: 9e13 }).map(cardNumber),
  })
  .map(all => ({
    values: Object.values(all),
    words: [
      `Authorization: Bearer ${all.bearer}`,
      `Cookie: session=${all.cookie}`,
      `aws_access_key_id=${all.accessKey} aws_secret_access_key=${all.secretKey}`,
      `password=${all.password} x-api-key=${all.apiKey}`,
      `${all.slackToken} ${all.email} ${all.card}`,
    ],
  }));

const injections = ['<!channel>', '<@U0SBXCHK03>', '<https://evil.example|click>'];
/** Turns the direction of what follows. */
const override = '\u202e';

/** Names that people give in AWS, who may mean harm or a joke. */
const apiName = `shop-api ${injections.join(' ')}`;
const alarmName = `shop 5xx ${injections.join(' ')}`;

const apiKey = 'correct-horse-battery-staple';
const alarms = { channel: 'C0SBXINC01', topicArns: [], eventBridgeKey: apiKey, reaction: 'mag', routes: [] };
const reasonBegins = 'Threshold Crossed:';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
function firing({ accountId: account, region }: Scenario['world'], planted: string) {
  const time = new Date().toISOString();
  return {
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account,
    time,
    region,
    resources: [`arn:aws:cloudwatch:${region}:${account}:alarm:${alarmName}`],
    detail: { alarmName, state: { value: 'ALARM', reason: `${reasonBegins} ${planted}`, timestamp: time } },
  };
}

test('secrets and mentions that come in go out nowhere', { timeout: 120_000 }, async () => {
  const scenario = await loadScenario(join(catalogueFolder, 'rest-secret-in-log.yaml'));
  await fc.assert(
    fc.asyncProperty(secrets, async ({ values, words }) => {
      const planted = `${words.join('\n')} ${injections.join(' ')} ${override}`;
      const bot = await openBot({ scenario: tainted(scenario, planted), config: { alarms } });
      try {
        await bot.start();
        const { workspace, app } = bot;
        await workspace.command('ana', 'incidents', `/apigw-500 ${planted.replaceAll('\n', ' ')}`);
        await workspace.command('ana', 'incidents', '/apigw-500 sh0p4p1r3s prod');
        const post = workspace.postAs('Amazon Q Developer', 'incidents', { text: planted });
        workspace.react('ben', post, 'mag');
        expect(await bot.until(() => finalCard(bot) !== null)).toBe(true);
        const { world } = bot.scenario;
        const fired = firing(world, planted);
        expect(await bot.post('/webhooks/eventbridge', { 'x-api-key': apiKey }, fired)).toBe(200);
        await app.idle();
        const [opened] = await app.investigations.listOpen({ teamId: 'T0SANDBOX1' });
        expect(opened).toMatchObject({ target: { apiName }, alarms: [{ name: alarmName, state: 'ALARM' }] });
        const { id = '' } = opened ?? {};
        for (const check of ['step:8', 'step:4']) await app.investigations.show(id, check);
        await app.investigations.note(id, 'U0SBXANA01', planted, null);
        const said: HandoffWords = {
          state: planted,
          impact: planted,
          tried: planted,
          next: planted,
          contingency: planted,
        };
        await app.investigations.offer(id, 'U0SBXANA01', { kind: 'user', id: 'U0SBXBEN02' }, said);
        await bot.until(() => workspace.directMessages('ben').length > 0);

        const investigation = await app.investigations.get(id);
        if (investigation === null) throw new Error('There is no investigation.');
        const posted = workspace.calls.map(call => JSON.stringify(call.args)).join('\n');
        const messages = ['ana', 'ben']
          .flatMap(user => [...workspace.messages(user, 'incidents'), ...workspace.directMessages(user)])
          .filter(message => message.ts !== post.ts);
        const told = messages.map(message => JSON.stringify(message)).join('\n');
        const everything = [
          posted,
          told,
          bot.logged.join('\n'),
          markdownOf(investigation, await app.investigations.audit(id)),
          ...readdirSync(bot.dataDir).map(file => readFileSync(join(bot.dataDir, file), 'latin1')),
        ];
        expect(posted).toContain('[masked:');
        // The reason has come in, so that it could have gone out.
        expect(everything.slice(4).join()).toContain(`${reasonBegins} `);
        for (const value of values) {
          for (const place of everything)
            expect(
              place.includes(value),
              `${value} is in …${place.slice(Math.max(0, place.indexOf(value) - 300), place.indexOf(value) + 60)}`,
            ).toBe(false);
        }
        const read = [...workspace.calls.map(call => call.args), ...messages].flatMap(interpreted).join('\n');
        for (const text of injections) expect(read.includes(text), text).toBe(false);
        expect((posted + told).includes(override)).toBe(false);
      } finally {
        await bot.stop();
      }
    }),
    { numRuns: 2, endOnFailure: true },
  );
});

/** The texts in which Slack looks for mentions and links; rich text says each of them by an element of its own. */
function interpreted(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(interpreted);
  if (typeof value === 'string' && /^(?:\[\{|\{")/.test(value)) return interpreted(JSON.parse(value));
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if ('type' in value && value.type === 'rich_text') return [];
  const file = 'title' in value && 'id' in value;
  return Object.entries(value).flatMap(([key, item]) =>
    plainFields.includes(key) || (file && key === 'title') ? [] : interpreted(item),
  );
}

/** What a screen reader says of a button, a picture and a file, and the name of a file: Slack reads no markup in them. */
const plainFields = ['accessibility_label', 'alt_text', 'altText', 'alt_txt', 'filename', 'name'];

/** The function's error and its log lines say it, and its environment holds it; API and alarm are named to mislead. */
function tainted(scenario: Scenario, planted: string): Scenario {
  const { world } = scenario;
  const flows = Object.entries(world.traffic).map(([name, flow]) => [
    name,
    flow.function?.error === undefined
      ? flow
      : { ...flow, function: { ...flow.function, error: `PaymentError: ${planted}`, lines: planted.split('\n') } },
  ]);
  const functions = Object.entries(world.functions).map(([name, one]) => [
    name,
    { ...one, environment: { DSN: planted } },
  ]);
  const { sh0p4p1r3s: api } = world.restApis;
  if (api === undefined) throw new Error('The scenario has another API.');
  const watched = alarm.parse({
    namespace: 'AWS/ApiGateway',
    metric: '5XXError',
    dimensions: { ApiName: apiName, Stage: 'prod' },
    threshold: 1,
    stateReason: planted,
  });
  return {
    ...scenario,
    world: {
      ...world,
      restApis: { ...world.restApis, sh0p4p1r3s: { ...api, name: apiName } },
      alarms: { [alarmName]: watched },
      traffic: Object.fromEntries(flows),
      functions: Object.fromEntries(functions),
    },
  };
}
