import { sleep, systemClock } from '../../base/index.ts';
import { isRefusal } from './kafka-error.ts';
import type { ConnectionPool, Consumer, FetchResponse } from './library.ts';
import type { PartitionFeed } from './partition-feed.ts';
import { decodeBatches } from './record-codec.ts';

const maxBytes = 8 * 1024 * 1024;
const maxPartitionBytes = 512 * 1024;
/** A broker without news answers after so long; sooner when another partition may want something meanwhile. */
const idleWaitMs = 500;
const busyWaitMs = 50;
const errorPauseMs = 500;

export interface FetchPumpOptions {
  readonly consumer: Consumer;
  /** Connections of its own: a broker that waits for news answers nothing else on them. */
  readonly pool: ConnectionPool;
  readonly feeds: () => Iterable<PartitionFeed>;
  /** What these wanted is not there (any more); they are to be sought anew. */
  readonly onOutOfRange: (feeds: readonly PartitionFeed[]) => void;
  readonly onError: (thrown: unknown) => void;
}

interface Wanted {
  readonly feed: PartitionFeed;
  readonly offset: number;
}

/** Fetches what feeds want, with one request at a time to each broker. */
export class FetchPump {
  readonly #options: FetchPumpOptions;
  readonly #busy = new Set<number>();
  #isLooking = false;
  #looksAgain = false;
  #isStopped = false;

  constructor(options: FetchPumpOptions) {
    this.#options = options;
  }

  /** Looks for feeds that want something. */
  wake(): void {
    if (this.#isLooking) this.#looksAgain = true;
    else void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      do {
        this.#looksAgain = false;
        await this.#askBrokers();
      } while (this.#looksAgain && !this.#isStopped);
    } catch (thrown) {
      await this.#pause(thrown);
      this.#looksAgain = true;
    } finally {
      this.#isLooking = false;
    }
    if (this.#looksAgain && !this.#isStopped) this.wake();
  }

  async #askBrokers(): Promise<void> {
    const feeds = [...this.#options.feeds()];
    if (this.#isStopped || feeds.length === 0) return;
    const topics = [...new Set(feeds.map(({ topic }) => topic))];
    const metadata = await this.#options.consumer.metadata({ topics });
    const byBroker = new Map<number, Wanted[]>();
    for (const feed of feeds) {
      const offset = feed.wanted;
      const leader = metadata.topics.get(feed.topic)?.partitions[feed.partition]?.leader ?? -1;
      if (offset === undefined || this.#busy.has(leader)) continue;
      const wanted = byBroker.get(leader);
      if (wanted) wanted.push({ feed, offset });
      else byBroker.set(leader, [{ feed, offset }]);
    }
    const ids = new Map([...metadata.topics].map(([topic, { id }]) => [topic, id]));
    for (const [broker, wanted] of byBroker) void this.#ask(broker, wanted, ids);
  }

  async #ask(broker: number, wanted: readonly Wanted[], ids: ReadonlyMap<string, string>): Promise<void> {
    this.#busy.add(broker);
    try {
      const isIdle = [...this.#options.feeds()].every((feed) => feed.wanted !== undefined);
      const response = await this.#options.consumer.fetch({
        node: broker,
        maxBytes,
        maxWaitTime: isIdle ? idleWaitMs : busyWaitMs,
        topics: wanted.map((one) => formatRequest(one, ids)),
        connectionPool: this.#options.pool,
      });
      if (!this.#isStopped) handOut(wanted, ids, response);
    } catch (thrown) {
      if (isRefusal(thrown, 'OFFSET_OUT_OF_RANGE')) this.#options.onOutOfRange(wanted.map(({ feed }) => feed));
      await this.#pause(thrown);
    } finally {
      this.#busy.delete(broker);
      this.wake();
    }
  }

  async #pause(thrown: unknown): Promise<void> {
    if (this.#isStopped) return;
    this.#options.onError(thrown);
    await sleep(systemClock, errorPauseMs);
  }
}

function formatRequest({ feed, offset }: Wanted, ids: ReadonlyMap<string, string>) {
  const { topic, partition } = feed;
  const wanted = {
    partition,
    fetchOffset: BigInt(offset),
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes: maxPartitionBytes,
  };
  return { topicId: ids.get(topic) ?? '', partitions: [wanted] };
}

function handOut(wanted: readonly Wanted[], ids: ReadonlyMap<string, string>, { responses }: FetchResponse): void {
  for (const { feed, offset } of wanted) {
    const { topic, partition } = feed;
    const answers = responses.filter(({ topicId }) => topicId === ids.get(topic));
    for (const answer of answers.flatMap(({ partitions }) => partitions)) {
      if (answer.partitionIndex !== partition || !answer.records?.length) continue;
      feed.accept(offset, decodeBatches({ topic, partition, offset }, answer.records));
    }
  }
}
