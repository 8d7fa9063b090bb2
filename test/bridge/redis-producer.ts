import type { TestContext } from 'node:test';
import { parseTaskMessage, type TaskMessage } from '../../src/bridge/index.ts';
import { openRedis } from '../../src/drivers/redis/index.ts';

/** A producer as they are in Redis: pushes assignments into an agent's queue, and takes the answers from its own. */
export interface RedisProducer {
  /** Resolves when Redis has it; goes on trying while Redis is away. */
  assign(agentId: string, id: string, payload: Record<string, unknown>): Promise<void>;
  /** All answers so far. */
  answers(): Promise<readonly TaskMessage[]>;
}

/** A producer of that name. */
export async function createRedisProducer(t: TestContext, url: string, name: string): Promise<RedisProducer> {
  const redis = await openRedis({ url });
  t.after(() => redis.close());
  return {
    async assign(agentId, id, payload) {
      const fields = { context_id: `context-${id}`, timeout: 30, task_id: id, ...payload };
      const message = { id, type: 'task_assignment', from_agent: name, to_agent: agentId, payload: fields };
      const raw = JSON.stringify({ ...message, timestamp: '2026-11-21T10:00:00.000000', retry_count: 0 });
      await redis.command('LPUSH', `queue:${agentId}`, raw);
    },
    async answers() {
      const raws = (await redis.command('LRANGE', `queue:${name}`, 0, -1)) as readonly string[];
      return raws.toReversed().map(parseTaskMessage);
    },
  };
}
