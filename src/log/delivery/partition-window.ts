import { sizeOfRecord } from '../check-input.ts';
import type { LogRecord } from '../port.ts';

/** How much of a partition may be unfinished at once; at the bound the partition pauses. */
export interface WindowLimits {
  readonly records: number;
  readonly bytes: number;
}

/** A record that is to be handled now; `finish` or `retry` get it back. */
export interface Delivery {
  readonly record: LogRecord;
  /** 1 = for the first time. */
  readonly attempt: number;
  readonly isRedriven: boolean;
}

interface Entry {
  readonly record: LogRecord;
  readonly bytes: number;
  readonly isRedriven: boolean;
  attempt: number;
}

/**
 * What of one partition is being worked on, without time and without I/O. Records of one key are handed out one after the other,
 * also while the first of them waits for its next attempt; other keys go on. `position` is the lowest offset that is not finished.
 * Records that come again after they were put aside wait for their key like all others, and count neither for the position nor for the limits.
 */
export class PartitionWindow {
  readonly #limits: WindowLimits;
  /** By offset, in the order of their coming. */
  readonly #unfinished = new Map<number, Entry>();
  readonly #redriven = new Map<number, Entry>();
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
    return this.#unfinished.size + this.#redriven.size;
  }

  /** Where the group goes on; undefined before the first record. */
  get position(): number | undefined {
    for (const offset of this.#unfinished.keys()) return offset;
    return this.#next;
  }

  /** Takes the records on, in the order of their offsets; one that was taken on before is passed over. */
  offer(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (this.#next !== undefined && record.offset < this.#next) continue;
      const entry = { record, bytes: sizeOfRecord(record), isRedriven: false, attempt: 0 };
      this.#unfinished.set(record.offset, entry);
      this.#bytes += entry.bytes;
      this.#next = record.offset + 1;
      this.#enqueue(entry);
    }
  }

  /** Takes on a record that was put aside earlier, behind what there is of its key. False: it is here already. */
  redrive(record: LogRecord): boolean {
    if (this.#redriven.has(record.offset)) return false;
    const entry = { record, bytes: 0, isRedriven: true, attempt: 0 };
    this.#redriven.set(record.offset, entry);
    this.#enqueue(entry);
    return true;
  }

  /** The next record that may be handled; undefined when all that is here is being handled, waits for its key, or for its time. */
  take(): Delivery | undefined {
    const entry = this.#ready.shift();
    if (entry === undefined) return undefined;
    entry.attempt++;
    const { record, attempt, isRedriven } = entry;
    return { record, attempt, isRedriven };
  }

  /** The record is done with: the next of its key may be handled. */
  finish(delivery: Delivery): void {
    const entries = this.#entriesOf(delivery);
    const entry = entries.get(delivery.record.offset);
    if (entry === undefined) return;
    entries.delete(delivery.record.offset);
    this.#bytes -= entry.bytes;
    const { key } = entry.record;
    if (key === undefined) return;
    const following = this.#lanes.get(key)?.shift();
    if (following === undefined) this.#lanes.delete(key);
    else this.#ready.push(following);
  }

  /** The record may be handled once more; its key waited meanwhile. */
  retry(delivery: Delivery): void {
    const entry = this.#entriesOf(delivery).get(delivery.record.offset);
    if (entry !== undefined) this.#ready.push(entry);
  }

  #entriesOf({ isRedriven }: Delivery): Map<number, Entry> {
    return isRedriven ? this.#redriven : this.#unfinished;
  }

  #enqueue(entry: Entry): void {
    const { key } = entry.record;
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    if (lane !== undefined) lane.push(entry);
    else {
      this.#ready.push(entry);
      if (key !== undefined) this.#lanes.set(key, []);
    }
  }
}
