import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DeploymentStatus } from '../../src/runtime/index.ts';
import {
  type After,
  call,
  createAfter,
  createFolder,
  openPresence,
  type Presence,
  startNode,
  untilHealthy,
  wildAgent,
  writePackage,
} from './runtime-fixture.ts';

const options = { timeout: 60_000 };
const script = fileURLToPath(new URL('./runtime-node.ts', import.meta.url));

interface DyingNode {
  readonly folder: string;
  readonly presence: Presence;
  readonly child: ChildProcess;
  readonly source: string;
  readonly after: After;
}

async function startDying(t: TestContext, death: DeploymentStatus | 'never', files = wildAgent): Promise<DyingNode> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const presence = await openPresence(folder);
  after(() => presence.close());
  const { path } = await writePackage(folder, 'wild', files);
  const args = [script, folder, path, death, presence.path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  return { folder, presence, child, source: path, after };
}

/** The agent makes itself deaf to SIGTERM, has a child that is deaf, too, and loops, so that it does not see its socket close. */
const deafAgent = {
  ...wildAgent,
  'agent.js': `${wildAgent['agent.js']}
stubborn();
connect(presence, function () { this.write('looping ' + process.pid + '\\n', loop); });
`,
};

test('a node that is killed leaves no process behind, not even one that ignores SIGTERM', options, async (t) => {
  const { presence, child } = await startDying(t, 'never', deafAgent);
  const [worker, grandchild] = await Promise.all([presence.next('looping'), presence.next('child')]);
  child.kill('SIGKILL');
  await Promise.all([worker.gone, grandchild.gone]);
});

for (const status of ['pending', 'downloading', 'loading', 'starting', 'healthy'] as const) {
  test(`a deployment whose node was killed while it was ${status} comes back by itself`, options, async (t) => {
    const { folder, child, after } = await startDying(t, status);
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    const node = await startNode(folder);
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    await untilHealthy(node.runtime, 'wild-1');
    const events = await call(node, 'wild', 'echo', { parts: [{ text: 'back' }] });
    assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
  });
}

for (const status of ['stopping', 'stopped'] as const) {
  test(`a deployment whose node was killed while it was ${status} stays stopped`, options, async (t) => {
    const { folder, child, after } = await startDying(t, status);
    await once(child, 'exit');
    const node = await startNode(folder);
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    assert.equal(node.runtime.get('wild-1').status, 'stopped');
    assert.deepEqual(node.registry.list(), []);
  });
}

test('an installed package comes back although its source folder is gone', options, async (t) => {
  const { folder, child, source, after } = await startDying(t, 'healthy');
  await once(child, 'exit');
  await rm(source, { recursive: true });
  const node = await startNode(folder);
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  await untilHealthy(node.runtime, 'wild-1');
});
