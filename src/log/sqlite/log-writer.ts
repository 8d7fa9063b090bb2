import { ParleyError } from '../../base/index.ts';
import {
  classifySqliteError,
  type Database,
  fromSqliteError,
  openDatabase,
  type Statement,
} from '../../drivers/sqlite/index.ts';
import { applyTopicChange, partitionNotFound, topicExists, topicNotFound } from '../check-input.ts';
import type { RecordPlace, TopicChange, TopicSettings } from '../port.ts';
import type { LogFailure, LogReply, LogRequest, LogWriterOptions, NumberedRequest } from './frames.ts';
import { RecordWriter } from './record-writer.ts';
import { RetentionSweeper } from './retention-sweeper.ts';
import { prepareLogSchema } from './schema.ts';
import { type StoredTopic, TopicTable } from './topic-table.ts';

type Answer = Omit<LogReply, 'id'>;

/** The only connection that writes. Lives in a thread of its own; `handle` makes one transaction, and one fsync, of many requests. */
export class LogWriter {
  readonly #database: Database;
  readonly #file: string;
  readonly #topics: TopicTable;
  readonly #records: RecordWriter;
  readonly #sweeper: RetentionSweeper;
  readonly #upsertTopic: Statement;
  readonly #insertPartition: Statement;
  readonly #upsertPosition: Statement;
  /** Of the topics written to, until one is created or altered. */
  #known = new Map<string, StoredTopic>();

  constructor(options: LogWriterOptions) {
    this.#file = options.file;
    this.#database = openDatabase(options);
    prepareLogSchema(this.#database, options.file);
    this.#topics = new TopicTable(this.#database);
    this.#records = new RecordWriter(this.#database);
    this.#sweeper = new RetentionSweeper(this.#database, options.defaultRetentionMs);
    this.#upsertTopic = this.#database.prepare('INSERT OR REPLACE INTO topic VALUES (?, ?, ?, ?, ?, ?)');
    this.#insertPartition = this.#database.prepare(
      'INSERT INTO partition (topic, number, next_offset, high_ms, bytes) VALUES (?, ?, 0, 0, 0)',
    );
    this.#upsertPosition = this.#database.prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?)');
  }

  /** Carries the requests out in their order; when this returns, what the answers say is on the disk. */
  handle(requests: readonly NumberedRequest[]): readonly LogReply[] {
    try {
      return this.#transact(() => requests.map(({ id, request }) => ({ id, ...this.#answer(request) })));
    } catch (thrown) {
      if (requests.length > 1 && classifySqliteError(thrown) === 'INTERNAL')
        return requests.flatMap((request) => this.handle([request]));
      return requests.map(({ id }) => ({ id, failure: this.#toFailure(thrown) }));
    }
  }

  close(): void {
    this.#database.close();
  }

  #transact<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#known = new Map();
      throw thrown;
    }
  }

  /** What is refused for a reason of ours has written nothing, and harms nobody else in the transaction. */
  #answer(request: LogRequest): Answer {
    try {
      return this.#carryOut(request);
    } catch (thrown) {
      if (thrown instanceof ParleyError) return { failure: this.#toFailure(thrown) };
      throw thrown;
    }
  }

  #carryOut(request: LogRequest): Answer {
    switch (request.type) {
      case 'publish':
        return { places: this.#records.write(this.#require(request.topic), request.records) };
      case 'commit':
        return this.#commit(request.group, request.place);
      case 'create':
        return this.#create(request.topic);
      case 'alter':
        return this.#alter(request.topic, request.change);
      case 'maintain':
        return { more: this.#sweeper.sweep(request.nowMs) };
      case 'probe':
        this.#database.exec('INSERT INTO probe VALUES (zeroblob(16384)); DELETE FROM probe');
        return {};
      case 'close':
        return {};
    }
  }

  #commit(group: string, { topic, partition, offset }: RecordPlace): Answer {
    const id = this.#require(topic).partitionIds[partition];
    if (id === undefined) throw partitionNotFound(topic, partition);
    this.#upsertPosition.run(group, id, offset);
    return {};
  }

  #create(topic: TopicSettings): Answer {
    if (this.#topics.get(topic.name) !== undefined) throw topicExists(topic.name);
    this.#save(topic, []);
    this.#addPartitions(topic.name, 0, topic.partitions);
    return {};
  }

  #alter(name: string, change: TopicChange): Answer {
    const { settings, growths, partitionIds } = this.#require(name);
    const next = applyTopicChange(settings, change);
    const isGrown = next.partitions > settings.partitions;
    const ends = partitionIds.map((id) => this.#topics.endOffset(id));
    this.#save(next, isGrown ? [...growths, ends] : growths);
    this.#addPartitions(name, settings.partitions, next.partitions);
    return {};
  }

  #save(topic: TopicSettings, growths: StoredTopic['growths']): void {
    const { name, partitions, retentionMs, retentionBytes, isCompacted } = topic;
    const flags = [isCompacted === true ? 1 : 0, JSON.stringify(growths)] as const;
    this.#upsertTopic.run(name, partitions, retentionMs ?? null, retentionBytes ?? null, ...flags);
    this.#known.delete(name);
  }

  #addPartitions(topic: string, from: number, to: number): void {
    for (let partition = from; partition < to; partition++) this.#insertPartition.run(topic, partition);
  }

  #require(name: string): StoredTopic {
    const topic = this.#known.get(name) ?? this.#topics.get(name);
    if (topic === undefined) throw topicNotFound(name);
    this.#known.set(name, topic);
    return topic;
  }

  #toFailure(thrown: unknown): LogFailure {
    if (thrown instanceof ParleyError) return { code: thrown.code, message: thrown.message };
    const { code, message, cause } = fromSqliteError(thrown, this.#file);
    return { code, message, reason: cause instanceof Error ? cause.message : message };
  }
}
