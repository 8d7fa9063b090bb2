import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecutionEvent } from '../../src/agents/index.ts';
import { BoundedQueue, hasCode, ParleyError } from '../../src/base/index.ts';
import type { Message } from '../../src/protocol/index.ts';
import type { HistoryEntry } from '../../src/runtime/index.ts';
import {
  call,
  createFileStore,
  createInvocation,
  execute,
  startNode,
  until,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';
import { startSpeakers, versionIn, versionOf } from './versions.ts';

const options = { timeout: 60_000 };

const task = { id: 't', contextId: 'c', messageId: 'm', metadata: {} };

const refusedAs = (code: 'CONFLICT' | 'NOT_FOUND' | 'VALIDATION_FAILED') => (thrown: unknown) => hasCode(thrown, code);

function currentOf(history: readonly HistoryEntry[]): readonly string[] {
  return history.filter(({ current }) => current).map(({ key }) => key);
}

test('a deployment grows and shrinks without losing a call, and keeps its size over a restart', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1, { replicas: 2 });
  const held = [1, 2, 3].map(() => call(node, 'speaker', 'hold'));
  const pids = new Set(await node.gate.arrived('hold', 3));
  assert.equal(pids.size, 2);
  await node.changes.scale('speaker', 3);
  await until(node.runtime, 's1', ({ workers }) => workers.filter(({ state }) => state === 'ready').length === 3);
  assert.equal((await node.changes.scale('s1', 1)).replicas, 1);
  const shrinking = await until(node.runtime, 's1', ({ workers }) => workers.length === 2);
  assert.deepEqual(shrinking.workers.map(({ state }) => state).sort(), ['draining', 'ready']);
  node.gate.open('hold');
  for (const events of await Promise.all(held)) assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
  await until(node.runtime, 's1', ({ workers }) => workers.length === 1);

  await node.component.stop(AbortSignal.timeout(5_000));
  const again = await startNode(node.folder);
  node.after(() => again.component.stop(AbortSignal.timeout(5_000)));
  assert.equal((await untilHealthy(again.runtime, 's1')).workers.length, 1);
});

test('a size or a weight that cannot be is refused, and nothing changes', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1);
  for (const replicas of [0, -1, 1.5, 65, Number.NaN]) {
    await assert.rejects(node.changes.scale('s1', replicas), refusedAs('VALIDATION_FAILED'));
  }
  await assert.rejects(node.changes.scale('nobody', 1), refusedAs('NOT_FOUND'));
  for (const weight of [-1, 1_001, Number.NaN]) {
    await assert.rejects(node.changes.setWeights('speaker', { s1: weight }), refusedAs('VALIDATION_FAILED'));
  }
  await assert.rejects(node.changes.setWeights('speaker', { s1: 0 }), refusedAs('VALIDATION_FAILED'));
  await assert.rejects(node.changes.setWeights('speaker', { s9: 1 }), refusedAs('NOT_FOUND'));
  await assert.rejects(node.deploy(2, { weight: 0 }), refusedAs('VALIDATION_FAILED'));
  const { replicas, weight } = node.runtime.get('s1');
  assert.deepEqual([replicas, weight], [1, 1]);
});

test('versions run side by side, share the calls by weight, and each answers by its own id', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1, { weight: 3 });
  await node.deploy(2, { strategy: 'beside', weight: 1 });
  assert.equal(node.runtime.get('s1').status, 'healthy');
  const answers: unknown[] = [];
  for (let count = 0; count < 8; count++) answers.push(await versionOf(node));
  assert.equal(answers.filter((version) => version === 2).length, 2);
  const slot = node.registry.select('speaker', 's2');
  assert.equal(slot?.endpoint.record.version, '2.0.0');
  slot?.release();
  await node.changes.setWeights('speaker', { s1: 0, s2: 5 });
  for (let count = 0; count < 4; count++) assert.equal(await versionOf(node), 2);
  await node.deploy(3);
  for (const id of ['s1', 's2']) await until(node.runtime, id, ({ status }) => status === 'stopped');
  assert.equal(node.runtime.get('s1').message, 'Replaced by s3.');
});

test('weights move to a new version without a moment in which nobody takes the calls', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1, { weight: 10 });
  await node.deploy(2, { strategy: 'beside', weight: 0 });
  const seen = new Set<string>();
  node.registry.watch(() => seen.add(node.registry.resolve('speaker').listing.status));
  await node.changes.setWeights('speaker', { s1: 0, s2: 10 });
  assert.deepEqual([...seen], ['healthy']);
});

test(
  'a disabled agent takes no new calls, finishes those under way, and stays so over a restart',
  options,
  async (t) => {
    const node = await startSpeakers(t);
    await node.deploy(1);
    const held = call(node, 'speaker', 'hold');
    await node.gate.arrived('hold');
    assert.deepEqual(
      (await node.changes.setEnabled('speaker', false)).map(({ enabled }) => enabled),
      [false],
    );
    assert.equal(node.registry.select('speaker'), undefined);
    assert.equal(node.registry.select('speaker', 's1'), undefined);
    const { status, reason } = node.registry.resolve('speaker').listing;
    assert.equal(status, 'disabled');
    assert.match(reason ?? '', /parley enable/);
    node.gate.open('hold');
    assert.deepEqual((await held).at(-1), { kind: 'end', state: 'completed' });

    await node.component.stop(AbortSignal.timeout(5_000));
    const again = await startNode(node.folder);
    node.after(() => again.component.stop(AbortSignal.timeout(5_000)));
    await untilHealthy(again.runtime, 's1');
    assert.equal(again.registry.resolve('speaker').listing.status, 'disabled');
    await again.changes.setEnabled('s1', true);
    assert.equal(await versionOf(again), 1);
  },
);

test('what replaces a disabled version is disabled, too, until somebody enables it', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1);
  await node.changes.setEnabled('speaker', false);
  await node.deploy(2);
  assert.equal(node.runtime.get('s2').enabled, false);
  assert.equal(node.registry.resolve('speaker').listing.status, 'disabled');
  await node.changes.setEnabled('speaker', true);
  assert.equal(await versionOf(node), 2);
});

test('a replaced version goes on with its calls and its questions as long as they are wanted', options, async (t) => {
  const node = await startSpeakers(t, () => ({ workers: { drainGraceMs: 1 } }));
  await node.deploy(1);
  const answers = new BoundedQueue<Message>(1);
  const asking = execute(node, createInvocation('speaker', 'ask', { task, answers }));
  assert.equal((await asking.next()).value?.kind, 'ask');
  const held = call(node, 'speaker', 'hold');
  await node.gate.arrived('hold');
  await node.deploy(2);
  await until(node.runtime, 's1', ({ status }) => status === 'stopping');
  assert.equal(await versionOf(node), 2);
  assert.equal(node.runtime.get('s1').inFlight, 2);
  node.gate.open('hold');
  assert.equal(versionIn(await held), 1);
  answers.push({ messageId: 'm', role: 'user', parts: [{ text: 'this' }] });
  const rest: ExecutionEvent[] = [];
  for await (const event of asking) rest.push(event);
  assert.equal(versionIn(rest), 1);
  await until(node.runtime, 's1', ({ status }) => status === 'stopped');
});

test('the stop of the node, or of the deployment, does not wait so long', options, async (t) => {
  const node = await startSpeakers(t, () => ({ workers: { drainGraceMs: 1 } }));
  for (const version of [1, 2]) {
    await node.deploy(version);
    call(node, 'speaker', 'hold').catch(() => {});
    await node.gate.arrived('hold', version);
  }
  await node.deploy(3);
  await until(node.runtime, 's1', ({ status }) => status === 'stopping');
  assert.equal((await node.runtime.stop('s1')).status, 'stopped');
  await until(node.runtime, 's2', ({ status }) => status === 'stopping');
  await node.component.stop(AbortSignal.timeout(30_000));
});

test('a rollback brings an earlier version back with all that it had, and ends the later one', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1, { replicas: 2 });
  await node.deploy(2);
  await until(node.runtime, 's1', ({ status }) => status === 'stopped');
  const { from, to } = await node.changes.rollback('speaker');
  assert.deepEqual([from.key, to.key], ['s2', 's1']);
  assert.equal(await versionOf(node), 2);
  await until(node.runtime, 's2', ({ status }) => status === 'stopped');
  assert.equal(node.runtime.get('s1').workers.length, 2);
  const [event] = await call(node, 'speaker', 'say');
  assert.deepEqual(event?.kind === 'artifact' && event.artifact.parts, [
    { data: { version: 1, from: 'operator of 1' } },
  ]);
  const history = node.changes.history('speaker');
  assert.deepEqual(
    history.map(({ key, status }) => [key, status]),
    [
      ['s2', 'stopped'],
      ['s1', 'healthy'],
    ],
  );
  assert.deepEqual(currentOf(history), ['s1']);
  assert.deepEqual(
    [history[0]?.message, history[0]?.rolledBack, history[1]?.rolledBack],
    ['Replaced by s1.', true, false],
  );
});

test('a version that still finishes its calls takes new ones at once when it is gone back to', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1);
  const held = call(node, 'speaker', 'hold');
  await node.gate.arrived('hold');
  await node.deploy(2);
  await until(node.runtime, 's1', ({ status }) => status === 'stopping');
  await node.changes.rollback('speaker');
  await until(node.runtime, 's2', ({ status }) => status === 'stopped');
  assert.equal(await versionOf(node), 1);
  assert.equal(node.runtime.get('s1').workers.length, 2);
  node.gate.open('hold');
  assert.equal(versionIn(await held), 1);
  await until(node.runtime, 's1', ({ workers }) => workers.length === 1);
  assert.equal(node.runtime.get('s1').status, 'healthy');
});

test('going back again goes further back, and --to leads anywhere', options, async (t) => {
  const node = await startSpeakers(t);
  for (const version of [1, 2, 3]) await node.deploy(version);
  for (const version of [2, 1]) {
    assert.equal((await node.changes.rollback('speaker')).to.key, `s${version}`);
    await until(node.runtime, 'speaker', ({ id, status }) => id === `s${version}` && status === 'healthy');
  }
  await assert.rejects(node.changes.rollback('speaker'), refusedAs('CONFLICT'));
  await assert.rejects(node.changes.rollback('speaker', 's9'), refusedAs('NOT_FOUND'));
  await node.changes.rollback('speaker', 's3');
  await until(node.runtime, 's1', ({ status }) => status === 'stopped');
  assert.equal(await versionOf(node), 3);
  await assert.rejects(node.changes.rollback('speaker', 's3'), refusedAs('CONFLICT'));
});

test('an earlier version under the same deployment id can be gone back to', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1, { deploymentId: 'same' });
  await node.deploy(2, { deploymentId: 'same' });
  await until(node.runtime, 'same', ({ packageId }) => packageId === 'speaker@2.0.0');
  assert.deepEqual(
    node.changes.history('same').map(({ key }) => key),
    ['same~2', 'same'],
  );
  await node.changes.rollback('speaker');
  await until(node.runtime, 'same', ({ packageId, status }) => packageId === 'speaker@1.0.0' && status === 'healthy');
  assert.equal(await versionOf(node), 1);
  assert.equal(node.runtime.list().length, 1);
});

test(
  'a rollback from a version beside ends that one, and one that was never healthy is nothing to go back from',
  options,
  async (t) => {
    const node = await startSpeakers(t);
    await node.deploy(1, { weight: 9 });
    await node.deploy(2, { strategy: 'beside' });
    await node.changes.rollback('speaker');
    await until(node.runtime, 's2', ({ status }) => status === 'stopped');
    for (let count = 0; count < 4; count++) assert.equal(await versionOf(node), 1);
    const broken = await writePackage(node.folder, 'broken', {
      'agent.yaml': 'name: speaker\nversion: 3.0.0\nruntime: node24\nexports: [{name: say, handler: agent.say}]\n',
      'agent.js': "import './nowhere.js';",
    });
    await node.runtime.deploy({ source: broken, deploymentId: 's3' });
    await until(node.runtime, 's3', ({ status }) => status === 'failed');
    await assert.rejects(node.changes.rollback('speaker'), /s3 has failed and never took over: s1 goes on/);
    assert.equal(await versionOf(node), 1);
  },
);

test('while an earlier version cannot start, the present one goes on', options, async (t) => {
  const node = await startSpeakers(t);
  await node.deploy(1);
  await node.deploy(2);
  await until(node.runtime, 's1', ({ status }) => status === 'stopped');
  const { documents } = await createFileStore(join(node.folder, 'store.json')).find({} as never);
  const { installed } = JSON.parse(documents[0]?.value ?? '').state;
  await rm(installed.folder, { recursive: true });
  await node.changes.rollback('speaker');
  await until(node.runtime, 's1', ({ status }) => status === 'failed');
  assert.deepEqual(currentOf(node.changes.history('speaker')), ['s2']);
  assert.equal(await versionOf(node), 2);
});

test('a change that the store refuses has not happened, and its caller is told', options, async (t) => {
  let full = false;
  const node = await startSpeakers(t, (folder) => {
    const store = createFileStore(join(folder, 'store.json'));
    const commit: typeof store.commit = async (change) => {
      if (full) throw new ParleyError('STORE_FULL', 'There is no room.');
      return store.commit(change);
    };
    return { store: { ...store, commit } };
  });
  await node.deploy(1);
  full = true;
  await assert.rejects(node.changes.scale('s1', 2), /no room/);
  await assert.rejects(node.changes.setEnabled('s1', false), /no room/);
  full = false;
  const { replicas, enabled, workers } = node.runtime.get('s1');
  assert.deepEqual([replicas, enabled, workers.length], [1, true, 1]);
  await node.changes.scale('s1', 2);
  await until(node.runtime, 's1', ({ workers }) => workers.length === 2);
});
