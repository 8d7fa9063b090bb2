import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaPage, KafkaPlace, KafkaRecord } from '../../drivers/kafka/index.ts';
import { readPage } from './read-page.ts';

const endOffset = 10_000;

/** A partition of records of one size, each a batch of its own; keeps what it has sent. */
function createPartition(recordBytes: number) {
  const sent: KafkaRecord[] = [];
  return {
    sent,
    offsets: (_topic: string, at: 'earliest' | 'latest' | number) => Promise.resolve([at === 'latest' ? endOffset : 0]),
    fetch(place: KafkaPlace, maxBytes = 0): Promise<KafkaPage> {
      const count = Math.min(endOffset - place.offset, Math.max(1, Math.floor(maxBytes / recordBytes)));
      const records = Array.from({ length: count }, (_, index) => createRecord(place, index));
      sent.push(...records);
      return Promise.resolve({ records, nextOffset: place.offset + count });
    },
  };
}

function createRecord(place: KafkaPlace, index: number): KafkaRecord {
  return { ...place, offset: place.offset + index, key: undefined, value: null, headers: {}, timestampMs: 0 };
}

for (const recordBytes of [100, 5_000, 900_000]) {
  test(`a page of records of ${recordBytes} bytes is whole, and not much more was sent for it`, async () => {
    const partition = createPartition(recordBytes);
    const page = await readPage(partition, { topic: 't', partition: 0, offset: 7, limit: 100 });
    assert.deepEqual(
      page.records.map(({ offset }) => offset),
      Array.from({ length: 100 }, (_, index) => index + 7),
    );
    assert.deepEqual([page.nextOffset, page.endOffset], [107, endOffset]);
    const surplus = (partition.sent.length - 100) * recordBytes;
    assert.ok(surplus <= 64 * 1024, `${surplus} bytes were sent for nothing`);
  });
}
