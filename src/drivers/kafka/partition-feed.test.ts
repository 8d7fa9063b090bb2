import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred } from '../../base/index.ts';
import { PartitionFeed } from './partition-feed.ts';
import type { KafkaBatch, KafkaPage } from './port.ts';

function pageOf(from: number, count: number): KafkaPage {
  const records = Array.from({ length: count }, (_, n) => ({
    ...{ topic: 't', partition: 0, offset: from + n, key: undefined, value: null, headers: {}, timestampMs: 0 },
  }));
  return { records, nextOffset: from + count };
}

function createFeed(): { readonly feed: PartitionFeed; readonly batches: (KafkaBatch & { done(): void })[] } {
  const batches: (KafkaBatch & { done(): void })[] = [];
  const feed = new PartitionFeed({
    ...{ topic: 't', partition: 0, maxBatch: 2 },
    onHungry() {},
    onRecords(batch) {
      const handled = deferred<void>();
      batches.push({ ...batch, done: () => handled.resolve() });
      return handled.promise;
    },
  });
  return { feed, batches };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('batches come one after the other, and nothing is wanted while one waits behind that in work', async () => {
  const { feed, batches } = createFeed();
  assert.equal(feed.wanted, undefined);
  feed.seek(5);
  assert.equal(feed.wanted, 5);
  feed.accept(5, pageOf(5, 3));
  assert.deepEqual([batches.length, feed.wanted], [1, undefined]);
  batches[0]?.done();
  await nextTurn();
  assert.deepEqual(
    batches.map(({ records }) => records.map(({ offset }) => offset)),
    [[5, 6], [7]],
  );
  assert.equal(feed.wanted, 8);
});

test('what was asked for before a new position is passed over', () => {
  const { feed, batches } = createFeed();
  feed.seek(5);
  feed.seek(9);
  feed.accept(5, pageOf(5, 1));
  assert.deepEqual([batches.length, feed.wanted], [0, 9]);
});

test('after its end nothing is handed out, and it has ended when the batch in work is done', async () => {
  const { feed, batches } = createFeed();
  feed.seek(0);
  feed.accept(0, pageOf(0, 4));
  const stopped = feed.stop();
  batches[0]?.done();
  await stopped;
  await nextTurn();
  assert.deepEqual([batches.length, feed.wanted], [1, undefined]);
});
