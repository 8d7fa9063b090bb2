import type { KafkaClient, KafkaRecord } from '../../drivers/kafka/index.ts';
import type { ReadPage, ReadQuery } from '../port.ts';

/** Reads one partition from an offset or a time on, until the limit is reached or the end as it is now. */
export async function readPage(kafka: KafkaClient, query: ReadQuery): Promise<ReadPage> {
  const { topic, partition, limit } = query;
  const endOffset = (await kafka.offsets(topic, 'latest'))[partition] ?? 0;
  let nextOffset = await findStart(kafka, query, endOffset);
  const records: KafkaRecord[] = [];
  while (records.length < limit && nextOffset < endOffset) {
    const page = await kafka.fetch({ topic, partition, offset: nextOffset });
    if (page.nextOffset === nextOffset) break;
    for (const record of page.records) if (record.offset < endOffset) records.push(record);
    nextOffset = page.nextOffset;
  }
  const last = records.length > limit ? records[limit - 1] : undefined;
  return {
    records: records.slice(0, limit),
    nextOffset: last === undefined ? Math.min(nextOffset, Math.max(endOffset, query.offset ?? 0)) : last.offset + 1,
    endOffset,
  };
}

async function findStart(kafka: KafkaClient, query: ReadQuery, endOffset: number): Promise<number> {
  const { topic, partition, offset = 0, sinceMs } = query;
  const begin = (await kafka.offsets(topic, 'earliest'))[partition] ?? 0;
  const first = Math.max(offset, begin);
  if (sinceMs === undefined) return first;
  const since = (await kafka.offsets(topic, sinceMs))[partition] ?? -1;
  return since < 0 ? endOffset : Math.max(first, since);
}
