import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { answer, createHttpServer, type Handler } from '../src/server.ts';
import { silent } from './investigations/fixtures.ts';

async function serve(routes: Record<string, Handler>) {
  const server = createHttpServer(routes, silent);
  const port = await server.listen(0);
  onTestFinished(() => server.close(0));
  return { server, port, url: `http://127.0.0.1:${port}` };
}

const ok: Handler = (_request, response) => answer(response, 200, 'Yes.');

test('a route is its method and path; the query is not part of it', async () => {
  const { url } = await serve({ 'GET /healthz': ok, 'POST /slack/events': ok });
  expect((await fetch(`${url}/healthz?probe=1`)).status).toBe(200);
  expect((await fetch(`${url}/slack/events`, { method: 'POST' })).status).toBe(200);
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/healthz/x`)).status).toBe(404);
  const wrong = await fetch(`${url}/healthz`, { method: 'DELETE' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
});

test('names that every object has are no routes', async () => {
  const { url } = await serve({ 'GET /healthz': ok });
  expect((await fetch(`${url}/constructor`)).status).toBe(404);
});

test('a handler that fails is answered 500, without what failed', async () => {
  const { url } = await serve({
    'GET /': () => Promise.reject(new Error('hunter2')),
    'GET /half': (_request, response) => {
      response.write('half');
      throw new Error('late');
    },
  });
  const answered = await fetch(url);
  expect(answered.status).toBe(500);
  expect(await answered.text()).not.toContain('hunter2');
  await expect(fetch(`${url}/half`).then(half => half.text())).rejects.toThrow();
});

test('headers that are too large are refused', async () => {
  const { port } = await serve({ 'GET /': ok });
  const status = await new Promise(resolve => {
    const asking = httpRequest({ port, host: '127.0.0.1', headers: { 'x-large': 'a'.repeat(20_000) } });
    asking.on('response', response => resolve(response.resume().statusCode));
    asking.end();
  });
  expect(status).toBe(431);
});

test('what is no HTTP is refused and does no harm', async () => {
  const { port, url } = await serve({ 'GET /': ok });
  const answered = await new Promise<string>(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write('\u0016\u0003\u0001 hello\r\n\r\n'));
    let text = '';
    socket.on('data', data => {
      text += data;
    });
    socket.on('close', () => resolve(text));
  });
  expect(answered).toMatch(/^HTTP\/1\.1 400/);
  expect((await fetch(url)).status).toBe(200);
});

test('a close lets a request under way end, and cuts off what does not', async () => {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { server, url } = await serve({
    'GET /slow': async (_request, response) => {
      begun.resolve();
      await gate.promise;
      answer(response, 200, 'Done.');
    },
  });
  const asking = fetch(`${url}/slow`);
  await begun.promise;
  const closing = server.close(60_000);
  gate.resolve();
  expect((await asking).status).toBe(200);
  await closing;
  await expect(fetch(url)).rejects.toThrow();

  const other = await serve({ 'GET /never': () => begun.resolve() });
  const cut = fetch(`${other.url}/never`);
  cut.catch(() => undefined);
  await begun.promise;
  await other.server.close(0);
  await expect(cut).rejects.toThrow();
});

test('a port that is taken is an error with its code', async () => {
  const { port } = await serve({});
  const second = createHttpServer({}, silent);
  await expect(second.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await second.close(0);
});
