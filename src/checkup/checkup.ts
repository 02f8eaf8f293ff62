/** Everything that `doctor` looks at. Each part is checked although another fails. */
import { openAws, regionOf } from '../app.ts';
import type { AccessOptions } from '../aws/access.ts';
import { type Config, ConfigError } from '../config.ts';
import { checkAws } from './aws.ts';
import { checkClock } from './clock.ts';
import { checkConfiguration } from './configuration.ts';
import { checkSlack } from './slack.ts';
import { checkStore } from './store.ts';
import type { Checkup, Line, OnDate } from './types.ts';

export interface CheckupSeams {
  clock: () => Date;
  fetch?: typeof globalThis.fetch;
  /** One endpoint for all of AWS, and who asks there, instead of what the SDK finds. */
  endpoint?: string;
  credentials?: AccessOptions['credentials'];
}

export async function checkUp(readConfig: () => Config, seams: CheckupSeams): Promise<Checkup> {
  const { clock, fetch = globalThis.fetch } = seams;
  const { config, lines } = checkConfiguration(readConfig);
  if (config === null) return { lines, nothingReadable: false };
  const time = checkClock(clock);
  const { slack: settings, alarms } = config;
  const [slack, aws, store] = await Promise.all([
    settings === null ? [] : checkSlack({ settings, alarms, fetch, onDate: time.listen('Slack') }),
    awsLines(config, seams, time.listen('AWS')),
    checkStore(config),
  ]);
  return { lines: [...lines, ...slack, ...store, ...aws.lines, ...time.lines()], nothingReadable: aws.nothingReadable };
}

async function awsLines(
  config: Config,
  { clock, endpoint, credentials }: CheckupSeams,
  onDate: OnDate,
): Promise<Checkup> {
  const { accounts, quotaShare } = config;
  try {
    const region = await regionOf(config);
    const access = await openAws({ region, accounts, quotaShare, endpoint, credentials, clock, onDate });
    try {
      return await checkAws(access, accounts, clock);
    } finally {
      access.close();
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map(
      (problem): Line => ({
        area: 'aws',
        subject: 'AWS_REGION',
        status: 'problem',
        finding: 'AWS was not asked, because no Region is known.',
        fix: problem,
      }),
    );
    return { lines, nothingReadable: true };
  }
}
