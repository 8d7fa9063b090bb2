/** A record as its producer has it; the caller has chosen the partition. */
export interface KafkaNewRecord {
  readonly partition: number;
  readonly key?: string | undefined;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

export interface KafkaPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaPlace extends KafkaPartition {
  readonly offset: number;
}

/** A record as Kafka has it; key and headers are decoded from UTF-8. */
export interface KafkaRecord extends KafkaPlace {
  readonly key: string | undefined;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

export interface KafkaBatch extends KafkaPartition {
  readonly records: readonly KafkaRecord[];
}

/**
 * A connection to the brokers of one Kafka (or what speaks its protocol, such as Redpanda). What it guarantees:
 *
 * - `produce`: acknowledged by all in-sync replicas, once in spite of the tries inside (idempotent producer). The calls on one
 *   topic are written in their order, one request at a time; when one fails, those that wait behind it fail, too.
 * - A broker that is away is looked for again by itself; meanwhile calls fail with UNAVAILABLE after a bounded time.
 * - Errors: UNAVAILABLE, NOT_FOUND (topic, partition), CONFLICT, INVALID_PARAMS, PAYLOAD_TOO_LARGE, FENCED (the group has given the
 *   partition to somebody else), CONFIG_INVALID (credentials, rights, certificates), STORE_CLOSED, INTERNAL. No error and no log
 *   line holds a password.
 * - Who opened it closes it.
 */
export interface KafkaClient {
  /** Where it is connected to, without secrets: `kafka://h1:9092,h2:9092`. */
  readonly target: string;
  /** How many partitions the topic has, as known for some seconds; undefined: there is no such topic. */
  partitionCount(topic: string): Promise<number | undefined>;
  /** Writes the records; resolves with where each one lies, in their order. */
  produce(topic: string, records: readonly KafkaNewRecord[]): Promise<readonly KafkaPlace[]>;
  /**
   * Some records from the offset on, what a broker sends at once; none at the end. The offset must be within the partition. `maxBytes`: about
   * so much is asked for (default 4 MB), and never less than one batch as its producer made it.
   */
  fetch(place: KafkaPlace, maxBytes?: number): Promise<KafkaPage>;
  /** By partition: the first offset, the one behind the last, or that of the first record at the time or later (-1: none). */
  offsets(topic: string, at: 'earliest' | 'latest' | number): Promise<readonly number[]>;
  /** Becomes a member of a group. */
  join(member: KafkaMember): Promise<KafkaSeat>;
  readonly admin: KafkaAdmin;
  /** Resolves when a broker answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaPage {
  readonly records: readonly KafkaRecord[];
  /** Where to go on. */
  readonly nextOffset: number;
}

/** What somebody who joins a group wants, and how it is served. */
export interface KafkaMember {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group begins that has no position yet. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** The most records of one batch. Default 256. */
  readonly maxBatch?: number;
  onAssigned(partition: KafkaPartition): void;
  /** The next batch of the partition comes after the promise has resolved. Must not reject. */
  onRecords(batch: KafkaBatch): Promise<void>;
  /** Awaited for a bounded time before the partition goes to another member; with `isLost` it may have gone already. */
  onRevoked(partition: KafkaPartition, isLost: boolean): Promise<void>;
}

/** A seat in a group. It comes back by itself when the brokers were away. */
export interface KafkaSeat {
  /** Sets where the group goes on in the partition. FENCED when it is not this seat's. */
  commit(place: KafkaPlace): Promise<void>;
  leave(): Promise<void>;
}

/** What is done to topics and groups as a whole. */
export interface KafkaAdmin {
  /** Without Kafka's own (`__…`). */
  listTopics(): Promise<readonly string[]>;
  /** Partitions and settings of topics that are there. */
  describeTopics(topics: readonly string[]): Promise<readonly KafkaTopic[]>;
  /** CONFLICT when it is there. Resolves when it can be written to. */
  createTopic(topic: KafkaTopic): Promise<void>;
  growTopic(topic: string, partitions: number): Promise<void>;
  /** Undefined: the broker's default. */
  configureTopic(topic: string, settings: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** By partition; undefined where the group never committed. */
  committed(group: string, topic: string): Promise<readonly (number | undefined)[]>;
  /** Groups that have members or positions in the topic. */
  groupsOf(topic: string): Promise<readonly string[]>;
  /** The brokers, and the settings of one of them. */
  describeBrokers(): Promise<KafkaBrokers>;
}

export interface KafkaBrokers {
  readonly brokers: number;
  readonly settings: Readonly<Record<string, string>>;
}

export interface KafkaTopic {
  readonly name: string;
  readonly partitions: number;
  /** As in Kafka: `retention.ms`, `cleanup.policy`. Read: those that were set for this topic. */
  readonly settings: Readonly<Record<string, string>>;
}
