import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { endOfPartition, recordId } from './record-id.ts';

const batch = 1_000;
/** A key's last record says that it is gone; so long whoever reads from the beginning still hears of it. */
const keepTombstonesMs = 24 * 3_600_000;

/** Removes what retention lets go, in small batches, inside the transaction that is open. */
export class RetentionSweeper {
  readonly #selectPartitions: Statement;
  readonly #selectOldest: Statement;
  readonly #remove: Statement;
  readonly #shrink: Statement;
  readonly #selectTombstones: Statement;
  readonly #forgetKey: Statement;
  readonly #defaultRetentionMs: number;

  constructor(database: Database, defaultRetentionMs: number) {
    this.#defaultRetentionMs = defaultRetentionMs;
    this.#selectPartitions = database.prepare(
      'SELECT partition.id, bytes, retention_ms, retention_bytes, compacted FROM partition ' +
        'JOIN topic ON topic.name = partition.topic',
    );
    this.#selectOldest = database.prepare(
      `SELECT id, high_ms, bytes FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ${batch}`,
    );
    this.#remove = database.prepare('DELETE FROM record WHERE id >= ? AND id <= ?');
    this.#shrink = database.prepare('UPDATE partition SET bytes = bytes - ? WHERE id = ?');
    this.#selectTombstones = database.prepare(
      'SELECT record.id, record.key, record.bytes FROM latest JOIN record ON record.id = latest.id ' +
        `WHERE latest.partition = ? AND value IS NULL AND at_ms < ? LIMIT ${batch}`,
    );
    this.#forgetKey = database.prepare('DELETE FROM latest WHERE partition = ? AND key = ?');
  }

  /** True when there is more to remove. */
  sweep(nowMs: number): boolean {
    let more = false;
    for (const row of this.#selectPartitions.all()) {
      const id = Number(row['id']);
      if (row['compacted'] === 1) this.#dropTombstones(id, nowMs);
      else more = this.#dropOldest(id, row, nowMs) || more;
    }
    return more;
  }

  #dropOldest(id: number, row: Readonly<Record<string, unknown>>, nowMs: number): boolean {
    const retentionMs = row['retention_ms'] === null ? this.#defaultRetentionMs : Number(row['retention_ms']);
    const limit = row['retention_bytes'] === null ? Number.POSITIVE_INFINITY : Number(row['retention_bytes']);
    const beforeMs = retentionMs === 0 ? Number.NEGATIVE_INFINITY : nowMs - retentionMs;
    let kept = Number(row['bytes']);
    if (beforeMs < 0 && kept <= limit) return false;
    let last: number | undefined;
    let count = 0;
    for (const oldest of this.#selectOldest.iterate(recordId(id, 0), endOfPartition(id))) {
      if (Number(oldest['high_ms']) >= beforeMs && kept <= limit) break;
      last = Number(oldest['id']);
      kept -= Number(oldest['bytes']);
      count++;
    }
    if (last === undefined) return false;
    this.#remove.run(recordId(id, 0), last);
    this.#shrink.run(Number(row['bytes']) - kept, id);
    return count === batch;
  }

  #dropTombstones(partitionId: number, nowMs: number): void {
    for (const { id, key, bytes } of this.#selectTombstones.all(partitionId, nowMs - keepTombstonesMs)) {
      this.#remove.run(Number(id), Number(id));
      this.#forgetKey.run(partitionId, String(key));
      this.#shrink.run(Number(bytes), partitionId);
    }
  }
}
