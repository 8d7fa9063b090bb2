import type { KafkaClient, KafkaRecord } from '../../drivers/kafka/index.ts';
import type { ReadPage, ReadQuery } from '../port.ts';

/** What a record is taken to have when a page is asked for; a page of larger ones takes several requests. */
const usualRecordBytes = 512;
const leastBytes = 64 * 1024;
const mostBytes = 4 * 1024 * 1024;

/** Reads one partition from an offset or a time on, until the limit is reached or the end as it is now. */
export async function readPage(kafka: Pick<KafkaClient, 'fetch' | 'offsets'>, query: ReadQuery): Promise<ReadPage> {
  const { topic, partition, limit } = query;
  const endOffset = (await kafka.offsets(topic, 'latest'))[partition] ?? 0;
  let nextOffset = await findStart(kafka, query, endOffset);
  const records: KafkaRecord[] = [];
  // What is beyond the limit would be sent and decoded for nothing.
  const maxBytes = Math.min(mostBytes, Math.max(leastBytes, limit * usualRecordBytes));
  while (records.length < limit && nextOffset < endOffset) {
    const page = await kafka.fetch({ topic, partition, offset: nextOffset }, maxBytes);
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

async function findStart(kafka: Pick<KafkaClient, 'offsets'>, query: ReadQuery, endOffset: number): Promise<number> {
  const { topic, partition, offset = 0, sinceMs } = query;
  const begin = (await kafka.offsets(topic, 'earliest'))[partition] ?? 0;
  const first = Math.max(offset, begin);
  if (sinceMs === undefined) return first;
  const since = (await kafka.offsets(topic, sinceMs))[partition] ?? -1;
  return since < 0 ? endOffset : Math.max(first, since);
}
