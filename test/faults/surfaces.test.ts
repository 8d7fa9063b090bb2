import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { SurfacePlace } from '../../src/registry/index.ts';
import type { DeploymentView, DeployRequest } from '../../src/runtime/index.ts';
import { askSurface, readSurface } from '../support/surface-request.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  type After,
  createAfter,
  createFolder,
  startNode,
  type TestNode,
  until,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

const shapes = join(import.meta.dirname, '..', 'fixtures', 'shapes');
const ports = { first: 23_000, last: 23_400, host: '127.0.0.1', reserved: [] } as const;

interface Fixture {
  readonly node: TestNode;
  readonly folder: string;
}

async function start(after: After, folder?: string): Promise<Fixture> {
  const place = folder ?? (await createFolder(after));
  const node = await startNode(place, { ports, workers: { drainGraceMs: 20_000 } });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { node, folder: place };
}

async function deploy({ node }: Fixture, request: Partial<DeployRequest> = {}): Promise<DeploymentView> {
  const source = { kind: 'folder', path: join(shapes, 'node-surfaces') } as const;
  const { id, createdAtMs } = await node.runtime.deploy({ source, deploymentId: 'surfaces-1', ...request });
  return until(node.runtime, id, (view) => view.status === 'healthy' && view.createdAtMs === createdAtMs);
}

function take({ node }: Fixture): SurfacePlace {
  const place = node.registry.find('node-surfaces').surfaces?.rest?.take();
  assert.ok(place, 'no worker takes requests');
  return place;
}

test('a request is counted and is activity; a stop waits for it and takes no further ones', {
  timeout: 60_000,
}, async (t) => {
  const fixture = await start(createAfter(t));
  const { runtime, registry } = fixture.node;
  await deploy(fixture);
  assert.equal(runtime.get('surfaces-1').lastActivityAtMs, undefined);
  const place = take(fixture);
  const held = await askSurface({ ...place, path: '/hold' });
  const { inFlight, lastActivityAtMs } = runtime.get('surfaces-1');
  assert.equal(inFlight, 1);
  assert.ok(lastActivityAtMs !== undefined);
  const rest = registry.find('node-surfaces').surfaces?.rest;
  const stopped = runtime.stop('surfaces-1');
  await until(runtime, 'surfaces-1', ({ status }) => status === 'stopping');
  assert.equal(rest?.take(), undefined);
  // The worker still listens: requests that had their place may just be on their way.
  assert.equal((await readSurface({ ...place, path: '/let-go' })).text, '1');
  assert.equal(await text(held), 'held and let go');
  assert.equal(runtime.get('surfaces-1').status, 'stopping');
  place.release();
  assert.equal((await stopped).status, 'stopped');
});

test('while a deployment is replaced again and again, no request fails', { timeout: 90_000 }, async (t) => {
  const fixture = await start(createAfter(t));
  await deploy(fixture);
  const load = { on: true, answered: 0 };
  const askOn = async (): Promise<void> => {
    while (load.on) {
      const place = take(fixture);
      assert.deepEqual(await readSurface({ ...place, path: '/x' }), { status: 200, text: 'root /x' });
      place.release();
      load.answered++;
    }
  };
  const callers = Promise.all([askOn(), askOn(), askOn()]);
  callers.catch(() => {});
  for (let round = 0; round < 3; round++) {
    const before = load.answered;
    await deploy(fixture);
    await Promise.race([callers, waitUntil('requests go on', () => load.answered > before)]);
  }
  await fixture.node.runtime.restart('surfaces-1');
  load.on = false;
  await callers;
});

test('requests go to the least busy worker', { timeout: 60_000 }, async (t) => {
  const fixture = await start(createAfter(t));
  await deploy(fixture, { replicas: 3 });
  const places = [take(fixture), take(fixture), take(fixture)];
  assert.equal(new Set(places.map(({ socketPath }) => socketPath)).size, 3);
  const freed = places[1]?.socketPath;
  places[1]?.release();
  places[1] = take(fixture);
  assert.equal(places[1].socketPath, freed);
  for (const { inFlight } of fixture.node.runtime.get('surfaces-1').workers) assert.equal(inFlight, 1);
  for (const place of places) place.release();
});

test('a worker that is killed loses its socket, and the next one serves on another', { timeout: 60_000 }, async (t) => {
  const fixture = await start(createAfter(t));
  const { workers } = await deploy(fixture);
  const { socketPath, release } = take(fixture);
  release();
  assert.equal(statSync(dirname(socketPath)).mode & 0o777, 0o700);
  process.kill(workers[0]?.pid ?? 0, 'SIGKILL');
  await until(fixture.node.runtime, 'surfaces-1', ({ status }) => status === 'starting');
  await untilHealthy(fixture.node.runtime, 'surfaces-1');
  const next = take(fixture);
  assert.notEqual(next.socketPath, socketPath);
  assert.equal((await readSurface({ ...next, path: '/' })).status, 200);
  next.release();
  await waitUntil('the socket of the dead worker is gone', () => !existsSync(dirname(socketPath)));
});

test('ports belong to a deployment id: a replacement and the node after a restart have them, too', {
  timeout: 60_000,
}, async (t) => {
  const after = createAfter(t);
  const fixture = await start(after);
  const first = await deploy(fixture);
  assert.equal(first.ports?.grpc, (first.ports?.http ?? 0) + 10_000);
  const other = await deploy(fixture, { deploymentId: 'surfaces-2', agentId: 'other' });
  assert.notEqual(other.ports?.http, first.ports?.http);
  assert.deepEqual((await deploy(fixture)).ports, first.ports);
  await fixture.node.component.stop(AbortSignal.timeout(5_000));
  const again = await start(after, fixture.folder);
  const back = await untilHealthy(again.node.runtime, 'surfaces-1');
  assert.deepEqual(back.ports, first.ports);
  assert.deepEqual(again.node.registry.find('surfaces-1').surfaces?.ports, first.ports);
});

test('when the node has stopped, no folder of a socket is left', { timeout: 60_000 }, async (t) => {
  const fixture = await start(createAfter(t));
  await deploy(fixture);
  const { socketPath, release } = take(fixture);
  release();
  const root = dirname(dirname(socketPath));
  // One for its HTTP, one for its gRPC.
  assert.equal(readdirSync(root).length, 2);
  await fixture.node.component.stop(AbortSignal.timeout(5_000));
  assert.equal(existsSync(root), false);
});

test('a package that has nothing to serve fails, and says what is missing', { timeout: 60_000 }, async (t) => {
  const after = createAfter(t);
  const { node, folder } = await start(after);
  const page = 'name: page\nversion: 1.0.0\nui: {path: ui}\n';
  const packages = {
    'no-index': { 'agent.yaml': page, 'other.html': '' },
    'nothing-exposed': { 'agent.yaml': page, 'deploy.json': '{"expose": ["rest"]}' },
    'bad-expose': { 'agent.yaml': page, 'deploy.json': '{"expose": "ui"}' },
  };
  const messages: string[] = [];
  for (const [name, files] of Object.entries(packages)) {
    const source = await writePackage(folder, name, files);
    await node.runtime.deploy({ source, deploymentId: name, agentId: `agent-${name}` });
    messages.push((await until(node.runtime, name, ({ status }) => status === 'failed')).message ?? '');
  }
  assert.match(messages[0] ?? '', /nothing but a page, and there is no index\.html/);
  assert.match(
    messages[1] ?? '',
    /nothing but a page, and there is no index\.html in it\. .* expose more in deploy\.json/,
  );
  assert.match(messages[2] ?? '', /deploy\.json is not valid: "expose" must be a list/);
});

test('a program with a worker beside it has failed when the worker cannot start', { timeout: 60_000 }, async (t) => {
  const { node, folder } = await start(createAfter(t));
  const source = await writePackage(folder, 'mixed', {
    'agent.yaml':
      'name: mixed\nversion: 1.0.0\nruntime: node24\ncommand: ["{node}", p.mjs]\nexports: [{name: say}]\nrest: {entry: "r:mount"}\n',
    'p.mjs': 'console.log("{}")',
    'r.mjs': 'export const other = 1;',
  });
  await node.runtime.deploy({ source, deploymentId: 'mixed-1', restart: { mode: 'never' } });
  const { message } = await until(node.runtime, 'mixed-1', ({ status }) => status === 'failed');
  assert.match(message ?? '', /rest\.entry: module "r" exports no function "mount"/);
});
