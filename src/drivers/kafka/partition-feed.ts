import type { KafkaBatch, KafkaPage, KafkaPartition, KafkaRecord } from './port.ts';

export interface PartitionFeedOptions extends KafkaPartition {
  readonly maxBatch: number;
  readonly onRecords: (batch: KafkaBatch) => Promise<void>;
  /** Called when more can be fetched. */
  readonly onHungry: () => void;
}

/** Hands the records of one partition out, batch by batch, and holds what was fetched meanwhile: one answer of a broker at most. */
export class PartitionFeed {
  readonly topic: string;
  readonly partition: number;
  readonly #options: PartitionFeedOptions;
  #position: number | undefined;
  #records: readonly KafkaRecord[] = [];
  #next = 0;
  #delivery: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: PartitionFeedOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.#options = options;
  }

  /** The offset to fetch next; undefined as long as it is not known or nothing is wanted. */
  get wanted(): number | undefined {
    return this.#isStopped || this.#next < this.#records.length ? undefined : this.#position;
  }

  /** Goes on at this offset, whatever was fetched before. */
  seek(offset: number): void {
    this.#position = offset;
    this.#options.onHungry();
  }

  /** Takes what a broker sent for `from`, unless it is no longer wanted. */
  accept(from: number, page: KafkaPage): void {
    if (this.wanted !== from) return;
    this.#position = page.nextOffset;
    this.#records = page.records;
    this.#next = 0;
    this.#deliver();
  }

  /** No batch begins after this. Resolves when the one that is being worked on is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#delivery;
  }

  #deliver(): void {
    if (this.#isStopped || this.#delivery !== undefined || this.#next >= this.#records.length) return;
    const { topic, partition } = this;
    const records = this.#records.slice(this.#next, this.#next + this.#options.maxBatch);
    this.#next += records.length;
    if (this.#next >= this.#records.length) this.#options.onHungry();
    this.#delivery = this.#options.onRecords({ topic, partition, records }).finally(() => {
      this.#delivery = undefined;
      this.#deliver();
    });
  }
}
