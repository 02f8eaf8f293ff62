/** The alarm of the incident that is picked: it fires and recovers, and reaches the bot as it would from AWS. */
import { alarmNotification, alarmPost, otherApp } from './alarm-message.ts';
import { datapoints } from './aws/derived/metrics.ts';
import type { AwsWire } from './aws/server.ts';
import { partitionOf } from './aws/world/lookup.ts';
import type { Alarm } from './aws/world/telemetry.ts';
import type { World } from './aws/world.ts';
import type { SandboxDesk } from './desk.ts';
import type { Desk } from './slack/page-server.ts';
import type { Sns } from './sns.ts';

/** Where the incident has a mended twin, its alarm fires in the one and recovers in the other, in the world too. */
export type Alarms = Pick<Desk, 'alarm' | 'alarmPost'>;

/** The topic that the alarms of a world notify. */
export function topicArnOf({ region, accountId }: World): string {
  return `arn:${partitionOf(region)}:sns:${region}:${accountId}:api-alarms`;
}

export function createAlarms(
  desk: Pick<SandboxDesk, 'current' | 'pick' | 'picker'>,
  wire: Pick<AwsWire, 'moment'>,
  sns: Pick<Sns, 'publish'>,
  /** Of the bot's webhook; null while there is none. */
  endpoint: () => string | null,
): Alarms {
  function picked(): { name: string; alarm: Alarm } {
    const { id, world } = desk.current();
    const [entry] = Object.entries(world.alarms);
    if (entry === undefined) throw new Error(`The incident ${id} has no alarm.`);
    return { name: entry[0], alarm: entry[1] };
  }

  function changeOf(state: Alarm['state'], oldState: Alarm['state']) {
    const { name, alarm } = picked();
    const { id, world } = desk.current();
    const moment = wire.moment(id);
    const { namespace = '', metric = '', dimensions = {}, period, stat } = alarm;
    const periodMs = period * 1000;
    // The period that is not over yet has no datapoint.
    const end = Math.floor(moment.now / periodMs) * periodMs;
    const points = datapoints(moment, { namespace, metric, dimensions }, stat, periodMs, end - periodMs, end);
    return {
      name,
      alarm,
      arn: `arn:${partitionOf(world.region)}:cloudwatch:${world.region}:${world.accountId}:alarm:${name}`,
      topicArn: topicArnOf(world),
      state,
      oldState,
      at: new Date(moment.now),
      datapoint: points.at(-1) ?? null,
    };
  }

  return {
    async alarm(state) {
      const url = endpoint();
      if (url === null) throw new Error('The bot has no webhook for alarms yet.');
      desk.pick(desk.picker().picked, state === 'OK');
      const { alarm } = picked();
      alarm.state = state;
      // Picking has made now the world's time zero.
      alarm.stateChangedAt = 0;
      // Only a change is told of.
      const change = changeOf(state, state === 'ALARM' ? 'OK' : 'ALARM');
      const { subject, message } = alarmNotification(change);
      await sns.publish(url, change.topicArn, message, subject);
    },
    alarmPost() {
      const { state } = picked().alarm;
      return { app: otherApp, post: alarmPost(changeOf(state, state)) };
    },
  };
}
