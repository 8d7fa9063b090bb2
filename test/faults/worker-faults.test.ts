import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hasCode } from '../../src/base/index.ts';
import type { RuntimeOptions } from '../../src/runtime/index.ts';
import {
  call,
  createAfter,
  createFolder,
  createInvocation,
  execute,
  openPresence,
  type Presence,
  startNode,
  type TestNode,
  until,
  untilHealthy,
  wildAgent,
  writePackage,
} from './runtime-fixture.ts';

const options = { timeout: 60_000 };

interface Wild extends TestNode {
  readonly presence: Presence;
}

async function startWild(t: TestContext, change: Partial<RuntimeOptions> = {}, replicas = 1): Promise<Wild> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const presence = await openPresence(folder);
  const node = await startNode(folder, change);
  after(async () => {
    await node.component.stop(AbortSignal.timeout(5_000));
    presence.close();
  });
  const source = await writePackage(folder, 'wild', wildAgent);
  const environment = { PRESENCE: presence.path };
  await node.runtime.deploy({ source, deploymentId: 'wild-1', replicas, environment });
  await untilHealthy(node.runtime, 'wild-1');
  return { ...node, presence };
}

async function firstStatus(events: AsyncGenerator<unknown>): Promise<void> {
  await events.next();
}

test('a worker that is killed takes its own calls with it and is started again', options, async (t) => {
  const wild = await startWild(t);
  const first = await wild.presence.next('worker');
  const bystander = execute(wild, createInvocation('wild', 'wait'));
  await firstStatus(bystander);
  await assert.rejects(call(wild, 'wild', 'die'), (thrown) => hasCode(thrown, 'WORKER_LOST'));
  await assert.rejects(bystander.next(), (thrown) => hasCode(thrown, 'WORKER_LOST'));
  await first.gone;
  const second = await wild.presence.next('worker');
  assert.notEqual(second.pid, first.pid);
  const view = await untilHealthy(wild.runtime, 'wild-1');
  assert.equal(view.workers[0]?.restarts, 1);
  assert.match(view.workers[0]?.lastExit ?? '', /SIGKILL/);
});

test('other replicas notice nothing of a killed one', options, async (t) => {
  const wild = await startWild(t, {}, 2);
  const bystander = execute(wild, createInvocation('wild', 'wait'));
  await firstStatus(bystander);
  await assert.rejects(call(wild, 'wild', 'die'), (thrown) => hasCode(thrown, 'WORKER_LOST'));
  assert.equal(wild.runtime.get('wild-1').status, 'healthy');
  assert.equal((await call(wild, 'wild', 'echo', { parts: [{ text: 'still here' }] })).length, 2);
  await bystander.return(undefined);
});

test('a worker that stands still is found by its silence, killed and replaced', options, async (t) => {
  const wild = await startWild(t, { workers: { pingIntervalMs: 50, pingTimeoutMs: 300 } });
  const first = await wild.presence.next('worker');
  await assert.rejects(call(wild, 'wild', 'freeze'), (thrown) => hasCode(thrown, 'WORKER_LOST'));
  await first.gone;
  await untilHealthy(wild.runtime, 'wild-1');
  const messages = wild.runtime.logs('wild-1', 0, 100).map(({ message }) => message);
  assert.ok(messages.some((message) => message.includes('did not answer')));
});

test('a worker in an endless loop is killed and replaced', options, async (t) => {
  const wild = await startWild(t, { workers: { pingIntervalMs: 50, pingTimeoutMs: 300 } });
  const first = await wild.presence.next('worker');
  await assert.rejects(call(wild, 'wild', 'loop'), (thrown) => hasCode(thrown, 'WORKER_LOST'));
  await first.gone;
  await untilHealthy(wild.runtime, 'wild-1');
});

test('garbage on the socket ends the worker and its calls with WORKER_PROTOCOL', options, async (t) => {
  const wild = await startWild(t);
  const first = await wild.presence.next('worker');
  await assert.rejects(call(wild, 'wild', 'garbage'), (thrown) => hasCode(thrown, 'WORKER_PROTOCOL'));
  await first.gone;
  await wild.presence.next('worker');
  await untilHealthy(wild.runtime, 'wild-1');
});

test('cancelling a call stops its work and leaves the worker as it is', options, async (t) => {
  const wild = await startWild(t);
  const worker = await wild.presence.next('worker');
  const abort = new AbortController();
  const events = execute(wild, createInvocation('wild', 'wait', { signal: abort.signal }));
  await firstStatus(events);
  abort.abort();
  assert.deepEqual((await events.next()).value, { kind: 'end', state: 'canceled' });
  await events.next();
  assert.equal(wild.runtime.get('wild-1').workers[0]?.pid, worker.pid);
});

test(
  'a call that ignores its cancel costs the worker: a fresh one takes over, the old one ends',
  options,
  async (t) => {
    const wild = await startWild(t, { workers: { cancelGraceMs: 50 } });
    const first = await wild.presence.next('worker');
    const abort = new AbortController();
    const hanging = call(wild, 'wild', 'hang', { signal: abort.signal });
    setImmediate(() => abort.abort());
    assert.deepEqual(await hanging, [{ kind: 'end', state: 'canceled' }]);
    await first.gone;
    const second = await wild.presence.next('worker');
    assert.notEqual(second.pid, first.pid);
    await untilHealthy(wild.runtime, 'wild-1');
    assert.equal((await call(wild, 'wild', 'echo', { parts: [{ text: 'hello' }] })).at(-1)?.kind, 'end');
  },
);

test('a worker that crashes again and again makes the deployment fail, not loop', options, async (t) => {
  const wild = await startWild(t, { restart: { delayMs: 1, maxRestarts: 2, windowMs: 60_000 } });
  for (let crash = 0; crash < 3; crash++) {
    await untilHealthy(wild.runtime, 'wild-1');
    await assert.rejects(call(wild, 'wild', 'die'));
    await until(wild.runtime, 'wild-1', ({ status }) => status !== 'healthy');
  }
  const view = await until(wild.runtime, 'wild-1', ({ status }) => status === 'failed');
  assert.match(view.message ?? '', /restarted 2 times/);
});

test('stopping ends a worker that ignores SIGTERM, and its children', options, async (t) => {
  const wild = await startWild(t, { workers: { termGraceMs: 100 } });
  const worker = await wild.presence.next('worker');
  await call(wild, 'wild', 'stubborn');
  const child = await wild.presence.next('child');
  const view = await wild.runtime.stop('wild-1');
  assert.equal(view.status, 'stopped');
  await Promise.all([worker.gone, child.gone]);
});

test('a stream far larger than the credit window comes whole', options, async (t) => {
  const wild = await startWild(t, { workers: { windowBytes: 16_384 } });
  const events = await call(wild, 'wild', 'chunks', { parts: [{ data: { count: 200, size: 4_096 } }] });
  const chunks = events.filter((event) => event.kind === 'artifact' && event.artifact.parts.length > 0);
  assert.equal(chunks.length, 200);
});

test('a worker sees only what is allowed of the environment, and no files of the node', options, async (t) => {
  const held = openSync(fileURLToPath(import.meta.url), 'r');
  t.after(() => closeSync(held));
  const wild = await startWild(t, { nodeEnvironment: { ...process.env, SECRET_OF_THE_NODE: 'x' } });
  const [artifact] = await call(wild, 'wild', 'environment');
  assert.ok(artifact?.kind === 'artifact');
  const [part] = artifact.artifact.parts;
  assert.ok(part && 'data' in part);
  const seen = part.data as Record<string, string>;
  assert.equal(seen['SECRET_OF_THE_NODE'], undefined);
  assert.equal(seen['PAR_AGENT_ID'], 'wild');
  assert.equal(seen['PAR_MODE'], 'worker');
  assert.equal(seen['PARLEY_URL'], 'http://127.0.0.1:1');
  const listing = JSON.stringify(await call(wild, 'wild', 'files'));
  assert.match(listing, /3 socket/);
  assert.doesNotMatch(listing, /worker-faults/);
});
