import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { blobContract } from '../../testing/index.ts';
import { openFolderBlobs } from './folder-blobs.ts';

blobContract('folder', async ({ clock }) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-blobs-'));
  const open = (): ReturnType<typeof openFolderBlobs> => openFolderBlobs({ folder, clock });
  return { blobs: await open(), reopen: open, destroy: () => rm(folder, { recursive: true }) };
});

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-blobs-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a blob lies two folders deep, once, and nobody else may read it', () =>
  inFolder(async (folder) => {
    const blobs = await openFolderBlobs({ folder });
    const sha256 = await blobs.put(Buffer.from('x'));
    await blobs.put(Buffer.from('x'));
    const leaf = join(folder, sha256.slice(0, 2), sha256.slice(2, 4));
    assert.deepEqual(await readdir(leaf), [sha256]);
    assert.equal((await stat(join(leaf, sha256))).mode & 0o777, 0o600);
    assert.equal((await stat(leaf)).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
  }));

test('a blob whose bytes changed on the disk is an error, never wrong bytes', () =>
  inFolder(async (folder) => {
    const blobs = await openFolderBlobs({ folder });
    const sha256 = await blobs.put(Buffer.from('right'));
    await writeFile(join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256), 'wrong');
    await assert.rejects(blobs.get(sha256), (thrown) => hasCode(thrown, 'STORE_DAMAGED'));
  }));

test('what a killed process left half written is gone at the next start, and was never a blob', () =>
  inFolder(async (folder) => {
    await openFolderBlobs({ folder });
    await writeFile(join(folder, 'tmp', 'half'), 'half');
    const blobs = await openFolderBlobs({ folder });
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
    assert.equal(await blobs.sweep(Number.POSITIVE_INFINITY, async () => false), 0);
  }));
