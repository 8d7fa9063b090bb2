import { deferred, sleep, systemClock } from '../../base/index.ts';
import { CommitLane, notOurs } from './commit-lane.ts';
import { FetchPump } from './fetch-pump.ts';
import { countPartitions } from './kafka-admin.ts';
import { awayError, fromKafkaError } from './kafka-error.ts';
import type { ConnectionPool, Consumer, Driver } from './library.ts';
import { PartitionFeed } from './partition-feed.ts';
import type { KafkaMember, KafkaPartition, KafkaPlace } from './port.ts';

const defaultMaxBatch = 256;
const protocol = { name: 'cooperative-sticky', version: 3 };
const growthPollMs = 3_000;
const timestamps = { latest: -1n, earliest: -2n } as const;

/**
 * One life of a member of a group: from joining until it leaves, or is found to be out of it. The library shares the partitions
 * out, in the cooperative way: who keeps a partition goes on meanwhile.
 */
export class GroupSession {
  readonly #driver: Driver;
  readonly #member: KafkaMember;
  readonly #consumer: Consumer;
  readonly #pool: ConnectionPool;
  readonly #commits: CommitLane;
  readonly #pump: FetchPump;
  readonly #feeds = new Map<string, PartitionFeed>();
  readonly #ended = deferred<unknown>();
  #isClosing = false;
  #isLeader = false;
  #seeking: Promise<void> = Promise.resolve();
  #growthTimer: NodeJS.Timeout | undefined;
  #partitionCounts: ReadonlyMap<string, number> = new Map();

  constructor(driver: Driver, member: KafkaMember) {
    this.#driver = driver;
    this.#member = member;
    this.#consumer = createConsumer(driver, member, () => this.#beforeJoin());
    this.#pool = new driver.library.ConnectionPool(driver.options.clientId, driver.connection);
    this.#commits = new CommitLane(this.#consumer, driver.target);
    this.#pump = new FetchPump({
      consumer: this.#consumer,
      pool: this.#pool,
      feeds: () => this.#feeds.values(),
      onOutOfRange: (feeds) => void this.#seek(feeds, 'earliest'),
      onError: (thrown) => this.#warn('Records could not be fetched', thrown),
    });
  }

  /** Resolves with the reason when the member is out of the group. */
  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  async open(): Promise<void> {
    this.#consumer.topics.trackAll(...this.#member.topics);
    this.#consumer.on('error', (error) => this.#ended.resolve(error));
    this.#consumer.on('consumer:heartbeat:stalled', () =>
      this.#ended.resolve(awayError(this.#driver.target, 'silence')),
    );
    this.#consumer.on('consumer:group:join', ({ isLeader = false }) => this.#afterJoin(isLeader));
    try {
      this.#partitionCounts = await countPartitions(this.#consumer, this.#member.topics);
      await this.#consumer.joinGroup({});
      // From here on it is settled where a new group begins.
      await this.#seeking;
      this.#growthTimer = setInterval(() => void this.#lookForGrowth(), growthPollMs);
    } catch (thrown) {
      await this.#release();
      throw fromKafkaError(thrown, this.#driver.target);
    }
  }

  commit(place: KafkaPlace): Promise<void> {
    return this.#feeds.has(keyOf(place)) ? this.#commits.commit(place) : Promise.reject(notOurs(place));
  }

  /** Gives everything back in order, and leaves. */
  async leave(): Promise<void> {
    this.#isClosing = true;
    await this.#revoke([...this.#feeds.values()], false);
    await this.#release();
  }

  /** For one that is out of the group already. */
  async abandon(): Promise<void> {
    this.#isClosing = true;
    await this.#revoke([...this.#feeds.values()], true);
    await this.#release();
  }

  async #release(): Promise<void> {
    clearInterval(this.#growthTimer);
    this.#ended.resolve(undefined);
    this.#pump.stop();
    const warn = (thrown: unknown): void => this.#warn('The group was not left', thrown);
    // Closing alone would leave too, but for one that is just joining anew: it would go on, and keep the process.
    await this.#leaveGroup().catch(warn);
    await this.#consumer.close(true).catch(warn);
    await this.#pool.close().catch(() => {});
  }

  #leaveGroup(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#consumer.leaveGroup(true, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The library is about to ask for a new share: what it has given away already must be in order before. */
  async #beforeJoin(): Promise<void> {
    this.#commits.release();
    const kept = this.#assigned();
    const isLost = this.#consumer.memberId === null;
    await this.#revoke(
      [...this.#feeds].flatMap(([key, feed]) => (kept.has(key) ? [] : [feed])),
      isLost,
    );
    await this.#commits.hold();
  }

  #afterJoin(isLeader: boolean): void {
    if (this.#isClosing) return;
    this.#isLeader = isLeader;
    this.#commits.release();
    const added = [...this.#assigned()].filter(([key]) => !this.#feeds.has(key)).map(([, place]) => this.#add(place));
    this.#seeking = this.#seek(added, 'committed');
  }

  #assigned(): ReadonlyMap<string, KafkaPartition> {
    const places = (this.#consumer.assignments ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    return new Map(places.map((place) => [keyOf(place), place]));
  }

  #add(place: KafkaPartition): PartitionFeed {
    const feed = new PartitionFeed({
      ...place,
      maxBatch: this.#member.maxBatch ?? defaultMaxBatch,
      onRecords: (batch) => this.#member.onRecords(batch),
      onHungry: () => this.#pump.wake(),
    });
    this.#feeds.set(keyOf(place), feed);
    this.#member.onAssigned(place);
    return feed;
  }

  async #revoke(feeds: readonly PartitionFeed[], isLost: boolean): Promise<void> {
    await Promise.all(feeds.map((feed) => this.#revokeOne(feed, isLost)));
  }

  async #revokeOne(feed: PartitionFeed, isLost: boolean): Promise<void> {
    void feed.stop();
    const place = { topic: feed.topic, partition: feed.partition };
    if (isLost) this.#forget(place);
    const given = this.#member.onRevoked(place, isLost).then(() => this.#commits.settled());
    await Promise.race([given, sleep(systemClock, this.#driver.options.revokeTimeoutMs)]);
    this.#forget(place);
  }

  #forget(place: KafkaPartition): void {
    this.#feeds.delete(keyOf(place));
    this.#commits.refuse(place);
  }

  async #seek(feeds: readonly PartitionFeed[], where: 'committed' | 'earliest'): Promise<void> {
    try {
      if (feeds.length === 0) return;
      const committed = where === 'committed' ? await this.#committed(feeds) : new Map<string, number>();
      const without = feeds.filter((feed) => !committed.has(keyOf(feed)));
      const from = where === 'committed' ? (this.#member.from ?? 'earliest') : where;
      const begins = await this.#begins(without, from);
      // What is the latest now is not the latest for who comes next.
      if (from === 'latest') await Promise.all(without.map((feed) => this.#commits.commit(placeOf(feed, begins))));
      for (const feed of feeds) feed.seek(committed.get(keyOf(feed)) ?? begins.get(keyOf(feed)) ?? 0);
    } catch (thrown) {
      // Without a position the partition would lie idle: the member begins anew.
      this.#ended.resolve(thrown);
    }
  }

  /** New partitions are shared out by the leader alone, and nobody tells it of them. */
  async #lookForGrowth(): Promise<void> {
    if (!this.#isLeader || this.#isClosing) return;
    try {
      const counts = await countPartitions(this.#consumer, this.#member.topics, true);
      const known = this.#partitionCounts;
      this.#partitionCounts = counts;
      if ([...counts].some(([topic, count]) => count > (known.get(topic) ?? count))) await this.#consumer.joinGroup({});
    } catch (thrown) {
      if (!this.#isClosing) this.#warn('Nobody could be asked whether topics have grown', thrown);
    }
  }

  async #committed(feeds: readonly PartitionFeed[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const [topic, partitions] of byTopic(feeds)) {
      const offsets = await this.#consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
      for (const partition of partitions) {
        const offset = offsets.get(topic)?.[partition] ?? -1n;
        if (offset >= 0n) found.set(keyOf({ topic, partition }), Number(offset));
      }
    }
    return found;
  }

  async #begins(feeds: readonly PartitionFeed[], at: 'earliest' | 'latest'): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const [topic, partitions] of byTopic(feeds)) {
      const wanted = { topics: [topic], partitions: { [topic]: [...partitions] }, timestamp: timestamps[at] };
      const offsets = await this.#consumer.listOffsets(wanted);
      for (const partition of partitions) {
        found.set(keyOf({ topic, partition }), Number(offsets.get(topic)?.[partition] ?? 0n));
      }
    }
    return found;
  }

  #warn(message: string, thrown: unknown): void {
    const { message: reason } = fromKafkaError(thrown, this.#driver.target);
    this.#driver.options.logger.warn(message, { group: this.#member.group, reason });
  }
}

function createConsumer(driver: Driver, { group }: KafkaMember, beforeJoin: () => Promise<void>): Consumer {
  const { sessionTimeoutMs, revokeTimeoutMs } = driver.options;
  return new driver.library.Consumer({
    ...driver.connection,
    // A broker answers a member that joins only when all others have joined again.
    requestTimeout: sessionTimeoutMs + 2 * revokeTimeoutMs,
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs + revokeTimeoutMs,
    heartbeatInterval: Math.min(3_000, Math.floor(sessionTimeoutMs / 4)),
    heartbeatStallTimeout: sessionTimeoutMs,
    protocols: [protocol],
    // The one place where the library waits for us between two shares.
    protocolsMetadata: async () => {
      await beforeJoin();
      return Buffer.alloc(0);
    },
  });
}

function byTopic(feeds: readonly PartitionFeed[]): ReadonlyMap<string, number[]> {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of feeds) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return topics;
}

function placeOf({ topic, partition }: PartitionFeed, offsets: ReadonlyMap<string, number>): KafkaPlace {
  return { topic, partition, offset: offsets.get(keyOf({ topic, partition })) ?? 0 };
}

function keyOf({ topic, partition }: KafkaPartition): string {
  return `${topic}:${partition}`;
}
