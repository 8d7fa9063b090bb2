import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deferred } from '../../base/index.ts';
import { createEnvironmentKey, EnvironmentStore } from './environment-store.ts';

async function createRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'parley-environments-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

function never(): Promise<readonly string[]> {
  throw new Error('made again');
}

test('an environment is made once, others wait for it, and another store finds it', async (t) => {
  const root = await createRoot(t);
  const store = new EnvironmentStore(root);
  const made = deferred<readonly string[]>();
  const first = store.open('a', () => made.promise);
  const second = store.open('a', never);
  made.resolve([]);
  assert.equal(await first, await second);
  const { folder } = await new EnvironmentStore(root).open('a', never);
  assert.equal(folder, join(root, 'a'));
});

test('what was half-made is removed and made again', async (t) => {
  const root = await createRoot(t);
  await mkdir(join(root, 'a'));
  await writeFile(join(root, 'a', 'half'), '');
  const { folder } = await new EnvironmentStore(root).open('a', async () => []);
  assert.equal(existsSync(join(folder, 'half')), false);
});

test('a maker that fails leaves nothing, and the next one is asked', async (t) => {
  const root = await createRoot(t);
  const store = new EnvironmentStore(root);
  await assert.rejects(
    store.open('a', async (folder) => {
      await writeFile(join(folder, 'half'), '');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }),
    { code: 'STORE_FULL' },
  );
  assert.deepEqual(await readdir(root), []);
  await store.open('a', async () => []);
});

test('an environment whose layer is gone is made again', async (t) => {
  const store = new EnvironmentStore(await createRoot(t));
  const base = await store.open('base', async () => []);
  await store.open('a', async () => ['base']);
  await rm(base.folder, { recursive: true });
  await assert.rejects(store.open('a', never), /made again/);
});

test('the sweep takes what is half-made and what was not opened for long, with its layers only when nobody uses them', async (t) => {
  const root = await createRoot(t);
  const store = new EnvironmentStore(root);
  for (const key of ['old', 'base']) await store.open(key, async () => []);
  await store.open('used', async () => ['base']);
  const longAgo = new Date(Date.now() - 60_000);
  for (const key of ['old', 'base', 'used']) await utimes(join(root, key, '.complete'), longAgo, longAgo);
  await mkdir(join(root, 'half'));
  await store.open('used', never);
  await store.sweep(Date.now() - 30_000);
  assert.deepEqual((await readdir(root)).sort(), ['base', 'used']);
});

test('another organization, version or interpreter is another key', () => {
  const keys = [['a'], ['b'], ['a', 'b']].map((parts) => createEnvironmentKey('python', parts));
  assert.equal(new Set([...keys, createEnvironmentKey('node', ['a'])]).size, 4);
});
