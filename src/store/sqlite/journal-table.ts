import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { shardOf } from '../port.ts';
import { BoundedMap } from './bounded-map.ts';
import type { WriteAppend } from './commit-cells.ts';
import type { Counter } from './counter.ts';

const rememberedVersions = 20_000;
/** Rows that wait for their place in `shard_position`; a batch of this size touches each shard's page many times at once. */
const shardBatch = 8_192;

/** The journals, as the writer changes them. Every call belongs to the transaction under way. */
export class JournalTable {
  readonly #counter: Counter;
  /** Versions of the journals in use, so that a live journal needs no query. */
  readonly #versions = new BoundedMap<number>(rememberedVersions);
  readonly #insert: Statement;
  readonly #selectVersion: Statement;
  readonly #selectPositions: Statement;
  readonly #delete: Statement;
  readonly #deleteShardPosition: Statement;
  readonly #selectUnindexed: Statement;
  readonly #insertShardPosition: Statement;

  constructor(database: Database, counter: Counter) {
    this.#counter = counter;
    this.#insert = database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#selectVersion = database.prepare(
      'SELECT sequence FROM journal WHERE key = ? AND kind = ? ORDER BY sequence DESC LIMIT 1',
    );
    this.#selectPositions = database.prepare('SELECT position, count FROM journal WHERE key = ? AND kind = ?');
    this.#delete = database.prepare('DELETE FROM journal WHERE key = ? AND kind = ?');
    this.#deleteShardPosition = database.prepare('DELETE FROM shard_position WHERE shard = ? AND position = ?');
    this.#selectUnindexed = database.prepare(
      'SELECT position, key FROM journal WHERE position > ? ORDER BY position LIMIT ?',
    );
    this.#insertShardPosition = database.prepare('INSERT INTO shard_position VALUES (?, ?)');
  }

  /** The sequence of the journal's last event; 0 when there is none. */
  version(kind: string, key: string): number {
    const name = cacheKey(kind, key);
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    const version = Number(this.#selectVersion.get(key, kind)?.['sequence'] ?? 0);
    this.#versions.set(name, version);
    return version;
  }

  append(key: string, append: WriteAppend, nowMs: number): void {
    const { kind, expectedVersion, count, events } = append;
    if (count === 0) return;
    const version = expectedVersion + count;
    this.#counter.position += count;
    this.#counter.events += count;
    this.#insert.run(this.#counter.position, key, kind, version, count, nowMs, events);
    this.#versions.set(cacheKey(kind, key), version);
  }

  /** Removes the journal with everything in it; a missing one is no error. */
  drop(kind: string, key: string): void {
    const shard = shardOf(key);
    for (const row of this.#selectPositions.all(key, kind)) {
      const position = Number(row['position']);
      this.#counter.events -= Number(row['count']);
      if (position <= this.#counter.indexed) this.#deleteShardPosition.run(shard, position);
    }
    this.#delete.run(key, kind);
    this.#versions.delete(cacheKey(kind, key));
  }

  /** Brings `shard_position` forward by one batch when enough has come together. True when more is waiting. */
  indexShards(): boolean {
    if (!this.#hasShardBatch()) return false;
    const rows = this.#selectUnindexed.all(this.#counter.indexed, shardBatch);
    const placed = rows.map((row) => ({ shard: shardOf(String(row['key'])), position: Number(row['position']) }));
    this.#counter.indexed = placed.at(-1)?.position ?? this.#counter.position;
    placed.sort((a, b) => a.shard - b.shard || a.position - b.position);
    for (const { shard, position } of placed) this.#insertShardPosition.run(shard, position);
    return rows.length === shardBatch && this.#hasShardBatch();
  }

  #hasShardBatch(): boolean {
    return this.#counter.position - this.#counter.indexed >= shardBatch;
  }

  /** After a rollback nothing that was remembered holds. */
  forget(): void {
    this.#versions.clear();
  }
}

function cacheKey(kind: string, key: string): string {
  return `${kind}\n${key}`;
}
