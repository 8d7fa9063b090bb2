import type { RedisArgument, RedisClient, RedisReply, RedisScript } from '../../drivers/redis/index.ts';
import { type StoreSchema, shardCount } from '../port.ts';
import { shardKeys } from './encode-commits.ts';
import { compareText } from './index-member.ts';
import { type Keys, shards } from './keys.ts';
import { leadScript, overflowScript, sweepBatch, sweepScript } from './sweep-scripts.ts';

export interface SweeperOptions {
  readonly redis: RedisClient;
  readonly keys: Keys;
  readonly schema: StoreSchema;
  readonly now: () => number;
  /** Of this store among all that are open on the same data. */
  readonly id: string;
}

interface ShardCall {
  readonly script: RedisScript;
  readonly shard: number;
  readonly collections: readonly string[];
  readonly args: readonly RedisArgument[];
}

interface Expiring {
  readonly shard: number;
  readonly key: string;
  readonly end: string;
}

/** A round looks at so many shards: all have been looked at after eight. */
const shardsPerRound = 32;
const overflowBatch = 500;
/** Another node takes over when the one that sweeps has not done so for this long. */
const leadMs = 5_000;

/** Removes what has expired or is over its collection's limit, a little at a time. Of several nodes one does it. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #next = 0;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** True when more is waiting. */
  async round(): Promise<boolean> {
    if (!(await this.#leads())) return false;
    const from = this.#next;
    this.#next = (from + shardsPerRound) % shardCount;
    const swept = await Promise.all(shards.slice(from, from + shardsPerRound).map((shard) => this.#sweep(shard)));
    const limited = Object.entries(this.#options.schema.collections);
    let more = swept.includes(true);
    for (const [collection, { maxExpiring }] of limited) {
      if (maxExpiring !== undefined && this.#next === 0) more = (await this.#trim(collection, maxExpiring)) || more;
    }
    return more;
  }

  /** Lets another node do it at once. */
  async resign(): Promise<void> {
    const { redis, keys, id } = this.#options;
    if ((await redis.command('get', keys.sweeper)) === id) await redis.command('del', keys.sweeper);
  }

  async #leads(): Promise<boolean> {
    const { redis, keys, id } = this.#options;
    return (await redis.script({ script: leadScript, keys: [keys.sweeper], args: [id, leadMs] })) === 1;
  }

  async #sweep(shard: number): Promise<boolean> {
    const collections = Object.keys(this.#options.schema.collections);
    return (
      (await this.#run({ script: sweepScript, shard, collections, args: [this.#options.now(), ...collections] })) === 1
    );
  }

  /** Removes the first to expire when there are too many of the collection, over all shards. */
  async #trim(collection: string, limit: number): Promise<boolean> {
    const { redis, keys } = this.#options;
    const counts = await Promise.all(shards.map((shard) => redis.command('zcard', keys.expiring(shard, collection))));
    const excess = counts.reduce<number>((sum, count) => sum + Number(count), 0) - limit;
    if (excess <= 0) return false;
    const each = Math.min(excess, sweepBatch) - 1;
    const found = await Promise.all(shards.map((shard) => this.#firstToExpire(shard, collection, each)));
    const first = found.flat().sort(byEnd).slice(0, Math.min(excess, overflowBatch));
    for (const [shard, gone] of Map.groupBy(first, (document) => document.shard)) {
      const pairs = gone.flatMap(({ key, end }) => [key, end]);
      await this.#run({ script: overflowScript, shard, collections: [collection], args: [collection, ...pairs] });
    }
    return excess > first.length;
  }

  async #firstToExpire(shard: number, collection: string, last: number): Promise<readonly Expiring[]> {
    const { redis, keys } = this.#options;
    const pairs = await redis.command('zrange', keys.expiring(shard, collection), 0, last, 'withscores');
    const texts = (pairs as readonly string[]) ?? [];
    return texts.flatMap((key, at) => (at % 2 === 0 ? [{ shard, key, end: texts[at + 1] ?? '' }] : []));
  }

  #run({ script, shard, collections, args }: ShardCall): Promise<RedisReply> {
    const { redis, keys } = this.#options;
    const sets = collections.map((collection) => keys.expiring(shard, collection));
    return redis.script({ script, keys: [...shardKeys(keys, shard), ...sets], args: [keys.tag(shard), ...args] });
  }
}

function byEnd(left: Expiring, right: Expiring): number {
  return Number(left.end) - Number(right.end) || compareText(left.key, right.key);
}
