import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hasCode } from '../base/index.ts';
import type { BlobStore } from '../store/index.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** An empty blob store under test. */
export interface BlobSubject {
  readonly blobs: BlobStore;
  /** Opens the same data again. */
  reopen(): Promise<BlobStore>;
  /** Removes the data. */
  destroy(): Promise<void>;
}

/** How an adapter makes an empty blob store for one test. */
export type OpenBlobSubject = (setup: { readonly clock: ManualClock }) => Promise<BlobSubject>;

type BlobTest = (
  sentence: string,
  run: (subject: BlobSubject & { readonly clock: ManualClock }) => Promise<void>,
) => void;

const notUsed = (): Promise<boolean> => Promise.resolve(false);

/** Registers the tests of everything that the blob port guarantees; `open` makes an empty one for each. */
export function blobContract(name: string, open: OpenBlobSubject): void {
  const blobTest: BlobTest = (sentence, run) => {
    test(`${name}: ${sentence}`, async () => {
      const clock = createManualClock();
      const subject = await open({ clock });
      try {
        await run({ ...subject, clock });
      } finally {
        await subject.destroy();
      }
    });
  };
  keepingContract(blobTest);
  sweepingContract(blobTest);
}

function keepingContract(blobTest: BlobTest): void {
  blobTest('bytes come back by their sha256, also after the store was opened again', async ({ blobs, reopen }) => {
    const bytes = Buffer.from([0, 255, 10, 13, 26]);
    const sha256 = await blobs.put(bytes);
    assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual(Buffer.from(await blobs.get(sha256)), bytes);
    assert.deepEqual(Buffer.from(await (await reopen()).get(sha256)), bytes);
  });

  blobTest('an empty blob and the same blob put many times at once are kept', async ({ blobs }) => {
    assert.equal((await blobs.get(await blobs.put(new Uint8Array()))).length, 0);
    const bytes = Buffer.alloc(200_000, 7);
    const digests = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes)));
    assert.equal(new Set(digests).size, 1);
    assert.deepEqual(Buffer.from(await blobs.get(digests[0] ?? '')), bytes);
  });

  blobTest('a blob that was never put is NOT_FOUND, whatever the name', async ({ blobs }) => {
    for (const name of ['0'.repeat(64), '', '../../etc/passwd', 'A'.repeat(64)]) {
      await assert.rejects(blobs.get(name), (thrown) => hasCode(thrown, 'NOT_FOUND'));
    }
  });
}

function sweepingContract(blobTest: BlobTest): void {
  blobTest('a sweep takes what is old and not used, and nothing else', async ({ blobs, clock }) => {
    const [unused, used] = [await blobs.put(Buffer.from('unused')), await blobs.put(Buffer.from('used'))];
    await clock.advance(10_000);
    const fresh = await blobs.put(Buffer.from('fresh'));
    const asked: string[] = [];
    const removed = await blobs.sweep(clock.now() - 5_000, async (sha256) => {
      asked.push(sha256);
      return sha256 === used;
    });
    assert.equal(removed, 1);
    assert.deepEqual(asked.sort(), [unused, used].sort());
    await assert.rejects(blobs.get(unused), (thrown) => hasCode(thrown, 'NOT_FOUND'));
    assert.deepEqual(Buffer.from(await blobs.get(used)), Buffer.from('used'));
    assert.deepEqual(Buffer.from(await blobs.get(fresh)), Buffer.from('fresh'));
  });

  blobTest('putting the same bytes again makes them young', async ({ blobs, clock }) => {
    const sha256 = await blobs.put(Buffer.from('again'));
    await clock.advance(10_000);
    await blobs.put(Buffer.from('again'));
    assert.equal(await blobs.sweep(clock.now() - 5_000, notUsed), 0);
    await clock.advance(10_000);
    assert.equal(await blobs.sweep(clock.now() - 5_000, notUsed), 1);
    await assert.rejects(blobs.get(sha256), (thrown) => hasCode(thrown, 'NOT_FOUND'));
  });
}
