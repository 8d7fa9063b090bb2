import type { Clock } from '../../base/index.ts';
import type { RedisClient } from '../../drivers/redis/index.ts';
import { agentKey, queueKey } from '../keys.ts';
import { parseRedisAgent, type RedisAgent } from './redis-agent.ts';
import { toRecord } from './switches.ts';

/** An agent with what waits for it. */
export interface SeenAgent {
  readonly agent: RedisAgent;
  readonly queueSize: number;
}

/** A pass over all keys may take so small a share of the time. */
const restFactor = 50;
const scanCount = 1_000;

/**
 * Reads the agents of a Redis. Those that are known are read each time; new ones are looked for among all keys, in a database
 * with many keys less often, so that Redis is not kept busy by it.
 */
export class AgentScan {
  readonly #redis: RedisClient;
  readonly #clock: Clock;
  #ids: readonly string[] = [];
  #nextPassAtMs = 0;

  constructor(redis: RedisClient, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  /** All agents that have a hash, those of bridges among them. */
  async read(): Promise<readonly SeenAgent[]> {
    if (this.#clock.now() >= this.#nextPassAtMs) await this.#pass();
    const seen = await Promise.all(this.#ids.map((id) => this.#readOne(id)));
    return seen.filter((agent) => agent !== undefined);
  }

  async #pass(): Promise<void> {
    const startedAtMs = this.#clock.now();
    const ids = new Set<string>();
    let cursor = '0';
    do {
      const reply = await this.#redis.command(
        'SCAN',
        cursor,
        'MATCH',
        agentKey('*'),
        'COUNT',
        scanCount,
        'TYPE',
        'hash',
      );
      const [next, keys] = reply as readonly [string, readonly string[]];
      for (const key of keys) ids.add(key.slice(agentKey('').length));
      cursor = next;
    } while (cursor !== '0');
    this.#ids = [...ids].sort();
    const nowMs = this.#clock.now();
    this.#nextPassAtMs = nowMs + (nowMs - startedAtMs) * restFactor;
  }

  async #readOne(id: string): Promise<SeenAgent | undefined> {
    const [fields, size] = await Promise.all([
      this.#redis.command('HGETALL', agentKey(id)),
      this.#redis.command('LLEN', queueKey(id)).catch(() => 0),
    ]);
    const hash = toRecord(fields as readonly string[]);
    if (Object.keys(hash).length === 0) return undefined;
    return { agent: parseRedisAgent(id, hash), queueSize: Number(size) };
  }
}
