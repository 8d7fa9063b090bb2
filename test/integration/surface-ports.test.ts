import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../src/base/index.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { findFreePort, openSurfaceDoor } from '../support/surface-door.ts';
import { waitUntil } from '../support/wait-until.ts';

const surfaces = { rest: true, a2a: true, ui: true };

test('a port is there as long as its deployment is', async (context) => {
  const door = await openSurfaceDoor(context, { routes: (_request, response) => void response.end('ok') });
  assert.equal(await (await fetch(`${door.ownUrl}/api`)).text(), 'ok');
  assert.deepEqual(door.gateway.missingPorts, []);
  door.registry.withdraw('shop-1');
  await waitUntil('the port is closed', () =>
    fetch(door.ownUrl).then(
      () => false,
      () => true,
    ),
  );
  door.announce();
  await waitUntil('the port is open again', () =>
    fetch(`${door.ownUrl}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

test('a deployment that is replaced keeps its port, and what is asked there goes to the new one', async (context) => {
  const door = await openSurfaceDoor(context, { routes: (_request, response) => void response.end('old') });
  const kept = await fetch(`${door.ownUrl}/api`);
  assert.equal(await kept.text(), 'old');
  door.announce(
    {},
    { rest: undefined, meta: { name: 'shop', version: '3.0.0', description: '', author: '', builtAtMs: undefined } },
  );
  const meta = (await (await fetch(`${door.ownUrl}/meta`)).json()) as { version: string };
  assert.equal(meta.version, '3.0.0');
});

test('a port that another program has is said and shown, and had as soon as it is free', async (context) => {
  const clock = createManualClock();
  const said: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (message, fields) => void said.push([message, fields]) };
  const door = await openSurfaceDoor(context, { page: { 'index.html': 'x' }, gateway: { clock, logger } });
  const port = await findFreePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  door.announce({}, { ports: { http: port, grpc: port + 10_000 } });
  await clock.advance(10);
  await waitUntil('it is said', () => said.length === 1);
  assert.deepEqual(door.gateway.missingPorts, [{ deploymentId: 'shop-1', port, reason: 'EADDRINUSE' }]);
  assert.equal((await fetch(`${door.url}/`)).status, 200);
  other.close();
  await once(other, 'close');
  await clock.advance(5_000);
  const isHad = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil('it is had', isHad);
  assert.deepEqual(door.gateway.missingPorts, []);
});

test('how a deployment is can be asked on its port and below the front door', async (context) => {
  const page = { 'index.html': 'x' };
  const door = await openSurfaceDoor(context, { page, routes: (_request, response) => void response.end('ok') });
  const ask = async (url: string): Promise<readonly [number, Record<string, unknown>]> => {
    const response = await fetch(url);
    const { timestamp, ...body } = (await response.json()) as Record<string, unknown>;
    if (!url.endsWith('/meta')) assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT.*Z$/);
    return [response.status, body];
  };
  for (const url of [door.url, door.ownUrl]) {
    door.announce();
    const worker = { port: door.port, grpc_port: door.port + 10_000, grpc_enabled: true, agent_id: 'shop' };
    const known = { ...worker, package: 'shop', package_id: 'shop@2.0.0' };
    const healthy = { ...known, status: 'healthy', agent_status: 'healthy' };
    assert.deepEqual(await ask(`${url}/health`), [200, { ok: true, surfaces, ...healthy }]);
    assert.deepEqual(await ask(`${url}/a2a/health`), [200, { ok: true, service: 'a2a', port: door.port + 10_000 }]);
    assert.deepEqual(await ask(`${url}/ui/health`), [200, { ok: true, service: 'ui' }]);
    const [, meta] = await ask(`${url}/meta`);
    assert.deepEqual(meta, {
      ...{ name: 'shop', version: '2.0.0', description: 'Sells things.', author: 'Ada' },
      ...{ build_time: '2023-11-14T22:13:20.000Z', surfaces },
    });
    door.announce({ status: 'starting' });
    const starting = { ...known, status: 'starting', agent_status: 'starting' };
    assert.deepEqual(await ask(`${url}/health`), [503, { ok: false, surfaces, ...starting }]);
    assert.equal((await ask(`${url}/ui/health`))[0], 503);
    assert.equal((await ask(`${url}/a2a/health`))[1]['ok'], false);
  }
});

test('what a deployment does not have has no health', async (context) => {
  const door = await openSurfaceDoor(context, {});
  door.announce({}, { a2a: false });
  for (const path of ['/a2a/health', '/ui/health', '/anything']) {
    assert.equal((await fetch(door.ownUrl + path)).status, 404, path);
  }
  const health = await fetch(`${door.url}/health`);
  assert.equal(health.status, 200);
  assert.deepEqual(((await health.json()) as { surfaces: object }).surfaces, { rest: false, a2a: false, ui: false });
});

test('the fabric’s own agent, which is no deployment, has health too', async (context) => {
  const door = await openSurfaceDoor(context);
  assert.equal((await fetch(`${door.gateway.url}/agents/fabric/health`)).status, 200);
  assert.equal((await fetch(`${door.gateway.url}/agents/fabric/`)).status, 404);
});
