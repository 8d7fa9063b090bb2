import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '../base/index.ts';
import type { ControlRequest, ControlResponse, ControlRoute } from '../control/index.ts';
import { createFrontDoorServices, type FrontDoorServices } from '../testing/index.ts';
import { createGateway, type Gateway } from './index.ts';

interface Opened {
  readonly gateway: Gateway;
  readonly services: FrontDoorServices;
}

type Handle = ControlRoute['handle'];

async function open(
  context: TestContext,
  routes: Readonly<Record<string, Handle>>,
  access: ControlRoute['access'],
): Promise<Opened> {
  const gateway = createGateway({ port: 0, version: '0.0.0' });
  const services = createFrontDoorServices();
  await gateway.start();
  const controlRoutes = Object.entries(routes).map(([key, handle]): ControlRoute => {
    const [method, path] = key.split(' ') as [ControlRoute['method'], string];
    return { method, path: `/api/v1${path}`, access, handle };
  });
  gateway.admit({ ...services, controlRoutes });
  context.after(() => gateway.stop(AbortSignal.timeout(1_000)));
  return { gateway, services };
}

const echo: Handle = async ({ params, query, body, principal }: ControlRequest): Promise<ControlResponse> => ({
  status: 202,
  body: { params, query: Object.fromEntries(query), body: body ?? null, principal: principal.id },
});

test('an operator’s route gets its places decoded, its query and its body', async (context) => {
  const { gateway, services } = await open(context, { 'POST /things/{id}/parts/{part}': echo }, 'operator');
  const response = await fetch(`${gateway.url}/api/v1/things/a%2Fb/parts/c?limit=2`, {
    method: 'POST',
    body: '{"__proto__":{"x":1},"y":2}',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${services.operatorToken}` },
  });
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), {
    params: { id: 'a/b', part: 'c' },
    query: { limit: '2' },
    body: { y: 2 },
    principal: 'operator',
  });
});

test('an operator’s route is 401 without, with a wrong credential too, and 403 with a worker’s', async (context) => {
  let calls = 0;
  const count: Handle = async (request) => {
    calls++;
    return echo(request);
  };
  const { gateway, services } = await open(context, { 'GET /things': count }, 'operator');
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/things`, { headers });
  const none = await ask({});
  assert.equal(none.status, 401);
  assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer/);
  assert.equal(((await none.json()) as { error: { code: string } }).error.code, 'UNAUTHENTICATED');
  assert.equal((await ask({ authorization: 'Bearer wrong' })).status, 401);
  assert.equal((await ask({ authorization: `Bearer ${services.workerToken}` })).status, 403);
  assert.equal(calls, 0);
});

test('a public route needs no credential', async (context) => {
  const { gateway } = await open(context, { 'GET /things': echo }, 'public');
  const response = await fetch(`${gateway.url}/api/v1/things`);
  assert.equal(((await response.json()) as { principal: string }).principal, 'anonymous');
});

test('what a route throws is answered with its code, message and details', async (context) => {
  const refuse: Handle = () => {
    throw new ParleyError('CONFLICT', 'The id is taken.', { details: { id: 'x' } });
  };
  const { gateway } = await open(context, { 'DELETE /things/{id}': refuse }, 'public');
  const response = await fetch(`${gateway.url}/api/v1/things/x`, { method: 'DELETE' });
  assert.equal(response.status, 409);
  const error = { code: 'CONFLICT', message: 'The id is taken.', details: { id: 'x' } };
  assert.deepEqual(await response.json(), { error });
});

test('a body that is not JSON is refused before the route sees it', async (context) => {
  const { gateway } = await open(context, { 'POST /things': echo }, 'public');
  const post = async (body: string, type: string): Promise<number> =>
    (await fetch(`${gateway.url}/api/v1/things`, { method: 'POST', body, headers: { 'content-type': type } })).status;
  assert.equal(await post('{', 'application/json'), 400);
  assert.equal(await post('{}', 'text/plain'), 400);
});

test('a path or a method without a route is 404', async (context) => {
  const { gateway } = await open(context, { 'GET /things/{id}': echo }, 'public');
  for (const path of ['/api/v1/things', '/api/v1/things/', '/api/v1/things/a/b', '/api/v1/things/%zz']) {
    assert.ok([400, 404].includes((await fetch(gateway.url + path)).status), path);
  }
  assert.equal((await fetch(`${gateway.url}/api/v1/things/a`, { method: 'POST' })).status, 404);
});

test('fixed words win over places', async (context) => {
  const named: Handle = async () => ({ status: 200, body: 'named' });
  const { gateway } = await open(context, { 'GET /things/{id}': echo, 'GET /things/all': named }, 'public');
  assert.equal(await (await fetch(`${gateway.url}/api/v1/things/all`)).json(), 'named');
});

test('a route may answer events; a reader that comes back says where it was', async (context) => {
  const events: Handle = async ({ query, signal }) => ({
    status: 200,
    events: (async function* () {
      yield { id: '8', data: query.get('after') ?? '' };
      yield { data: 'two\nlines' };
      assert.equal(signal.aborted, false);
    })(),
  });
  const { gateway } = await open(context, { 'GET /events': events }, 'public');
  const response = await fetch(`${gateway.url}/api/v1/events`, { headers: { 'last-event-id': '7' } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(await response.text(), 'id: 8\ndata: 7\n\ndata: two\ndata: lines\n\n');
});

test('events that break off end with what happened', async (context) => {
  const events: Handle = async () => ({
    status: 200,
    events: (async function* () {
      yield { data: 'one' };
      throw new ParleyError('NOT_FOUND', 'It is gone.');
    })(),
  });
  const { gateway } = await open(context, { 'GET /events': events }, 'public');
  const text = await (await fetch(`${gateway.url}/api/v1/events`)).text();
  assert.match(text, /event: error\ndata: \{"error":\{"code":"NOT_FOUND"/);
});

test('events that a reader no longer wants are told so, and a stopping node ends them', async (context) => {
  const reasons: unknown[] = [];
  const events: Handle = async ({ signal }) => ({
    status: 200,
    events: (async function* () {
      yield { data: 'one' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push((signal.reason as ParleyError).code);
    })(),
  });
  const { gateway } = await open(context, { 'GET /events': events }, 'public');
  const leave = new AbortController();
  await fetch(`${gateway.url}/api/v1/events`, { signal: leave.signal });
  const staying = await fetch(`${gateway.url}/api/v1/events`);
  leave.abort();
  while (reasons.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await gateway.stop(AbortSignal.timeout(5_000));
  assert.match(await staying.text(), /^data: one\n\n: /);
  assert.deepEqual(reasons, ['CANCELED', 'UNAVAILABLE']);
});
