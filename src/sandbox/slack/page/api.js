/** What the page asks of the sandbox. */

/** Posts one deed of the person; answers what the workspace shows of it. */
export async function act(deed, body) {
  try {
    const response = await fetch(`/sandbox/${deed}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: 'the sandbox does not answer' };
  }
}

export async function readState(userId) {
  const response = await fetch(`/sandbox/state?user=${encodeURIComponent(userId ?? '')}`);
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
  return response.json();
}

/** Follows what changes for a person; `onOpen` is called at each connection, the first included. */
export function follow(userId, { onOpen, onChange, onLost }) {
  const source = new EventSource(`/sandbox/events?user=${encodeURIComponent(userId)}`);
  source.addEventListener('open', onOpen);
  source.addEventListener('message', event => onChange(JSON.parse(event.data)));
  source.addEventListener('error', onLost);
  return () => source.close();
}
