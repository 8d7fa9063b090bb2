import type { RedisClient, RedisScript } from '../../drivers/redis/index.ts';
import type { Seat } from '../groups/assign-partitions.ts';
import { type GrowthEnds, readableUntil } from '../groups/growth.ts';
import type { GroupMember, RecordPlace, TopicPartition } from '../port.ts';
import { beatScript, claimScript, commitScript, leaveScript, releaseScript, renewScript } from './group-scripts.ts';
import type { LogKeys } from './keys.ts';
import { partitionsOf, type StoredTopic } from './topic-book.ts';

export interface GroupClientOptions {
  readonly redis: RedisClient;
  readonly keys: LogKeys;
  readonly group: string;
  readonly id: string;
  /** A member that is not heard of for so long loses its partitions. */
  readonly sessionMs: number;
}

/** What one member says about its group to Redis. */
export class GroupClient {
  readonly #options: GroupClientOptions;

  constructor(options: GroupClientOptions) {
    this.#options = options;
  }

  /** Says that the member is there; answers all that are. */
  async beat(topics: readonly string[]): Promise<readonly Seat[]> {
    const { redis, keys, group, id, sessionMs } = this.#options;
    const args = [id, JSON.stringify(topics), sessionMs];
    const reply = await redis.script({ script: beatScript, keys: [keys.members(group), keys.seats(group)], args });
    const cells = Array.isArray(reply) ? reply.map(String) : [];
    const seats: Seat[] = [];
    for (let at = 0; at + 1 < cells.length; at += 2) {
      seats.push({ id: cells[at] ?? '', topics: JSON.parse(cells[at + 1] ?? '[]') as readonly string[] });
    }
    return seats;
  }

  async leave(): Promise<void> {
    const { redis, keys, group, id } = this.#options;
    await redis.script({ script: leaveScript, keys: [keys.members(group), keys.seats(group)], args: [id] });
  }

  /** Where the group goes on in the partition; undefined: somebody else has it. */
  async claim(place: TopicPartition, from: GroupMember['from']): Promise<number | undefined> {
    const offset = await this.#run(claimScript, place, [this.#options.sessionMs, from ?? 'earliest']);
    return offset === -1 ? undefined : offset;
  }

  /** False: somebody else has the partition. */
  async renew(place: TopicPartition): Promise<boolean> {
    return (await this.#run(renewScript, place, [this.#options.sessionMs])) === 1;
  }

  /** False: somebody else has the partition. */
  async commit(place: RecordPlace): Promise<boolean> {
    return (await this.#run(commitScript, place, [place.offset])) === 1;
  }

  async release(place: TopicPartition): Promise<void> {
    await this.#run(releaseScript, place, []);
  }

  /** How far the group may read, when the topic has grown. */
  async readableUntil(topic: StoredTopic, partition: number): Promise<number> {
    if (topic.growths.length === 0) return Number.POSITIVE_INFINITY;
    const figures = await Promise.all(partitionsOf(topic).map((number) => this.#figures(topic, number)));
    const growths: readonly GrowthEnds[] = topic.growths.map((count, index) =>
      figures.slice(0, count).map(({ ends }) => ends[index]),
    );
    return readableUntil(growths, partition, (number) => figures[number]?.done ?? 0);
  }

  async #figures(
    topic: StoredTopic,
    partition: number,
  ): Promise<{ done: number; ends: readonly (number | undefined)[] }> {
    const { redis, keys, group } = this.#options;
    const place = { topic: topic.name, partition };
    const names = topic.growths.map((_, index) => `end:${index + 1}`);
    const [ends, committed, oldest, next] = await Promise.all([
      redis.command('hmget', keys.meta(place), ...names),
      redis.command('hget', keys.groups(place), `c:${group}`),
      redis.command('xrange', keys.stream(place), '-', '+', 'COUNT', 1),
      redis.command('hget', keys.meta(place), 'next'),
    ]);
    const first: unknown = Array.isArray(oldest) ? oldest[0] : undefined;
    const begin = Array.isArray(first) ? Number.parseInt(String(first[0]), 10) - 1 : Number(next ?? 0);
    return {
      done: Math.max(Number(committed ?? 0), begin),
      ends: Array.isArray(ends) ? ends.map((end) => (end === null ? undefined : Number(end))) : [],
    };
  }

  async #run(script: RedisScript, place: TopicPartition, more: readonly (string | number)[]): Promise<number> {
    const { redis, keys, group, id } = this.#options;
    const named = script === claimScript ? [keys.groups(place), keys.meta(place)] : [keys.groups(place)];
    return Number(await redis.script({ script, keys: named, args: [group, id, ...more] }));
  }
}
