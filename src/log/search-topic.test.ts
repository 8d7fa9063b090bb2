import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log, LogRecord } from './port.ts';
import { searchTopic, type TopicSearch } from './search-topic.ts';

/** A topic whose partitions hold records at these times; each record's key is its time. */
function topicOf(...partitions: readonly (readonly number[])[]): Pick<Log, 'read' | 'describeTopic'> {
  const recordsOf = (partition: number): readonly LogRecord[] =>
    (partitions[partition] ?? []).map((timestampMs, offset) => {
      const headers = { 'correlation-id': timestampMs % 2 === 0 ? 'even' : 'odd' };
      return { topic: 't', partition, offset, key: `k${timestampMs}`, value: null, headers, timestampMs };
    });
  return {
    describeTopic: async () => {
      const ranges = partitions.map((times, partition) => ({ partition, beginOffset: 0, endOffset: times.length }));
      return { name: 't', partitions: partitions.length, ranges };
    },
    read: async ({ partition, offset = 0, limit }) => {
      const records = recordsOf(partition).slice(offset, offset + limit);
      const endOffset = recordsOf(partition).length;
      return { records, nextOffset: offset + records.length, endOffset };
    },
  };
}

async function searchAll(log: ReturnType<typeof topicOf>, search: Partial<TopicSearch>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await searchTopic(log, { topic: 't', limit: 2, cursor, ...search });
    times.push(...page.records.map(({ timestampMs }) => timestampMs));
    cursor = page.cursor;
    if (page.isEnd) return times;
  }
}

test('partitions are merged by time, page after page, each record once', async () => {
  assert.deepEqual(await searchAll(topicOf([1, 4, 5], [2, 3, 9, 10], []), {}), [1, 2, 3, 4, 5, 9, 10]);
});

test('the order within a partition stays, even where its times go back', async () => {
  assert.deepEqual(await searchAll(topicOf([5, 1], [3]), {}), [3, 5, 1]);
});

test('a key, a time, a partition and a correlation id narrow it down', async () => {
  const log = topicOf([1, 4, 5], [2, 3]);
  assert.deepEqual(await searchAll(log, { key: 'k4' }), [4]);
  assert.deepEqual(await searchAll(log, { sinceMs: 3 }), [3, 4, 5]);
  assert.deepEqual(await searchAll(log, { partition: 1 }), [2, 3]);
  assert.deepEqual(await searchAll(log, { correlationId: 'even' }), [2, 4]);
});

test('from the end, only what comes behind is found', async () => {
  const { cursor, records, isEnd } = await searchTopic(topicOf([1], [2]), { topic: 't', from: 'end', limit: 5 });
  assert.deepEqual([records, isEnd], [[], true]);
  const later = await searchTopic(topicOf([1], [2, 3]), { topic: 't', cursor, limit: 5 });
  assert.deepEqual(
    later.records.map(({ timestampMs }) => timestampMs),
    [3],
  );
});

test('a page without a match in many records is empty, and not the end', async () => {
  const log = topicOf(Array.from({ length: 1_200 }, (_, n) => n));
  const first = await searchTopic(log, { topic: 't', key: 'k1100', limit: 1 });
  assert.deepEqual([first.records, first.isEnd], [[], false]);
  assert.deepEqual(await searchAll(log, { key: 'k1100' }), [1_100]);
});

test('a partition that the topic has not, and a cursor that is none, are refused', async () => {
  const log = topicOf([1], [2]);
  await assert.rejects(searchTopic(log, { topic: 't', limit: 1, partition: 2 }), { code: 'NOT_FOUND' });
  for (const cursor of ['x', '0:1,', '0:1;1:2', '-1:0']) {
    await assert.rejects(searchTopic(log, { topic: 't', limit: 1, cursor }), { code: 'INVALID_PARAMS' });
  }
});
