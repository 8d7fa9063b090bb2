import type { RedisClient } from '../../drivers/redis/index.ts';
import { applyTopicChange, topicExists, topicNotFound } from '../check-input.ts';
import type { TopicChange, TopicSettings } from '../port.ts';
import type { LogKeys } from './keys.ts';

/** A topic as Redis has it. */
export interface StoredTopic extends TopicSettings {
  /** How many partitions it had before each time that it grew. */
  readonly growths: readonly number[];
}

/** What topics there are. Those that were looked up stay in memory; who finds that one has grown looks it up again. */
export class TopicBook {
  readonly #redis: RedisClient;
  readonly #key: string;
  readonly #known = new Map<string, Promise<StoredTopic>>();

  constructor(redis: RedisClient, keys: LogKeys) {
    this.#redis = redis;
    this.#key = keys.topics;
  }

  /** NOT_FOUND when there is none. */
  require(name: string): Promise<StoredTopic> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const looked = this.find(name).then((topic) => {
      if (topic === undefined) throw topicNotFound(name);
      return topic;
    });
    this.#known.set(name, looked);
    looked.catch(() => this.#known.delete(name));
    return looked;
  }

  /** As it is now. */
  async find(name: string): Promise<StoredTopic | undefined> {
    const text = await this.#redis.command('hget', this.#key, name);
    return typeof text === 'string' ? (JSON.parse(text) as StoredTopic) : undefined;
  }

  /** As it is now, and for who asks next, too. */
  refresh(name: string): Promise<StoredTopic> {
    this.#known.delete(name);
    return this.require(name);
  }

  async list(): Promise<readonly StoredTopic[]> {
    const texts = await this.#redis.command('hvals', this.#key);
    const topics = Array.isArray(texts) ? texts.map((text) => JSON.parse(String(text)) as StoredTopic) : [];
    return topics.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async create(topic: TopicSettings): Promise<void> {
    const created = await this.#redis.command(
      'hsetnx',
      this.#key,
      topic.name,
      JSON.stringify({ ...topic, growths: [] }),
    );
    if (created === 0) throw topicExists(topic.name);
  }

  /** The topic as it is after the change. */
  async alter(name: string, change: TopicChange): Promise<StoredTopic> {
    const topic = await this.refresh(name);
    const settings = applyTopicChange(topic, change);
    const isGrown = settings.partitions > topic.partitions;
    const next: StoredTopic = {
      ...topic,
      ...settings,
      growths: isGrown ? [...topic.growths, topic.partitions] : topic.growths,
    };
    await this.#redis.command('hset', this.#key, name, JSON.stringify(next));
    return this.refresh(name);
  }
}

/** The partition numbers of a topic. */
export function partitionsOf({ partitions }: Pick<TopicSettings, 'partitions'>): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}
