import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call, createAfter, createFolder, startNode, until } from './runtime-fixture.ts';
import { versionOf } from './versions.ts';

const rolloutNode = fileURLToPath(new URL('rollout-node.ts', import.meta.url));

/** Where the node dies, and the version that is current once the next one has come up. */
const deaths: readonly (readonly [key: string, status: string, step: string, current: number])[] = [
  ['s2', 'pending', 'replace', 2],
  ['s2', 'downloading', 'replace', 2],
  ['s2', 'loading', 'replace', 2],
  ['s2', 'starting', 'replace', 2],
  ['s2', 'healthy', 'replace', 2],
  ['s1', 'stopping', 'replace', 2],
  ['s1', 'stopped', 'replace', 2],
  ['s1', 'loading', 'rollback', 1],
  ['s1', 'starting', 'rollback', 1],
  ['s1', 'healthy', 'rollback', 1],
  ['s2', 'stopping', 'rollback', 1],
  ['s2', 'stopped', 'rollback', 1],
];

for (const [key, status, step, current] of deaths) {
  test(`a node killed in a ${step} while ${key} was ${status} comes back with exactly one current version`, {
    timeout: 60_000,
  }, async (t) => {
    const after = createAfter(t);
    const folder = await createFolder(after);
    await runUntilDeath(folder, key, status, step);

    const node = await startNode(folder);
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    const other = current === 1 ? 's2' : 's1';
    await until(node.runtime, 'speaker', (view) => view.id === `s${current}` && view.status === 'healthy');
    await until(node.runtime, other, (view) => view.status === 'stopped');
    const history = node.changes.history('speaker');
    assert.deepEqual(
      history.filter((entry) => entry.current).map((entry) => entry.key),
      [`s${current}`],
    );
    assert.deepEqual(
      history.map((entry) => entry.key),
      ['s2', 's1'],
    );
    assert.deepEqual(node.registry.resolve('speaker').listing.deployments, [`s${current}`]);
    assert.equal(await versionOf(node), current);
    const [event] = await call(node, 'speaker', 'say');
    const [part] = event?.kind === 'artifact' ? event.artifact.parts : [];
    assert.deepEqual(part, { data: { version: current, from: `operator of ${current}` } });
  });
}

async function runUntilDeath(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [rolloutNode, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const [, signal] = await once(child, 'exit');
  process.off('exit', end);
  assert.equal(signal, 'SIGKILL', 'the node died where it was to');
}
