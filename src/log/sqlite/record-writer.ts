import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { partitionOf } from '../partition-of.ts';
import type { PlaceCells, RecordCells } from './frames.ts';
import { recordId } from './record-id.ts';
import type { StoredTopic } from './topic-table.ts';

/** Where a partition has got to within one transaction. */
interface Head {
  readonly id: number;
  nextOffset: number;
  highMs: number;
  bytes: number;
}

/** Writes records inside the transaction that is open. */
export class RecordWriter {
  readonly #insert: Statement;
  readonly #selectHead: Statement;
  readonly #updateHead: Statement;
  readonly #selectLatest: Statement;
  readonly #upsertLatest: Statement;
  readonly #remove: Statement;
  #spread = 0;

  constructor(database: Database) {
    this.#insert = database.prepare(
      'INSERT INTO record (id, high_ms, at_ms, bytes, key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#selectHead = database.prepare('SELECT id, next_offset, high_ms, bytes FROM partition WHERE id = ?');
    this.#updateHead = database.prepare('UPDATE partition SET next_offset = ?, high_ms = ?, bytes = ? WHERE id = ?');
    this.#selectLatest = database.prepare('SELECT id FROM latest WHERE partition = ? AND key = ?');
    this.#upsertLatest = database.prepare('INSERT OR REPLACE INTO latest VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM record WHERE id = ? RETURNING bytes');
  }

  /** Appends the records in their order; answers partition and offset of each. */
  write(topic: StoredTopic, records: readonly RecordCells[]): PlaceCells {
    const heads = new Map<number, Head>();
    const places: number[] = [];
    const unkeyed = this.#spread++ % topic.settings.partitions;
    for (const cells of records) {
      const [key] = cells;
      const partition = key === null ? unkeyed : partitionOf(key, topic.settings.partitions);
      const head = heads.get(partition) ?? this.#head(topic.partitionIds[partition] ?? 0);
      heads.set(partition, head);
      places.push(partition, head.nextOffset);
      this.#append(head, cells, topic.settings.isCompacted === true);
    }
    for (const { id, nextOffset, highMs, bytes } of heads.values()) this.#updateHead.run(nextOffset, highMs, bytes, id);
    return places;
  }

  #append(head: Head, cells: RecordCells, isCompacted: boolean): void {
    const [key, value, headers, timestampMs] = cells;
    const id = recordId(head.id, head.nextOffset);
    const bytes = (value?.byteLength ?? 0) + (key?.length ?? 0) + (headers?.length ?? 0);
    head.highMs = Math.max(head.highMs, timestampMs);
    head.nextOffset++;
    head.bytes += bytes;
    this.#insert.run(id, head.highMs, timestampMs, bytes, key, headers, value);
    if (isCompacted && key !== null) this.#replace(head, key, id);
  }

  #replace(head: Head, key: string, id: number): void {
    const older = this.#selectLatest.get(head.id, key);
    if (older !== undefined) head.bytes -= Number(this.#remove.get(Number(older['id']))?.['bytes'] ?? 0);
    this.#upsertLatest.run(head.id, key, id);
  }

  #head(partitionId: number): Head {
    const row = this.#selectHead.get(partitionId);
    return {
      id: partitionId,
      nextOffset: Number(row?.['next_offset']),
      highMs: Number(row?.['high_ms']),
      bytes: Number(row?.['bytes']),
    };
  }
}
