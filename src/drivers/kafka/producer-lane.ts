import { awayError, fromKafkaError } from './kafka-error.ts';
import type { Driver, Producer } from './library.ts';
import type { KafkaNewRecord, KafkaPlace } from './port.ts';
import { encodeRecord, type WireRecord } from './record-codec.ts';

/** What brokers take in one batch of a partition unless they are told otherwise is 1 MiB, framing included. */
const maxPartitionBytes = 768 * 1024;
const maxWaitingBytes = 64 * 1024 * 1024;
const recordOverheadBytes = 32;

/** Records of one call that go together. */
interface Part {
  readonly records: readonly WireRecord[];
  readonly bytes: ReadonlyMap<number, number>;
  readonly totalBytes: number;
  resolve(places: readonly KafkaPlace[]): void;
  reject(reason: unknown): void;
}

/**
 * Writes to one topic in the order of the calls: one request is under way at a time, and what comes meanwhile leaves together in
 * the next. When a request fails, all that waits behind it fails, so that nothing overtakes what its caller will send again.
 */
export class ProducerLane {
  readonly #topic: string;
  readonly #producer: Producer;
  readonly #driver: Driver;
  #waiting: Part[] = [];
  #waitingBytes = 0;
  #isSending = false;

  constructor(topic: string, producer: Producer, driver: Driver) {
    this.#topic = topic;
    this.#producer = producer;
    this.#driver = driver;
  }

  async send(records: readonly KafkaNewRecord[]): Promise<readonly KafkaPlace[]> {
    if (this.#waitingBytes > maxWaitingBytes) {
      throw awayError(this.#driver.target, `${maxWaitingBytes} bytes wait already to be written to ${this.#topic}`);
    }
    const parts = split(records.map((record) => encodeRecord(this.#topic, record)));
    const places = Promise.all(parts.map((part) => this.#enqueue(part)));
    void this.#drain();
    return (await places).flat();
  }

  #enqueue(part: Omit<Part, 'resolve' | 'reject'>): Promise<readonly KafkaPlace[]> {
    this.#waitingBytes += part.totalBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...part, resolve, reject });
    });
  }

  async #drain(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0) await this.#sendTogether(this.#take());
    } catch (thrown) {
      const refused = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      for (const part of refused) part.reject(thrown);
    } finally {
      this.#isSending = false;
    }
  }

  async #sendTogether(parts: readonly Part[]): Promise<void> {
    try {
      const messages = parts.flatMap(({ records }) => records);
      const { offsets = [] } = await this.#producer.send({ messages });
      const next = new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
      for (const part of parts) part.resolve(part.records.map((record) => place(record, next)));
    } catch (thrown) {
      const error = fromKafkaError(thrown, this.#driver.target);
      for (const part of parts) part.reject(error);
      throw error;
    }
  }

  /** As many parts as one request may carry, at least one. */
  #take(): readonly Part[] {
    const sums = new Map<number, number>();
    let count = 0;
    for (const { bytes } of this.#waiting) {
      const fits = [...bytes].every(([partition, size]) => (sums.get(partition) ?? 0) + size <= maxPartitionBytes);
      if (count > 0 && !fits) break;
      for (const [partition, size] of bytes) sums.set(partition, (sums.get(partition) ?? 0) + size);
      count += 1;
    }
    const taken = this.#waiting.splice(0, count);
    for (const { totalBytes } of taken) this.#waitingBytes -= totalBytes;
    return taken;
  }
}

/** Cuts the records where a partition's share would grow beyond one batch. */
function split(records: readonly WireRecord[]): readonly Omit<Part, 'resolve' | 'reject'>[] {
  const parts: Omit<Part, 'resolve' | 'reject'>[] = [];
  let from = 0;
  let bytes = new Map<number, number>();
  const cut = (to: number): void => {
    if (to === from) return;
    const totalBytes = [...bytes.values()].reduce((sum, size) => sum + size, 0);
    parts.push({ records: records.slice(from, to), bytes, totalBytes });
    from = to;
    bytes = new Map();
  };
  for (const [index, record] of records.entries()) {
    const size = sizeOf(record);
    if ((bytes.get(record.partition) ?? 0) + size > maxPartitionBytes) cut(index);
    bytes.set(record.partition, (bytes.get(record.partition) ?? 0) + size);
  }
  cut(records.length);
  return parts;
}

function sizeOf({ key, value, headers }: WireRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers ?? []) bytes += name.length + text.length + 4;
  return bytes;
}

/** The records of a partition lie behind one another from its base offset on. */
function place({ topic, partition }: WireRecord, next: Map<number, number>): KafkaPlace {
  const offset = next.get(partition) ?? -1;
  next.set(partition, offset + 1);
  return { topic, partition, offset };
}
