import { sizeOfRecord } from '../check-input.ts';
import type { LogRecord } from '../port.ts';

/** How much of a partition may be unfinished at once; at the bound the partition pauses. */
export interface WindowLimits {
  readonly records: number;
  readonly bytes: number;
}

/** A record that is to be handled now. */
export interface Delivery {
  readonly record: LogRecord;
  /** 1 = for the first time. */
  readonly attempt: number;
}

interface Entry {
  readonly record: LogRecord;
  readonly bytes: number;
  attempts: number;
}

/**
 * What of one partition is being worked on, without time and without I/O. Records of one key are handed out one after the other,
 * also while the first of them waits for its next attempt; other keys go on. `position` is the lowest offset that is not finished.
 */
export class PartitionWindow {
  readonly #limits: WindowLimits;
  /** By offset, in the order of their coming. */
  readonly #unfinished = new Map<number, Entry>();
  /** By key, those that wait for an earlier record of the key; a lane is there as long as a record of the key is unfinished. */
  readonly #lanes = new Map<string, Entry[]>();
  #ready: Entry[] = [];
  #next: number | undefined;
  #bytes = 0;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#unfinished.size >= this.#limits.records || this.#bytes >= this.#limits.bytes;
  }

  get size(): number {
    return this.#unfinished.size;
  }

  /** Where the group goes on; undefined before the first record. */
  get position(): number | undefined {
    for (const offset of this.#unfinished.keys()) return offset;
    return this.#next;
  }

  offer(records: readonly LogRecord[]): void {
    for (const record of records) this.#add({ record, bytes: sizeOfRecord(record), attempts: 0 });
  }

  /** The next record that may be handled; undefined when all that is here is being handled, waits for its key, or for its time. */
  take(): Delivery | undefined {
    const entry = this.#ready.shift();
    if (entry === undefined) return undefined;
    entry.attempts++;
    return { record: entry.record, attempt: entry.attempts };
  }

  /** The record is done with: the next of its key may be handled. */
  finish(offset: number): void {
    const entry = this.#unfinished.get(offset);
    if (entry === undefined) return;
    this.#unfinished.delete(offset);
    this.#bytes -= entry.bytes;
    const { key } = entry.record;
    if (key === undefined) return;
    const following = this.#lanes.get(key)?.shift();
    if (following === undefined) this.#lanes.delete(key);
    else this.#ready.push(following);
  }

  /** The record may be handled once more; its key waited meanwhile. */
  retry(offset: number): void {
    const entry = this.#unfinished.get(offset);
    if (entry !== undefined) this.#ready.push(entry);
  }

  #add(entry: Entry): void {
    const { key, offset } = entry.record;
    this.#unfinished.set(offset, entry);
    this.#bytes += entry.bytes;
    this.#next = offset + 1;
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    if (lane !== undefined) lane.push(entry);
    else this.#ready.push(entry);
    if (key !== undefined && lane === undefined) this.#lanes.set(key, []);
  }
}
