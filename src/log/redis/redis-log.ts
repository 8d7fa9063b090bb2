import { type Clock, createId, type Logger, ParleyError } from '../../base/index.ts';
import type { RedisClient, RedisHealth } from '../../drivers/redis/index.ts';
import { checkRecords, checkTopicSettings, partitionNotFound, sizeOfRecord } from '../check-input.ts';
import { partitionOf } from '../partition-of.ts';
import type {
  GroupMember,
  GroupPosition,
  Log,
  Membership,
  NewRecord,
  ReadPage,
  ReadQuery,
  RecordPlace,
  TopicChange,
  TopicDescription,
  TopicPartition,
  TopicSettings,
} from '../port.ts';
import { GroupClient } from './group-client.ts';
import type { LogKeys } from './keys.ts';
import { encodeRecord } from './record-codec.ts';
import { RecordReader } from './record-reader.ts';
import { appendScript, trimScript } from './record-scripts.ts';
import { RedisSeat } from './redis-seat.ts';
import { partitionsOf, type StoredTopic, TopicBook } from './topic-book.ts';

export interface RedisLogParts {
  readonly redis: RedisClient;
  readonly keys: LogKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxRecordBytes: number;
  readonly retentionMs: number;
  readonly sessionMs: number;
  readonly maintenanceMs: number;
}

/** Records of one call that belong to one partition, with their places in the call. */
interface Share {
  readonly partition: number;
  readonly indexes: number[];
}

const maxCallBytes = 8 * 1024 * 1024;
const maxCallRecords = 500;
const trimBatch = 500;

/** The log in Redis Streams: a stream for each partition, shared by all nodes on the same data. */
export class RedisLog implements Log {
  readonly #parts: RedisLogParts;
  readonly #topics: TopicBook;
  readonly #reader: RecordReader;
  readonly #seats = new Set<RedisSeat>();
  #unkeyed = 0;
  #stopMaintenance: () => void = () => {};
  #closed: Promise<void> | undefined;

  constructor(parts: RedisLogParts) {
    this.#parts = parts;
    this.#topics = new TopicBook(parts.redis, parts.keys);
    this.#reader = new RecordReader(parts.redis, parts.keys);
    this.#planMaintenance();
  }

  async publish(topic: string, records: readonly NewRecord[]): Promise<readonly RecordPlace[]> {
    this.#requireOpen();
    checkRecords(topic, records, this.#parts.maxRecordBytes);
    const places: RecordPlace[] = [];
    let open = records.map((_, index) => index);
    for (let stored = await this.#topics.require(topic); open.length > 0; stored = await this.#topics.refresh(topic)) {
      const shares = this.#shareOut(stored, records, open);
      const refused = await Promise.all(shares.map((share) => this.#append({ stored, records, share, places })));
      open = refused.flat().sort((a, b) => a - b);
    }
    return places;
  }

  async read(query: ReadQuery): Promise<ReadPage> {
    await this.#requirePartition(query);
    const { topic, partition, sinceMs, limit } = query;
    const sought = sinceMs === undefined ? 0 : await this.#reader.seek(query, sinceMs);
    const place = { topic, partition };
    const head = await this.#reader.head(place);
    return this.#reader.readFrom(place, { offset: Math.max(query.offset ?? 0, sought), limit, head });
  }

  async join(member: GroupMember): Promise<Membership> {
    this.#requireOpen();
    await Promise.all(member.topics.map((topic) => this.#topics.refresh(topic)));
    const { redis, keys, clock, logger, sessionMs } = this.#parts;
    const id = createId();
    const client = new GroupClient({ redis, keys, group: member.group, id, sessionMs });
    const seat: RedisSeat = new RedisSeat({
      ...{ id, member, client, redis, keys, clock, logger, sessionMs, topics: this.#topics },
      read: (place, offset, limit) => this.#feed(place, offset, limit),
    });
    await seat.open();
    this.#seats.add(seat);
    return {
      commit: (place) => seat.commit(place),
      leave: () => seat.leave().finally(() => this.#seats.delete(seat)),
    };
  }

  async listTopics(): Promise<readonly TopicSettings[]> {
    this.#requireOpen();
    return (await this.#topics.list()).map(toSettings);
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    this.#requireOpen();
    const topic = await this.#topics.find(name);
    if (topic === undefined) return undefined;
    const ranges = await Promise.all(
      partitionsOf(topic).map((partition) => this.#reader.range({ topic: name, partition })),
    );
    return { ...toSettings(topic), ranges };
  }

  async describeGroup(group: string, name: string): Promise<readonly GroupPosition[]> {
    this.#requireOpen();
    const topic = await this.#topics.refresh(name);
    return Promise.all(partitionsOf(topic).map((partition) => this.#position(group, { topic: name, partition })));
  }

  async createTopic(topic: TopicSettings): Promise<void> {
    this.#requireOpen();
    checkTopicSettings(topic);
    await this.#topics.create(topic);
  }

  async alterTopic(name: string, change: TopicChange): Promise<void> {
    this.#requireOpen();
    const topic = await this.#topics.alter(name, change);
    // From here on nothing goes to an old partition by the old count.
    await this.#seal(topic);
  }

  async check(): Promise<void> {
    this.#requireOpen();
    await this.#parts.redis.command('set', this.#parts.keys.probe, this.#parts.clock.now());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Whether Redis is there. */
  health(): RedisHealth {
    return this.#parts.redis.health();
  }

  async #close(): Promise<void> {
    this.#stopMaintenance();
    await Promise.all([...this.#seats].map((seat) => seat.leave()));
    await this.#parts.redis.close();
  }

  #shareOut(topic: StoredTopic, records: readonly NewRecord[], indexes: readonly number[]): readonly Share[] {
    const shares = new Map<number, Share>();
    const unkeyed = this.#unkeyed++ % topic.partitions;
    for (const index of indexes) {
      const key = records[index]?.key;
      const partition = key === undefined ? unkeyed : partitionOf(key, topic.partitions);
      const share = shares.get(partition) ?? { partition, indexes: [] };
      share.indexes.push(index);
      shares.set(partition, share);
    }
    return [...shares.values()];
  }

  /** Notes the places; answers what is to be published anew because the topic has grown. */
  async #append(call: {
    readonly stored: StoredTopic;
    readonly records: readonly NewRecord[];
    readonly share: Share;
    readonly places: RecordPlace[];
  }): Promise<readonly number[]> {
    const { stored, records, share, places } = call;
    const { partition, indexes } = share;
    const place = { topic: stored.name, partition };
    for (let at = 0; at < indexes.length; ) {
      const chunk = takeChunk(records, indexes, at);
      const first = await this.#write(stored, place, chunk.map((index) => records[index]).filter(isThere));
      if (first === -1) return indexes.slice(at);
      chunk.forEach((index, n) => {
        places[index] = { ...place, offset: first + n };
      });
      at += chunk.length;
    }
    return [];
  }

  async #write(topic: StoredTopic, place: TopicPartition, records: readonly NewRecord[]): Promise<number> {
    const { redis, keys, clock } = this.#parts;
    const nowMs = clock.now();
    const args = records.flatMap((record) => encodeRecord(record, nowMs));
    const first = await redis.script({
      script: appendScript,
      keys: [keys.stream(place), keys.meta(place), keys.latest(place)],
      args: [topic.growths.length, topic.isCompacted === true ? 1 : 0, records.length, ...args],
    });
    return Number(first);
  }

  async #seal(topic: StoredTopic): Promise<void> {
    if (topic.growths.length === 0) return;
    await Promise.all(partitionsOf(topic).map((partition) => this.#write(topic, { topic: topic.name, partition }, [])));
  }

  /** What a member is fed: nothing from a partition of a topic that has grown since, until that is known here. */
  async #feed(place: TopicPartition, offset: number, limit: number): Promise<Pick<ReadPage, 'records' | 'nextOffset'>> {
    const topic = await this.#topics.require(place.topic);
    const head = await this.#reader.head(place);
    if (head.generation <= topic.growths.length) return this.#reader.readFrom(place, { offset, limit, head });
    await this.#seal(await this.#topics.refresh(place.topic));
    return this.#feed(place, offset, limit);
  }

  async #position(group: string, place: TopicPartition): Promise<GroupPosition> {
    const { redis, keys } = this.#parts;
    const { beginOffset, endOffset } = await this.#reader.range(place);
    const text = await redis.command('hget', keys.groups(place), `c:${group}`);
    const committed = text === null ? undefined : Number(text);
    return { ...place, committed, lag: endOffset - Math.max(committed ?? 0, beginOffset) };
  }

  async #requirePartition({ topic, partition }: TopicPartition): Promise<void> {
    this.#requireOpen();
    if (partition < (await this.#topics.require(topic)).partitions) return;
    if (partition >= (await this.#topics.refresh(topic)).partitions) throw partitionNotFound(topic, partition);
  }

  #planMaintenance(): void {
    const { clock, maintenanceMs, logger } = this.#parts;
    this.#stopMaintenance = clock.schedule(maintenanceMs, () => {
      this.#maintain()
        .catch((thrown: unknown) => {
          if (this.#closed !== undefined) return;
          const { code, message } = ParleyError.from(thrown);
          logger.warn('Old records could not be removed from the log; it is tried again.', { code, reason: message });
        })
        .finally(() => {
          if (this.#closed === undefined) this.#planMaintenance();
        });
    });
  }

  async #maintain(): Promise<void> {
    for (const topic of await this.#topics.list()) {
      if (topic.isCompacted) continue;
      for (const partition of partitionsOf(topic)) await this.#trim(topic, { topic: topic.name, partition });
    }
  }

  async #trim(topic: StoredTopic, place: TopicPartition): Promise<void> {
    const { redis, keys, clock, retentionMs: usualMs } = this.#parts;
    const { retentionMs = usualMs, retentionBytes = Number.MAX_SAFE_INTEGER } = topic;
    const args = [retentionMs === 0 ? 0 : clock.now() - retentionMs, retentionBytes, trimBatch];
    const named = [keys.stream(place), keys.meta(place)];
    let removed = trimBatch;
    while (removed === trimBatch && this.#closed === undefined) {
      removed = Number(await redis.script({ script: trimScript, keys: named, args }));
    }
  }

  #requireOpen(): void {
    if (this.#closed === undefined) return;
    throw new ParleyError('STORE_CLOSED', 'The log is closed. Open it again before you use it.');
  }
}

/** As many of the records as one call takes. */
function takeChunk(records: readonly NewRecord[], indexes: readonly number[], at: number): readonly number[] {
  const chunk: number[] = [];
  let bytes = 0;
  for (const index of indexes.slice(at, at + maxCallRecords)) {
    const record = records[index];
    bytes += record === undefined ? 0 : sizeOfRecord(record);
    if (chunk.length > 0 && bytes > maxCallBytes) break;
    chunk.push(index);
  }
  return chunk;
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function toSettings({ growths: _growths, ...settings }: StoredTopic): TopicSettings {
  return settings;
}
