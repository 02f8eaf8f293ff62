import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/diagnosis/target-reference.ts';
import { type Post, readPost } from '../../src/webhooks/post.ts';

/** As AWS's own chat app posts an alarm: no text, all in the blocks of one attachment. */
function chatPost({ header, link = 'https://console.aws.amazon.com', state = 'ALARM', fields = {} }: ChatPost) {
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
  const pairs = Object.entries({ ...fields, 'Alarm State': state });
  return {
    bot_id: 'B0ALARMS',
    text: '',
    attachments: [
      {
        color: '#FF0000',
        fallback: header,
        blocks: [
          section(`*<${link}|:rotating_light: ${header}>*`),
          section('Threshold Crossed: 3 datapoints were greater than the threshold (5.0).'),
          {
            type: 'actions',
            elements: [{ type: 'button', text: { type: 'plain_text', text: 'Resolved: show logs' } }],
          },
          { type: 'section', fields: pairs.map(([key, value]) => ({ type: 'mrkdwn', text: `*${key}*\n${value}` })) },
        ],
      },
    ],
  };
}

interface ChatPost {
  header: string;
  link?: string;
  state?: string;
  fields?: Record<string, string>;
}

const consoleLink = (name: string, region = 'eu-west-1') =>
  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${name}`;
const alarmArn = (name: string, region = 'eu-west-1', account = '') =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
const read = (text: string): Post => readPost({ text });

describe('the post of an alarm by AWS', () => {
  test('is read from the blocks of its attachment', () => {
    const header = 'CloudWatch Alarm | orders-5xx | eu-west-1 | Account: 123456789012';
    const fields = { ApiName: 'orders-api', Stage: 'prod' };
    expect(readPost(chatPost({ header, fields }))).toEqual({
      targets: [alarmArn('orders-5xx', 'eu-west-1', '123456789012'), 'orders-api'],
      region: 'eu-west-1',
      accountId: '123456789012',
      stage: 'prod',
      state: 'alarm',
      looksLikeAlarm: true,
      excerpt:
        'CloudWatch Alarm | orders-5xx | eu-west-1 | Account: 123456789012 Threshold Crossed: 3 datapoints were greater than the threshold (5.0). ApiName: orders-api Stage: prod Alarm State: ALARM',
    });
  });

  test.each(['OK', 'INSUFFICIENT_DATA'])('in state %s starts nothing', state => {
    const post = readPost(chatPost({ header: 'CloudWatch Alarm | orders-5xx | eu-west-1', state }));
    expect(post).toMatchObject({ state: 'ok', targets: [alarmArn('orders-5xx')] });
  });

  test('with a bar in its name', () => {
    const post = readPost(chatPost({ header: 'CloudWatch Alarm | orders | 5xx | eu-west-1' }));
    expect(post.targets).toEqual([alarmArn('orders | 5xx')]);
  });

  test('without a Region', () => {
    const post = readPost(chatPost({ header: 'CloudWatch Alarm | orders-5xx' }));
    expect(post).toMatchObject({ targets: ['alarm:orders-5xx'], region: null });
  });

  test.each([
    ['cn-north-1', 'arn:aws-cn:cloudwatch:cn-north-1::alarm:orders-5xx'],
    ['us-gov-west-1', 'arn:aws-us-gov:cloudwatch:us-gov-west-1::alarm:orders-5xx'],
  ])('of %s is of its partition', (region, target) => {
    const post = readPost(chatPost({ header: `CloudWatch Alarm | orders-5xx | ${region}` }));
    expect(post.targets).toEqual([target]);
  });

  test('the link counts more than the header', () => {
    const post = readPost(
      chatPost({ header: 'CloudWatch Alarm | shortened | eu-west-1', link: consoleLink('whole-name', 'us-east-2') }),
    );
    expect(post.targets[0]).toBe(alarmArn('whole-name', 'us-east-2'));
    expect(post.region).toBe('us-east-2');
  });
});

describe('a link to the console', () => {
  test.each([
    ['orders-5xx', 'orders-5xx'],
    ['orders%205xx', 'orders 5xx'],
    ['orders%252F5xx', 'orders/5xx'],
    ['orders$252F5xx', 'orders/5xx'],
    ['orders%25252F5xx', 'orders/5xx'],
    ['orders+5xx', 'orders 5xx', 'orders+5xx'],
    ['orders%2B5xx', 'orders+5xx'],
    ['orders-5xx?~(timeRange~300)', 'orders-5xx'],
    ['orders%20(prod)', 'orders (prod)'],
    ['100%', '100%'],
    ['caf%C3%A9', 'café'],
    ['a%0Ab', 'a b'],
  ])('%s names %s', (encoded, ...names) => {
    expect(read(`<${consoleLink(encoded)}|Open>`).targets).toEqual(names.map(name => alarmArn(name)));
  });

  test.each([
    ['of the page before', 'https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#s=Alarms&alarm=orders-5xx'],
    [
      'of the list',
      'https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarm:alarmFilter=inAlarm;name=orders-5xx',
    ],
    ['of an e-mail', 'https://eu-west-1.console.aws.amazon.com/cloudwatch/deeplink.js#alarmsV2:alarm/orders-5xx'],
    ['in brackets', `(see ${consoleLink('orders-5xx')}).`],
    ['escaped', `<${consoleLink('orders-5xx').replace('?', '?a=1&amp;')}>`],
  ])('%s', (_, text) => {
    expect(read(text)).toMatchObject({ targets: [alarmArn('orders-5xx')], region: 'eu-west-1', looksLikeAlarm: true });
  });

  test('through a sign-in page tells the account', () => {
    const destination = encodeURIComponent(consoleLink('orders-5xx'));
    const link = `https://acme.awsapps.com/start/#/console?account_id=123456789012&destination=${destination}`;
    expect(read(`<${link}>`)).toMatchObject({
      targets: [alarmArn('orders-5xx', 'eu-west-1', '123456789012')],
      accountId: '123456789012',
    });
  });

  test('of a session of its own tells the account', () => {
    const link = consoleLink('a').replace('https://', 'https://123456789012-abcdefgh.');
    expect(read(link).targets).toEqual([alarmArn('a', 'eu-west-1', '123456789012')]);
  });

  test('of China', () => {
    const link = 'https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#alarmsV2:alarm/a';
    expect(read(link).targets).toEqual(['arn:aws-cn:cloudwatch:cn-north-1::alarm:a']);
  });

  test.each([
    'https://console.aws.amazon.com.example.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/a',
    'https://example.com/console.aws.amazon.com/#alarmsV2:alarm/a',
    'https://example.com/?to=console.aws.amazon.com#alarmsV2:alarm/a',
  ])('%s is none', link => {
    expect(read(link)).toMatchObject({ targets: [], looksLikeAlarm: false });
  });

  test('on a button is followed, and its label is not read', () => {
    const post = readPost({
      text: 'Something is wrong',
      blocks: [
        {
          type: 'actions',
          elements: [
            { type: 'button', text: { type: 'plain_text', text: 'Alarm name: no' }, url: consoleLink('orders-5xx') },
          ],
        },
      ],
      attachments: [{ text: 'x', actions: [{ type: 'button', text: '[RESOLVED]', url: consoleLink('other') }] }],
    });
    expect(post).toMatchObject({ targets: [alarmArn('orders-5xx'), alarmArn('other')], state: null });
    expect(post.excerpt).toBe('Something is wrong x');
  });

  test('to an API gives its id', () => {
    const link =
      'https://eu-west-1.console.aws.amazon.com/apigateway/main/apis/a1b2c3d4e5/resources?api=a1b2c3d4e5&region=eu-west-1';
    expect(read(link)).toMatchObject({ targets: ['a1b2c3d4e5'], region: 'eu-west-1' });
  });
});

describe('what else points to an alarm or an API, the most trusted first', () => {
  test('an ARN before a link before a host before an id before a name', () => {
    const text = [
      'The alarm named changed state to ALARM',
      'ApiId: b1b2c3d4e5',
      'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders',
      consoleLink('linked'),
      `${alarmArn('told', 'eu-west-1', '123456789012')}`,
    ].join('\n');
    expect(read(text).targets).toEqual([
      alarmArn('told', 'eu-west-1', '123456789012'),
      alarmArn('linked', 'eu-west-1', '123456789012'),
      'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod',
      'a1b2c3d4e5',
      'b1b2c3d4e5',
      alarmArn('named', 'eu-west-1', '123456789012'),
    ]);
  });

  test('an ARN in a sentence, and behind a label, where a name may hold spaces', () => {
    const arn = alarmArn('orders 5xx', 'eu-west-1', '123456789012');
    const cut = alarmArn('orders', 'eu-west-1', '123456789012');
    expect(read(`- Alarm Arn: ${arn}`).targets).toEqual([arn, cut]);
    expect(read(`see ${arn}.`).targets).toEqual([cut, arn]);
  });

  test('an ARN whose partition is not that of its Region is put right', () => {
    expect(read('arn:aws:cloudwatch:cn-north-1:123456789012:alarm:a').targets).toEqual([
      'arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a',
    ]);
  });

  test.each([
    [
      'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.',
      ['https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com'],
    ],
    [
      'a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn',
      ['https://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn'],
    ],
    [
      'wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/$default',
      ['https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/$default', 'a1b2c3d4e5'],
    ],
    ['a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.example.com', []],
    ['xa1b2c3d4e5.execute-api.eu-west-1.amazonaws.com', []],
    [
      'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/orders',
      ['arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod'],
    ],
    [
      'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod.',
      ['arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod'],
    ],
    ['The API a1b2c3d4e5 fails', ['a1b2c3d4e5']],
    ['Commit a1b2c3d4e5 was merged', []],
    ['The API production is fine', []],
  ])('%s', (text, targets) => {
    expect(read(text).targets).toEqual(targets);
  });

  test.each([
    ['The alarm orders 5xx changed state to ALARM: Threshold Crossed.', 'orders 5xx', 'alarm'],
    ['The alarm "orders" changed its state from ALARM to OK.', 'orders', 'ok'],
    ['ALARM: "orders-5xx" in EU (Ireland)', 'orders-5xx', 'alarm'],
    ['OK: "orders-5xx" in EU (Ireland)', 'orders-5xx', 'ok'],
    [
      'Your CloudWatch Alarm "orders-5xx" in the EU (Ireland) region has entered the ALARM state',
      'orders-5xx',
      'alarm',
    ],
    ['Alarm Details:\n- Name:       orders-5xx\n- State Change:   OK -> ALARM', 'orders-5xx', 'alarm'],
    ['{"AlarmName":"orders-5xx","NewStateValue":"ALARM","OldStateValue":"OK"}', 'orders-5xx', 'alarm'],
    ['{"AlarmName":"orders-5xx","NewStateValue":"INSUFFICIENT_DATA"}', 'orders-5xx', 'ok'],
    ['[FIRING:1] orders-5xx (prod)', 'orders-5xx', 'alarm'],
    ['[FIRING:1, RESOLVED:1] orders-5xx', 'orders-5xx', 'alarm'],
    ['[RESOLVED] orders-5xx', 'orders-5xx', 'ok'],
    ['Triggered: orders 5xx is high', 'orders 5xx is high', 'alarm'],
    ['🚨 Triggered: orders-5xx', 'orders-5xx', 'alarm'],
    ['Recovered: orders-5xx', 'orders-5xx', 'ok'],
    ['[P1] [Triggered] orders-5xx', 'orders-5xx', 'alarm'],
    ['Triggered #42: orders-5xx', 'orders-5xx', 'alarm'],
  ] as const)('%s', (text, name, state) => {
    expect(read(text)).toMatchObject({ targets: [`alarm:${name}`], state, looksLikeAlarm: true });
  });

  test.each([
    'The host could not be resolved.',
    'Deployment of orders finished.',
    'At this stage: nothing.',
    'unresolved symbol',
    '',
  ])('%j is no alarm', text => {
    expect(read(text)).toMatchObject({ targets: [], stage: null, state: null, looksLikeAlarm: false });
  });
});

describe('posts of alerting tools', () => {
  test('Grafana and Alertmanager: title, labels, footer of an attachment', () => {
    const post = readPost({
      attachments: [
        {
          fallback: '[FIRING:1] OrdersErrors (orders)',
          title: '[FIRING:1] OrdersErrors (orders)',
          title_link: 'https://grafana.example.com/alerting/list',
          text: '**Firing**\n\nLabels:\n - alertname = OrdersErrors\n - ApiName = orders-api\n - Stage = prod\n - region = eu-west-1\n',
          footer: 'Grafana v12',
        },
      ],
    });
    expect(post).toMatchObject({
      targets: ['orders-api', alarmArn('OrdersErrors')],
      region: 'eu-west-1',
      stage: 'prod',
      state: 'alarm',
    });
  });

  test('Datadog: tags in one line', () => {
    const post = readPost({
      attachments: [
        {
          title: 'Triggered: Orders API 5xx',
          title_link: 'https://app.datadoghq.eu/monitors/1',
          text: 'Tags: apiname:orders-api, stage:prod, region:eu-west-1, aws_account:123456789012',
        },
      ],
    });
    expect(post).toMatchObject({ region: 'eu-west-1', accountId: '123456789012', stage: 'prod', state: 'alarm' });
    expect(post.targets[0]).toBe('orders-api');
  });

  test('PagerDuty: fields of an attachment', () => {
    const post = readPost({
      attachments: [
        {
          title: 'Triggered #1234: orders-5xx',
          fields: [
            { title: 'Service', value: 'Orders', short: true },
            { title: 'ApiId', value: 'a1b2c3d4e5' },
          ],
        },
      ],
    });
    expect(post).toMatchObject({ targets: ['a1b2c3d4e5', 'alarm:orders-5xx'], state: 'alarm' });
  });

  test('rich text and tables are read as their lines', () => {
    const text = (value: string, style?: object) => ({ type: 'text', text: value, ...style });
    const post = readPost({
      blocks: [
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'emoji', name: 'fire' },
                text('The alarm '),
                text('orders-5xx', { style: { bold: true } }),
                text(' changed state to ALARM, see '),
                { type: 'link', url: consoleLink('orders-5xx'), text: 'here' },
              ],
            },
          ],
        },
        {
          type: 'table',
          rows: [
            [
              { type: 'raw_text', text: 'Stage' },
              { type: 'raw_text', text: 'prod' },
            ],
          ],
        },
      ],
    });
    expect(post).toMatchObject({ targets: [alarmArn('orders-5xx')], stage: 'prod', state: 'alarm' });
    expect(post.excerpt).toBe('The alarm orders-5xx changed state to ALARM, see here Stage: prod');
  });
});

describe('untrusted text', () => {
  test('is unescaped once', () => {
    expect(read('The alarm a &amp;lt;b&gt; &amp; c changed state to OK').targets).toEqual(['alarm:a &lt;b> & c']);
  });

  test('loses what would not be seen', () => {
    const post = read('The alarm ord\u202eers\u200b-\u00ad5xx\u0007 changed state to ALARM');
    expect(post.targets).toEqual(['alarm:orders-5xx']);
    expect(post.excerpt).toBe('The alarm orders-5xx changed state to ALARM');
  });

  test('has its secrets masked, also those that a link encodes', () => {
    const post = read(
      `Authorization: Bearer abc.def.ghi123456\nThe alarm jane@example.com changed state to ALARM\n${consoleLink('jane%2540example.com')}`,
    );
    expect(JSON.stringify(post)).not.toMatch(/ghi123456|jane@/);
    expect(post.targets).toEqual([alarmArn('[masked: e-mail address]')]);
  });

  test('mentions and dates say their label at most', () => {
    expect(read('<!here> <@U0ALICE> <#C0|ops> <!date^1^{date}|today> <mailto:a|b> x').excerpt).toBe('ops today b x');
  });

  test('is bounded in size, depth and number', () => {
    let deep: unknown = { type: 'section', text: { type: 'mrkdwn', text: 'too deep' } };
    for (let i = 0; i < 10_000; i++) deep = i % 2 ? [deep] : { type: 'container', blocks: deep };
    const many = Array.from({ length: 5_000 }, (_, i) => ({ type: 'divider', text: `The alarm a${i} changed state` }));
    expect(readPost({ text: 'x'.repeat(5_000_000), blocks: [deep] }).excerpt).toHaveLength(300);
    expect(readPost({ blocks: [deep] }).excerpt).toBe('');
    expect(readPost({ blocks: many }).targets).toHaveLength(8);
  });

  test.each([
    ['the alarm ', 3_000],
    ['ApiName=', 3_000],
    ['alarm alert incident ', 1_000],
    [`${consoleLink('%25'.repeat(50))} `, 200],
    ['<https://a|', 2_000],
    ['CloudWatch Alarm | ', 1_500],
    [':x: ', 5_000],
    ['*', 20_000],
  ])('%j many times is read in time', (part, times) => {
    const started = process.cpuUsage();
    readPost({ text: part.repeat(times) });
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000);
  });

  test.each([[null], [undefined], ['text'], [1], [[]], [{}], [{ text: 1, blocks: 2, attachments: {} }]])(
    '%j points to nothing',
    message => {
      expect(readPost(message)).toMatchObject({ targets: [], looksLikeAlarm: false, excerpt: '' });
    },
  );
});

test('what is found is read as a target', () => {
  const { targets } = read(`The alarm orders 5xx changed state to ALARM in eu-west-1\nApiName = orders-api`);
  expect(targets.map(parseTarget)).toEqual([
    { kind: 'alarm', name: 'orders 5xx', region: 'eu-west-1', accountId: null },
    { kind: 'name', name: 'orders-api' },
  ]);
});
