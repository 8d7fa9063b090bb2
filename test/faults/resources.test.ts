import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import type { RuntimeOptions } from '../../src/runtime/index.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  call,
  createAfter,
  createFolder,
  startNode,
  type TestNode,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

const options = { timeout: 60_000, ...requires('procfs') };
const mebibyte = 1024 * 1024;

const eater = {
  'agent.yaml':
    'name: eater\nversion: 1.0.0\nruntime: process\ncommand: ["{node}", eat.mjs]\ncapabilities: [eat]\nresources: { memory: 160M, cpus: 2 }\n',
  'eat.mjs': `
const eaten = [];
setInterval(() => eaten.push(Buffer.alloc(8 * 1024 * 1024, 1)), 20);
`,
};

async function startEater(t: TestContext, change: Partial<RuntimeOptions> = {}): Promise<TestNode> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = await startNode(folder, change);
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const source = await writePackage(folder, 'eater', eater);
  await node.runtime.deploy({ source, deploymentId: 'eater-1' });
  await untilHealthy(node.runtime, 'eater-1');
  return node;
}

test('what a package says of its memory holds, and what its programs use is shown', options, async (t) => {
  const node = await startEater(t);
  const { limits, workers } = node.runtime.get('eater-1');
  assert.deepEqual(limits, { memoryBytes: 160 * mebibyte, cpus: 2 });
  assert.equal(workers[0]?.memoryBytes, undefined, 'nothing runs');
  const calling = call(node, 'eater', 'eat', { parts: [{ data: {} }] });
  const lost = assert.rejects(calling, (thrown) => {
    return hasCode(thrown, 'WORKER_LOST') && /used \d+ MB of 160 MB of memory/.test(String(thrown));
  });
  await waitUntil(
    'its memory is measured',
    () => (node.runtime.get('eater-1').workers[0]?.memoryBytes ?? 0) > mebibyte,
  );
  await lost;
});

test('a package asks for no more memory than the settings give', options, async (t) => {
  const node = await startEater(t, { resources: { memoryBytes: 100 * mebibyte } });
  assert.deepEqual(node.runtime.get('eater-1').limits, { memoryBytes: 100 * mebibyte, cpus: 2 });
});
