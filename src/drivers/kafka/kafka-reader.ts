import { awayError, fromKafkaError } from './kafka-error.ts';
import type { Consumer, Driver, FetchResponse } from './library.ts';
import type { KafkaPage, KafkaPlace } from './port.ts';
import { decodeBatches } from './record-codec.ts';

const maxWaiting = 1_000;
const usualBytes = 4 * 1024 * 1024;
const timestamps = { latest: -1n, earliest: -2n } as const;

/** Reads without a group. One request is under way at a time: the library keeps one fetch session for each broker. */
export class KafkaReader {
  readonly #driver: Driver;
  readonly #consumer: Consumer;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(driver: Driver) {
    this.#driver = driver;
    // The name is only there because the library wants one: the reader never joins.
    this.#consumer = new driver.library.Consumer({
      ...driver.connection,
      groupId: `${driver.options.clientId}-reader`,
    });
    this.#consumer.on('error', () => {});
  }

  fetch(place: KafkaPlace, maxBytes: number = usualBytes): Promise<KafkaPage> {
    return this.#inTurn(() => this.#fetch(place, maxBytes));
  }

  offsets(topic: string, at: 'earliest' | 'latest' | number): Promise<readonly number[]> {
    return this.#inTurn(async () => {
      const timestamp = typeof at === 'number' ? BigInt(at) : timestamps[at];
      const offsets = await this.#consumer.listOffsets({ topics: [topic], timestamp });
      return (offsets.get(topic) ?? []).map(Number);
    });
  }

  close(): Promise<void> {
    return this.#consumer.close(true).catch(() => {});
  }

  async #fetch(place: KafkaPlace, maxBytes: number): Promise<KafkaPage> {
    const { topic, partition } = place;
    this.#consumer.topics.track(topic);
    try {
      const { topics } = await this.#consumer.metadata({ topics: [topic] });
      const { id = '', partitions = [] } = topics.get(topic) ?? {};
      const wanted = {
        partition,
        fetchOffset: BigInt(place.offset),
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: maxBytes,
      };
      const node = partitions[partition]?.leader ?? -1;
      const topicsToFetch = [{ topicId: id, partitions: [wanted] }];
      const response = await this.#consumer.fetch({ node, maxBytes, maxWaitTime: 0, topics: topicsToFetch });
      return decodeBatches(place, batchesOf(response, partition));
    } finally {
      this.#consumer.topics.untrack(topic);
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const { target } = this.#driver;
    if (this.#waiting >= maxWaiting) return Promise.reject(awayError(target, `${maxWaiting} reads wait already`));
    this.#waiting += 1;
    const turn = this.#last
      .then(run)
      .catch((thrown: unknown) => {
        throw fromKafkaError(thrown, target);
      })
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function batchesOf({ responses }: FetchResponse, partition: number) {
  return responses[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.records;
}
