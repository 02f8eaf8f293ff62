/**
 * The bot of bench:crash, to be killed: the whole program, with its settings from the environment. Only AWS's endpoint
 * and SNS's host are the benchmark's own. Arguments: both addresses. Says on which port it listens.
 */
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/telemetry.ts';

const [endpoint = '', snsHost = ''] = process.argv.slice(2);
const app = await createApp(readConfig('serve'), {
  endpoint,
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  host: '127.0.0.1',
  log: createLog('warn'),
  fetch: (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    return url.startsWith('https://sns.') ? fetch(`${snsHost}?url=${encodeURIComponent(url)}`) : fetch(input, init);
  },
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', async () => {
  await app.stop();
  process.exit();
});
const { port } = await app.start();
process.send?.({ port });
