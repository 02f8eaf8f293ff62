// Loaded into the bot's process before the bot, and tells over IPC what only that process can see. Plain JavaScript, so
// that measuring loads nothing that the bot itself does not load.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const loop = monitorEventLoopDelay({ resolution: 1 });
const mb = bytes => Math.round((bytes / 1024 / 1024) * 10) / 10;

process.on('message', asked => {
  if (asked === 'begin') {
    loop.reset();
    loop.enable();
  }
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  process.send({
    rssMb: mb(rss),
    heapUsedMb: mb(heapUsed),
    heapTotalMb: mb(heapTotal),
    externalMb: mb(external),
    eventLoopP999Ms: Math.round(loop.percentile(99.9) / 1e5) / 10,
    eventLoopMaxMs: Math.round(loop.max / 1e5) / 10,
  });
});
// It ends with the benchmark, however that ends.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel.unref();
