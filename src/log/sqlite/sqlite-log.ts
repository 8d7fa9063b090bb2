import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import { type Database, fromSqliteError } from '../../drivers/sqlite/index.ts';
import { checkRecords, checkTopicSettings, partitionNotFound, sizeOfRecord, topicNotFound } from '../check-input.ts';
import { readableUntil } from '../groups/growth.ts';
import type { MemberSession } from '../groups/member-session.ts';
import type { FeedSource } from '../groups/partition-feed.ts';
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
import type { PlaceCells, RecordCells } from './frames.ts';
import { LocalGroups } from './local-groups.ts';
import { LogReader } from './log-reader.ts';
import { type StoredTopic, TopicTable } from './topic-table.ts';
import { WakeHub } from './wake-hub.ts';
import type { LogWriterClient } from './writer-client.ts';

export interface SqliteLogParts {
  readonly file: string;
  readonly writer: LogWriterClient;
  /** The reading connection; the log closes it. */
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxRecordBytes: number;
  readonly maintenanceMs: number;
}

/** The log on one SQLite file: a thread writes, this side reads, and the members of all groups are in this process. */
export class SqliteLog implements Log {
  readonly #parts: SqliteLogParts;
  readonly #topics: TopicTable;
  readonly #reader: LogReader;
  readonly #hub = new WakeHub();
  readonly #groups: LocalGroups;
  /** Of the topics that are read, as long as none is being altered: it is asked with every batch. */
  readonly #known = new Map<string, StoredTopic>();
  #alterations = 0;
  #stopMaintenance: () => void = () => {};
  #closed: Promise<void> | undefined;

  constructor(parts: SqliteLogParts) {
    this.#parts = parts;
    this.#topics = new TopicTable(parts.database);
    this.#reader = new LogReader(parts.database, this.#topics);
    this.#groups = new LocalGroups({
      clock: parts.clock,
      logger: parts.logger,
      sourceOf: (group) => this.#sourceOf(group),
      partitionsOf: (topic) => this.#topics.get(topic)?.settings.partitions ?? 0,
      startOffset: (member, place) => this.#startOffset(member, place),
    });
    this.#planMaintenance();
  }

  async publish(topic: string, records: readonly NewRecord[]): Promise<readonly RecordPlace[]> {
    this.#requireOpen();
    checkRecords(topic, records, this.#parts.maxRecordBytes);
    if (records.length === 0) return [];
    const nowMs = this.#parts.clock.now();
    const bytes = records.reduce((sum, record) => sum + sizeOfRecord(record), 0);
    const cells = records.map((record) => toCells(record, nowMs));
    const { places = [] } = await this.#parts.writer.request({ type: 'publish', topic, bytes, records: cells });
    this.#hub.wake(topic);
    return toPlaces(topic, places);
  }

  read(query: ReadQuery): Promise<ReadPage> {
    return this.#reading(() => this.#reader.read(query, this.#partitionId(query)));
  }

  async join(member: GroupMember): Promise<Membership> {
    this.#requireOpen();
    for (const topic of member.topics) this.#require(topic);
    const { session, leave } = await this.#groups.join(member);
    return { leave, commit: (place) => this.#commit(session, place) };
  }

  listTopics(): Promise<readonly TopicSettings[]> {
    return this.#reading(() => this.#topics.names().map((name) => this.#require(name).settings));
  }

  describeTopic(name: string): Promise<TopicDescription | undefined> {
    return this.#reading(() => this.#topics.describe(name));
  }

  describeGroup(group: string, name: string): Promise<readonly GroupPosition[]> {
    return this.#reading(() =>
      this.#require(name).partitionIds.map((id, partition) => {
        const { beginOffset, endOffset } = this.#topics.range(partition, id);
        const committed = this.#topics.committed(group, id);
        return { topic: name, partition, committed, lag: endOffset - Math.max(committed ?? 0, beginOffset) };
      }),
    );
  }

  async createTopic(topic: TopicSettings): Promise<void> {
    this.#requireOpen();
    checkTopicSettings(topic);
    await this.#parts.writer.request({ type: 'create', topic });
  }

  async alterTopic(topic: string, change: TopicChange): Promise<void> {
    this.#requireOpen();
    await this.#alter(topic, change);
    await this.#groups.topicChanged(topic);
    this.#hub.wake(topic);
  }

  async check(): Promise<void> {
    this.#requireOpen();
    await this.#parts.writer.request({ type: 'probe' });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Records may be there before the answer is that another partition should have been finished first. */
  async #alter(topic: string, change: TopicChange): Promise<void> {
    this.#alterations++;
    this.#known.clear();
    try {
      await this.#parts.writer.request({ type: 'alter', topic, change });
    } finally {
      this.#alterations--;
    }
  }

  async #close(): Promise<void> {
    this.#stopMaintenance();
    await this.#groups.close();
    // The reader goes first: only the last connection can take the write-ahead log back into the file.
    this.#parts.database.close();
    await this.#parts.writer.close();
  }

  async #commit(session: MemberSession, place: RecordPlace): Promise<void> {
    if (!session.has(place)) {
      const message = `Partition ${place.partition} of ${place.topic} belongs to another member of ${session.member.group}.`;
      throw new ParleyError('FENCED', message);
    }
    await this.#parts.writer.request({ type: 'commit', group: session.member.group, place });
    const { growths } = this.#lookUp(place.topic);
    // Others may have waited for this to read what came after the topic grew.
    if (growths.length > 0) this.#hub.wake(place.topic);
  }

  #sourceOf(group: string): FeedSource {
    return {
      read: (place, offset, limit) => this.read({ ...place, offset, limit }),
      readableUntil: ({ topic, partition }) => this.#reading(() => this.#readableUntil(group, topic, partition)),
      untilMore: (place, signal) => this.#hub.wait(place, signal),
    };
  }

  #readableUntil(group: string, name: string, partition: number): number {
    const { growths, partitionIds } = this.#lookUp(name);
    return readableUntil(growths, partition, (number) => {
      const id = partitionIds[number] ?? 0;
      return Math.max(this.#topics.committed(group, id) ?? 0, this.#topics.range(number, id).beginOffset);
    });
  }

  async #startOffset(member: GroupMember, place: TopicPartition): Promise<number> {
    const { group, from } = member;
    const id = this.#partitionId(place);
    const committed = this.#topics.committed(group, id);
    if (committed !== undefined) return committed;
    if (from !== 'latest') return 0;
    const offset = this.#topics.endOffset(id);
    await this.#parts.writer.request({ type: 'commit', group, place: { ...place, offset } });
    return offset;
  }

  #partitionId({ topic, partition }: TopicPartition): number {
    const id = this.#lookUp(topic).partitionIds[partition];
    if (id === undefined) throw partitionNotFound(topic, partition);
    return id;
  }

  #lookUp(name: string): StoredTopic {
    const topic = this.#known.get(name) ?? this.#require(name);
    if (this.#alterations === 0) this.#known.set(name, topic);
    return topic;
  }

  #require(name: string): StoredTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw topicNotFound(name);
    return topic;
  }

  #planMaintenance(): void {
    const { clock, maintenanceMs } = this.#parts;
    this.#stopMaintenance = clock.schedule(maintenanceMs, () => {
      void this.#maintain().finally(() => {
        if (this.#closed === undefined) this.#planMaintenance();
      });
    });
  }

  async #maintain(): Promise<void> {
    const { writer, clock, logger } = this.#parts;
    try {
      while (this.#closed === undefined && (await writer.request({ type: 'maintain', nowMs: clock.now() })).more);
    } catch (thrown) {
      const { code, message } = ParleyError.from(thrown);
      logger.warn('Old records could not be removed from the log; it is tried again.', { code, reason: message });
    }
  }

  async #reading<T>(read: () => T): Promise<T> {
    this.#requireOpen();
    try {
      return read();
    } catch (thrown) {
      throw fromSqliteError(thrown, this.#parts.file);
    }
  }

  #requireOpen(): void {
    if (this.#closed === undefined) return;
    throw new ParleyError('STORE_CLOSED', `The log ${this.#parts.file} is closed. Open it again before you use it.`);
  }
}

function toCells({ key, value, headers, timestampMs }: NewRecord, nowMs: number): RecordCells {
  return [key ?? null, value, headers === undefined ? null : JSON.stringify(headers), timestampMs ?? nowMs];
}

function toPlaces(topic: string, cells: PlaceCells): readonly RecordPlace[] {
  const places: RecordPlace[] = [];
  for (let at = 0; at < cells.length; at += 2) {
    places.push({ topic, partition: cells[at] ?? 0, offset: cells[at + 1] ?? 0 });
  }
  return places;
}
