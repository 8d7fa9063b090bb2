import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import type { LogRecord, ReadPage, ReadQuery } from '../port.ts';
import { endOfPartition, offsetOf, recordId } from './record-id.ts';
import type { TopicTable } from './topic-table.ts';

/** One page holds so much at most, so that a page of great records does not fill the memory. */
const maxPageBytes = 8 * 1024 * 1024;

/** Reads records through a connection of its own. */
export class LogReader {
  readonly #topics: TopicTable;
  readonly #select: Statement;
  readonly #selectHigh: Statement;

  constructor(database: Database, topics: TopicTable) {
    this.#topics = topics;
    this.#select = database.prepare(
      'SELECT id, at_ms, bytes, key, headers, value FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
    );
    this.#selectHigh = database.prepare('SELECT id, high_ms FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1');
  }

  read(query: ReadQuery, partitionId: number): ReadPage {
    const { topic, partition, limit, sinceMs } = query;
    const endOffset = this.#topics.endOffset(partitionId);
    let offset = Math.max(0, query.offset ?? 0);
    if (sinceMs !== undefined) offset = Math.max(offset, this.#firstSince(partitionId, endOffset, sinceMs));
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const row of this.#select.iterate(recordId(partitionId, offset), endOfPartition(partitionId), limit)) {
      records.push(toRecord({ topic, partition, offset: offsetOf(partitionId, Number(row['id'])) }, row));
      bytes += Number(row['bytes']);
      if (bytes >= maxPageBytes) break;
    }
    const isWhole = records.length < limit && bytes < maxPageBytes;
    // What was published after the end was asked for is among the records, too.
    const after = (records.at(-1)?.offset ?? offset - 1) + 1;
    return { records, nextOffset: isWhole ? Math.max(after, endOffset) : after, endOffset: Math.max(after, endOffset) };
  }

  /** By halving: `high_ms` never goes back, and all before the first that has reached the time are earlier than it. */
  #firstSince(partitionId: number, endOffset: number, sinceMs: number): number {
    let low = 0;
    let high = endOffset;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#selectHigh.get(recordId(partitionId, middle), recordId(partitionId, high));
      if (row === undefined || Number(row['high_ms']) >= sinceMs) high = middle;
      else low = offsetOf(partitionId, Number(row['id'])) + 1;
    }
    return low;
  }
}

function toRecord(place: Pick<LogRecord, 'topic' | 'partition' | 'offset'>, row: Record<string, unknown>): LogRecord {
  const { key, headers, value } = row;
  return {
    ...place,
    key: key === null ? undefined : String(key),
    value: value instanceof Uint8Array ? value : null,
    headers: headers === null ? {} : (JSON.parse(String(headers)) as Record<string, string>),
    timestampMs: Number(row['at_ms']),
  };
}
