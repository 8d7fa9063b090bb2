/**
 * The log carries records between agents: topics of numbered partitions, each an ordered list of records. It carries bytes;
 * what they mean is a schema's business. What every adapter guarantees:
 *
 * - Place: a record with a key goes to partition `partitionOf(key, partitions)`, in every adapter and every process; one
 *   without a key goes to any partition.
 * - Order: offsets of one partition grow with every record (gaps are possible), and records are read in their order. The
 *   records of one `publish` that share a partition get their offsets in the order of the call, and so do two calls of one
 *   process on one key, the second of which was made before the first has ended.
 * - Durability: when `publish` resolves, its records are as safe as the adapter's medium (SQLite: on the disk; Redis: as its
 *   `appendfsync`; Kafka: acknowledged by all in-sync replicas). When it rejects, some of them may be there: the caller may
 *   publish them again (at least once), and consumers drop by the record's own identity what they have seen.
 * - Groups: a partition belongs to one member of a group at a time. A group begins in each partition at the offset that it
 *   committed last, so a record that was not finished is handed out again, after a crash and after a change of owner too.
 * - Growth: after `alterTopic` gave a topic more partitions, a group gets a key's records from the new partition only once
 *   it has committed all that was published before (adapters that cannot promise it refuse to grow a topic in use).
 * - Bounds: nothing is kept in memory beyond one batch for each partition, and what publishers have in flight.
 * - Errors: NOT_FOUND (topic, partition), CONFLICT (topic is there), INVALID_PARAMS, PAYLOAD_TOO_LARGE (one record), STORE_FULL,
 *   STORE_DAMAGED, FENCED (the partition belongs to another member now), UNAVAILABLE (the server is away: try again),
 *   STORE_CLOSED (closed by us), CONFIG_INVALID (credentials, rights).
 * - `close` lets all members leave and waits for what is being published; who opened the log closes it.
 */
export interface Log {
  /** Writes the records, durably; resolves with where each one lies, in their order. At most `maxBatchRecords` records. */
  publish(topic: string, records: readonly NewRecord[]): Promise<readonly RecordPlace[]>;
  /** Records of one partition from an offset or a time on. Leaves no trace: groups are not touched. */
  read(query: ReadQuery): Promise<ReadPage>;
  /** Makes the caller a member of a group, to be given partitions and their records until it leaves. */
  join(member: GroupMember): Promise<Membership>;
  /** All topics, by name. Those whose name begins with `_` belong to the fabric itself. */
  listTopics(): Promise<readonly TopicSettings[]>;
  /** Undefined: there is no such topic. */
  describeTopic(topic: string): Promise<TopicDescription | undefined>;
  /** How far the group is in the topic, for each partition; a group that never committed is at the beginning. */
  describeGroup(group: string, topic: string): Promise<readonly GroupPosition[]>;
  /** CONFLICT when it is there (`ensureTopic` takes that for an answer). */
  createTopic(topic: TopicSettings): Promise<void>;
  /** Partitions can only become more (INVALID_PARAMS otherwise); members are told of them within seconds. */
  alterTopic(topic: string, change: TopicChange): Promise<void>;
  /** Resolves when the log can be written to; throws what is wrong. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A record as its publisher has it. */
export interface NewRecord {
  /** Records of one key keep their order. At most 1,024 bytes of UTF-8. */
  readonly key?: string | undefined;
  /** Null says that the key is gone: compaction drops what it had, and may drop this record in the end, too. */
  readonly value: Uint8Array | null;
  /** Texts, such as `traceparent` and `correlation-id`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When it happened. Ms since the epoch; default: now. */
  readonly timestampMs?: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface RecordPlace extends TopicPartition {
  readonly offset: number;
}

/** A record as the log has it. */
export interface LogRecord extends RecordPlace {
  readonly key: string | undefined;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

export interface ReadQuery extends TopicPartition {
  /** The first offset wanted; what retention has removed is passed over. Default 0. */
  readonly offset?: number;
  /** Nothing before the first record with this timestamp or a later one. */
  readonly sinceMs?: number;
  readonly limit: number;
}

export interface ReadPage {
  readonly records: readonly LogRecord[];
  /** Where the next page begins. */
  readonly nextOffset: number;
  /** The offset that the next record published will have at least: a page that reaches it was the last. */
  readonly endOffset: number;
}

/** What somebody who joins a group wants, and how it is served. */
export interface GroupMember {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group begins that has no position yet. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** The most records of one batch. Default 256. */
  readonly maxBatch?: number;
  /** The partition belongs to this member now; its records come after this, from the committed offset on. */
  onAssigned(partition: TopicPartition): void;
  /**
   * The next records of one partition, in order. The next batch of this partition comes only after the promise resolved: this is
   * how a partition is paused. Partitions do not wait for one another. Must not reject.
   */
  onRecords(batch: RecordBatch): Promise<void>;
  /**
   * The partition goes to another member once the promise resolves (which the adapter awaits for a bounded time): until then
   * commits are still taken. With `isLost` it has another owner already. No batch comes after this; a batch whose promise is
   * pending is waited for no more.
   */
  onRevoked(partition: TopicPartition, isLost: boolean): Promise<void>;
}

export interface RecordBatch extends TopicPartition {
  readonly records: readonly LogRecord[];
}

/** A seat in a group. */
export interface Membership {
  /** Sets where the group goes on in the partition: the lowest offset that is not finished. FENCED when it has another owner. */
  commit(place: RecordPlace): Promise<void>;
  /** Gives the partitions back (`onRevoked` for each) and leaves. */
  leave(): Promise<void>;
}

/** What a topic is. */
export interface TopicSettings {
  /** Letters, digits, `.`, `_` and `-`; at most 249. */
  readonly name: string;
  /** 1 to 1,024. */
  readonly partitions: number;
  /** Records older than this may be removed. Undefined: the adapter's default (7 days); 0: never. */
  readonly retentionMs?: number | undefined;
  /** The oldest records of a partition that has grown beyond this may be removed. */
  readonly retentionBytes?: number | undefined;
  /** Only the newest record of each key is sure to stay; age and size remove nothing. */
  readonly isCompacted?: boolean | undefined;
}

export type TopicChange = Partial<Omit<TopicSettings, 'name' | 'isCompacted'>>;

export interface TopicDescription extends TopicSettings {
  readonly ranges: readonly PartitionRange[];
}

export interface PartitionRange {
  readonly partition: number;
  /** Of the oldest record that is still there. */
  readonly beginOffset: number;
  /** One behind the newest record's. */
  readonly endOffset: number;
}

export interface GroupPosition extends TopicPartition {
  /** Undefined: nothing was committed yet. */
  readonly committed: number | undefined;
  /** So many offsets lie between the committed one and the end. */
  readonly lag: number;
}

/** One `publish` takes so many records at most. */
export const maxBatchRecords = 10_000;

/** One record's key, value and headers together; the setting `log.maxRecordBytes` lowers it. */
export const defaultMaxRecordBytes: number = 1024 * 1024;
