import { ParleyError } from '../../base/index.ts';
import type { KafkaClient, KafkaNewRecord } from '../../drivers/kafka/index.ts';
import {
  applyTopicChange,
  checkRecords,
  checkTopicSettings,
  partitionNotFound,
  topicExists,
  topicNotFound,
} from '../check-input.ts';
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
  TopicSettings,
} from '../port.ts';
import { readPage } from './read-page.ts';
import { formatChange, formatTopic, parseTopic } from './topic-settings.ts';

/** The log port over Kafka: topics, partitions, groups and offsets are Kafka's own. */
export class KafkaLog implements Log {
  readonly #kafka: KafkaClient;
  readonly #maxRecordBytes: number;
  #nextWithoutKey = 0;

  constructor(kafka: KafkaClient, maxRecordBytes: number) {
    this.#kafka = kafka;
    this.#maxRecordBytes = maxRecordBytes;
  }

  async publish(topic: string, records: readonly NewRecord[]): Promise<readonly RecordPlace[]> {
    checkRecords(topic, records, this.#maxRecordBytes);
    const partitions = await this.#partitionCount(topic);
    if (records.length === 0) return [];
    return await this.#kafka.produce(topic, this.#place(records, partitions));
  }

  async read(query: ReadQuery): Promise<ReadPage> {
    const { topic, partition } = query;
    if (partition >= (await this.#partitionCount(topic))) throw partitionNotFound(topic, partition);
    return await readPage(this.#kafka, query);
  }

  async join(member: GroupMember): Promise<Membership> {
    await Promise.all(member.topics.map((topic) => this.#partitionCount(topic)));
    return await this.#kafka.join(member);
  }

  async listTopics(): Promise<readonly TopicSettings[]> {
    const names = [...(await this.#kafka.admin.listTopics())].sort();
    return (await this.#kafka.admin.describeTopics(names)).map(parseTopic);
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    const settings = await this.#settingsOf(topic);
    if (settings === undefined) return undefined;
    const [begins, ends] = await Promise.all([
      this.#kafka.offsets(topic, 'earliest'),
      this.#kafka.offsets(topic, 'latest'),
    ]);
    const ranges = ends.map((endOffset, partition) => ({ partition, beginOffset: begins[partition] ?? 0, endOffset }));
    return { ...settings, ranges };
  }

  async describeGroup(group: string, topic: string): Promise<readonly GroupPosition[]> {
    await this.#partitionCount(topic);
    const [committed, begins, ends] = await Promise.all([
      this.#kafka.admin.committed(group, topic),
      this.#kafka.offsets(topic, 'earliest'),
      this.#kafka.offsets(topic, 'latest'),
    ]);
    return ends.map((endOffset, partition) => {
      const from = Math.max(committed[partition] ?? 0, begins[partition] ?? 0);
      return { topic, partition, committed: committed[partition], lag: Math.max(0, endOffset - from) };
    });
  }

  async createTopic(topic: TopicSettings): Promise<void> {
    checkTopicSettings(topic);
    if ((await this.#kafka.partitionCount(topic.name)) !== undefined) throw topicExists(topic.name);
    await this.#kafka.admin.createTopic(formatTopic(topic));
  }

  async alterTopic(topic: string, change: TopicChange): Promise<void> {
    const settings = await this.#settingsOf(topic);
    if (settings === undefined) throw topicNotFound(topic);
    const next = applyTopicChange(settings, change);
    if (next.partitions > settings.partitions) await this.#grow(topic, next.partitions);
    const changed = formatChange(change);
    if (Object.keys(changed).length > 0) await this.#kafka.admin.configureTopic(topic, changed);
  }

  check(): Promise<void> {
    return this.#kafka.check();
  }

  close(): Promise<void> {
    return this.#kafka.close();
  }

  async #settingsOf(topic: string): Promise<TopicSettings | undefined> {
    const [described] = await this.#kafka.admin.describeTopics([topic]);
    return described && parseTopic(described);
  }

  async #partitionCount(topic: string): Promise<number> {
    const count = await this.#kafka.partitionCount(topic);
    if (count === undefined) throw topicNotFound(topic);
    return count;
  }

  /** A key's later records would be read beside its earlier ones: nothing may be left to do. */
  async #grow(topic: string, partitions: number): Promise<void> {
    const groups = await this.#kafka.admin.groupsOf(topic);
    const lags = await Promise.all(groups.map((group) => this.#lagOf(group, topic)));
    const behind = groups.filter((_, index) => (lags[index] ?? 0) > 0);
    if (behind.length > 0) {
      const message = `Topic ${topic} keeps its partitions: ${behind.join(', ')} has records of it to finish, whose keys would move. Try again when it has.`;
      throw new ParleyError('CONFLICT', message, { details: { topic, groups: behind } });
    }
    await this.#kafka.admin.growTopic(topic, partitions);
  }

  async #lagOf(group: string, topic: string): Promise<number> {
    return (await this.describeGroup(group, topic)).reduce((sum, { lag }) => sum + lag, 0);
  }

  #place(records: readonly NewRecord[], partitions: number): readonly KafkaNewRecord[] {
    const withoutKey = this.#nextWithoutKey++ % partitions;
    return records.map((record) => ({
      ...record,
      partition: record.key === undefined ? withoutKey : partitionOf(record.key, partitions),
    }));
  }
}
