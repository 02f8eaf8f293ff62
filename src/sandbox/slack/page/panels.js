/** Beside the channel: the incidents to pick from, and what AWS was asked. */
import { act } from './api.js';
import { byId, codeWords, h, keepingFocus } from './dom.js';
import { formatDate } from './mrkdwn.js';
import { store } from './store.js';

let typing = () => {};

/** @param {(line: string) => void} type writes a command into the box */
export function drawIncidents(type) {
  typing = type;
  const container = byId('incidents');
  keepingFocus(container, () =>
    container.replaceChildren(
      h(
        'ul',
        { class: 'incident-list' },
        store.incidents.map(incident => drawIncident(incident, type)),
      ),
    ),
  );
}

function drawIncident(incident, type) {
  const picked = incident.id === store.picked;
  const id = `incident-${incident.id}`;
  return h(
    'li',
    { class: picked ? 'incident picked' : 'incident' },
    h(
      'button',
      {
        type: 'button',
        class: 'incident-title',
        'data-key': id,
        'aria-expanded': String(picked),
        'aria-controls': `${id}-more`,
        onclick: () => pick(incident.id, incident.mended),
      },
      h('span', { class: incident.mended || incident.healthy ? 'dot well' : 'dot broken', 'aria-hidden': 'true' }),
      h('span', {}, incident.title),
      incident.mended ? h('small', {}, 'mended') : null,
    ),
    h(
      'div',
      { id: `${id}-more`, class: 'incident-more', hidden: !picked },
      h('p', {}, incident.story),
      incident.mendable
        ? h(
            'div',
            { class: 'switch', role: 'group', 'aria-label': 'State of this incident' },
            choice(incident, false, 'Broken'),
            choice(incident, true, 'Mended'),
          )
        : null,
      h(
        'button',
        {
          type: 'button',
          class: 'command',
          'data-key': `${id}-type`,
          onclick: () => type(incident.command),
          'aria-label': `Type ${incident.command}`,
        },
        h('code', {}, codeWords(incident.command)),
        h('span', {}, 'type it'),
      ),
      incident.alarm === null ? null : alarmButtons(incident),
    ),
  );
}

/** The alarm as AWS tells it to the bot, and as another app posts it in the channel that is looked at. */
function alarmButtons(incident) {
  const id = `incident-${incident.id}`;
  const busy = store.alarm?.busy;
  const button = (key, label, deed, body) =>
    h(
      'button',
      {
        type: 'button',
        class: 'button',
        'data-key': `${id}-${key}`,
        'aria-busy': busy === key ? 'true' : null,
        'aria-disabled': busy ? 'true' : null,
        onclick: () => (busy ? null : raise(key, () => act(deed, body()))),
      },
      h('span', {}, label),
    );
  const channelId = () => {
    const channels = [...store.channels.values()].filter(channel => channel.kind !== 'im' && !channel.archived);
    return (channels.find(channel => channel.id === store.place.id) ?? channels[0]).id;
  };
  return h(
    'div',
    { class: 'alarm', role: 'group', 'aria-label': `Alarm ${incident.alarm}` },
    h('p', {}, 'Alarm ', h('code', {}, incident.alarm)),
    button('fires', 'Alarm fires', 'alarm', () => ({ state: 'ALARM' })),
    button('recovers', 'Alarm recovers', 'alarm', () => ({ state: 'OK' })),
    button('post', 'Another app posts it here', 'alarm-post', () => ({ channelId: channelId() })),
    store.alarm?.said ? h('p', { class: store.alarm.ok ? 'said' : 'failed', role: 'status' }, store.alarm.said) : null,
  );
}

const told = {
  fires: 'AWS has told the bot that it fires.',
  recovers: 'AWS has told the bot that it recovered.',
  post: 'Posted. React with the magnifying glass.',
};

/** What came of it stands below the buttons, which are drawn anew meanwhile: firing picks the broken world. */
async function raise(key, deed) {
  store.alarm = { busy: key };
  drawIncidents(typing);
  const shown = await deed();
  store.alarm = { ok: shown.ok, said: shown.ok ? told[key] : `⚠ ${shown.error}` };
  drawIncidents(typing);
}

function pick(id, mended) {
  store.alarm = null;
  return act('pick', { id, mended });
}

function choice(incident, mended, label) {
  return h(
    'button',
    {
      type: 'button',
      'data-key': `incident-${incident.id}-${label}`,
      'aria-pressed': String(incident.mended === mended),
      onclick: () => pick(incident.id, mended),
    },
    label,
  );
}

/** Calls that follow each other within this time are one run. */
const pauseMs = 1500;

export function drawCalls() {
  byId('calls-count').textContent = String(store.calls.length);
  const body = byId('calls-body');
  if (byId('calls').hidden) return;
  const runs = runsOf(store.calls);
  body.replaceChildren(
    h(
      'p',
      { class: 'hint' },
      'Every read of AWS: the latest run on top, the calls of a run oldest first. Bars show when each was asked and how long the answer took.',
    ),
    ...(runs.length === 0 ? [h('p', { class: 'empty' }, 'Nothing yet. Run the command.')] : []),
    ...runs.reverse().map(drawRun),
    h(
      'details',
      { class: 'try' },
      h('summary', {}, 'The same from a terminal'),
      h('pre', { tabindex: 0 }, h('code', {}, codeWords(store.tryLine))),
    ),
  );
}

function runsOf(calls) {
  const runs = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    const at = Date.parse(call.at);
    if (at - end > pauseMs) runs.push([]);
    runs.at(-1).push(call);
    end = Math.max(end, at + call.durationMs);
  }
  return runs;
}

function drawRun(calls) {
  const ordered = [...calls].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const start = Date.parse(ordered[0].at);
  const end = Math.max(...calls.map(call => Date.parse(call.at) + call.durationMs));
  const span = Math.max(end - start, 1);
  return h(
    'section',
    { class: 'run' },
    h(
      'h3',
      {},
      `${calls.length} ${calls.length === 1 ? 'call' : 'calls'} in ${end - start} ms`,
      h('small', {}, formatDate(start / 1000, '{time_secs}')),
    ),
    h(
      'ol',
      {},
      ordered.map(call => {
        const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
        bar.style.setProperty('--from', String((Date.parse(call.at) - start) / span));
        bar.style.setProperty('--length', String(call.durationMs / span));
        return h(
          'li',
          { class: call.error ? 'failed-call' : null },
          operationName(call.operation),
          bar,
          h('span', { class: 'ms' }, `${call.durationMs} ms`),
          call.error ? h('span', { class: 'why' }, call.error) : null,
        );
      }),
    ),
  );
}

/** Whole; where it does not fit, it goes on behind the name of the service. */
function operationName(operation) {
  const [service, name] = operation.split(/:(.*)/s);
  return h('code', {}, name === undefined ? service : [`${service}:`, h('wbr'), name]);
}
