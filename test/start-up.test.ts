import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './investigations/fixtures.ts';

/** Wires the whole bot and tells which SDK clients were loaded for it, and which one read loads. */
const script = `
import { registerHooks } from 'node:module';
const loaded = new Set();
registerHooks({
  resolve(specifier, context, next) {
    if (/@aws-sdk\\/client-/.test(specifier)) loaded.add(specifier);
    return next(specifier, context);
  },
});
const root = process.env.ROOT;
const { createApp, openAws } = await import(root + 'src/app.ts');
const { parseConfig } = await import(root + 'src/config.ts');
const { createLog } = await import(root + 'src/telemetry.ts');
const config = parseConfig({
  SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's'.repeat(32), AWS_REGION: 'eu-west-1', DATA_DIR: process.env.FOLDER,
  SLACK_API_URL: 'http://127.0.0.1:9/', PORT: '0',
}, 'serve');
const app = await createApp(config, { log: createLog('silent') });
const atStart = [...loaded];
const access = await openAws({
  region: 'eu-west-1', endpoint: 'http://127.0.0.1:9', clock: () => new Date(),
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, timeouts: { totalMs: 50 },
});
const { send } = await access.open(null, null);
await send('lambda:GetPolicy', { FunctionName: 'f' }).catch(() => undefined);
console.log(JSON.stringify({ atStart, afterOneRead: [...loaded] }));
process.exit();
`;

test('no SDK client is loaded before it is used, and then only that one', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ROOT: new URL('../', import.meta.url).href, FOLDER: temporaryFolder() },
  });
  expect(JSON.parse(stdout)).toEqual({ atStart: [], afterOneRead: ['@aws-sdk/client-lambda'] });
});
