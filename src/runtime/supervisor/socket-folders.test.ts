import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { createShortId } from '../../base/index.ts';
import { createSocketFolders } from './socket-folders.ts';

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test('a folder for a socket is its owner’s alone, its path is short, and it goes when it is removed', async () => {
  const folders = createSocketFolders(createShortId());
  const one = await folders.open({});
  const two = await folders.open({});
  assert.notEqual(one.socketPath, two.socketPath);
  assert.ok(Buffer.byteLength(one.socketPath) < 100);
  assert.equal(modeOf(dirname(one.socketPath)), 0o700);
  await one.remove();
  assert.equal(existsSync(dirname(one.socketPath)), false);
  await folders.close();
  assert.equal(existsSync(dirname(dirname(two.socketPath))), false);
});

test('what an earlier run has left is taken away', async () => {
  const key = createShortId();
  const earlier = await createSocketFolders(key).open({});
  writeFileSync(earlier.socketPath, '');
  await createSocketFolders(key).sweep();
  assert.equal(existsSync(dirname(dirname(earlier.socketPath))), false);
});

test('two nodes do not meet in one folder', async () => {
  const nodes = [createSocketFolders('one of them'), createSocketFolders('the other one')];
  const paths = await Promise.all(nodes.map(async (folders) => (await folders.open({})).socketPath));
  assert.equal(new Set(paths.map((path) => dirname(dirname(path)))).size, 2);
  await Promise.all(nodes.map((folders) => folders.close()));
});

test('a worker’s own user owns its folder', {
  skip: process.getuid?.() !== 0 && 'only root can give files away',
}, async () => {
  const folders = createSocketFolders(createShortId());
  const { socketPath } = await folders.open({ uid: 51_234, gid: 51_235 });
  const { uid, gid } = statSync(dirname(socketPath));
  assert.deepEqual([uid, gid], [51_234, 51_235]);
  assert.equal(modeOf(dirname(dirname(socketPath))), 0o711);
  await folders.close();
});
