import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import type { GrowthEnds } from '../groups/growth.ts';
import type { PartitionRange, TopicDescription, TopicSettings } from '../port.ts';
import { endOfPartition, offsetOf, recordId } from './record-id.ts';

/** A topic with what the log knows of it beyond its settings. */
export interface StoredTopic {
  readonly settings: TopicSettings;
  readonly growths: readonly GrowthEnds[];
  /** The ids of its partitions, by number. */
  readonly partitionIds: readonly number[];
}

/** Reads what topics there are, through any connection. */
export class TopicTable {
  readonly #selectTopic: Statement;
  readonly #selectNames: Statement;
  readonly #selectPartitions: Statement;
  readonly #selectEnd: Statement;
  readonly #selectFirst: Statement;
  readonly #selectPosition: Statement;

  constructor(database: Database) {
    this.#selectTopic = database.prepare('SELECT * FROM topic WHERE name = ?');
    this.#selectNames = database.prepare('SELECT name FROM topic ORDER BY name');
    this.#selectPartitions = database.prepare('SELECT id FROM partition WHERE topic = ? ORDER BY number');
    this.#selectEnd = database.prepare('SELECT next_offset FROM partition WHERE id = ?');
    this.#selectFirst = database.prepare('SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1');
    this.#selectPosition = database.prepare('SELECT next_offset FROM position WHERE group_name = ? AND partition = ?');
  }

  get(name: string): StoredTopic | undefined {
    const row = this.#selectTopic.get(name);
    if (row === undefined) return undefined;
    const settings: TopicSettings = {
      name,
      partitions: Number(row['partitions']),
      retentionMs: toNumber(row['retention_ms']),
      retentionBytes: toNumber(row['retention_bytes']),
      isCompacted: row['compacted'] === 1,
    };
    const growths = JSON.parse(String(row['growths'])) as readonly GrowthEnds[];
    const partitionIds = this.#selectPartitions.all(name).map(({ id }) => Number(id));
    return { settings, growths, partitionIds };
  }

  describe(name: string): TopicDescription | undefined {
    const topic = this.get(name);
    if (topic === undefined) return undefined;
    return { ...topic.settings, ranges: topic.partitionIds.map((id, partition) => this.range(partition, id)) };
  }

  names(): readonly string[] {
    return this.#selectNames.all().map(({ name }) => String(name));
  }

  endOffset(partitionId: number): number {
    return Number(this.#selectEnd.get(partitionId)?.['next_offset'] ?? 0);
  }

  range(partition: number, partitionId: number): PartitionRange {
    const endOffset = this.endOffset(partitionId);
    const first = this.#selectFirst.get(recordId(partitionId, 0), endOfPartition(partitionId));
    const beginOffset = first === undefined ? endOffset : offsetOf(partitionId, Number(first['id']));
    return { partition, beginOffset, endOffset };
  }

  committed(group: string, partitionId: number): number | undefined {
    return toNumber(this.#selectPosition.get(group, partitionId)?.['next_offset']);
  }
}

function toNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
