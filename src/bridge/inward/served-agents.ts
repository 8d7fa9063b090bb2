import { ParleyError } from '../../base/index.ts';
import type { RedisClient } from '../../drivers/redis/index.ts';
import type { AgentListing } from '../../registry/index.ts';
import type { TaskService } from '../../tasks/index.ts';
import { agentKey } from '../keys.ts';
import { formatLocalTime } from '../messages/local-time.ts';
import type { BridgeOptions } from '../options.ts';
import { formatRedisAgent } from '../presence/redis-agent.ts';
import type { Switches } from '../presence/switches.ts';
import { WorkQueue } from './work-queue.ts';

export interface ServedAgentsOptions extends BridgeOptions {
  readonly redis: RedisClient;
  readonly replyAgent: string;
  readonly tasks: Pick<TaskService, 'send' | 'cancel'>;
}

/** What a legacy agent's `type` is for agents of the fabric. */
const servedType = 'parley';

/** Agents of the fabric that producers in Redis may send work to: each has its hash, its heartbeat and its queue there. */
export class ServedAgents {
  readonly #options: ServedAgentsOptions;
  readonly #queues = new Map<string, WorkQueue>();
  /** When each agent's hash is written again. */
  readonly #due = new Map<string, number>();

  constructor(options: ServedAgentsOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Serves the agents that are switched on and there, and no others. `isForeign`: agents of that id are Redis' own. */
  async update(switches: Switches, isForeign: (id: string) => boolean): Promise<void> {
    const wanted = new Map<string, AgentListing>();
    for (const [id, on] of switches) {
      const listing = on && !isForeign(id) ? this.#find(id) : undefined;
      if (listing) wanted.set(id, listing);
    }
    for (const id of this.ids()) if (!wanted.has(id)) await this.#end(id, switches.get(id) !== true);
    for (const [id, listing] of wanted) await this.#serve(id, listing);
  }

  /** Ends what is under way by the signal; the agents are no longer active for producers. */
  async stop(signal: AbortSignal): Promise<void> {
    const queues = [...this.#queues];
    this.#queues.clear();
    await Promise.all(queues.map(([, queue]) => queue.stop(signal)));
    const { redis } = this.#options;
    if (redis.health().state !== 'ready') return;
    await Promise.all(queues.map(([id]) => redis.command('HSET', agentKey(id), 'status', 'inactive')));
  }

  async #serve(id: string, listing: AgentListing): Promise<void> {
    const { clock, settings, redis, replyAgent } = this.#options;
    if (clock.now() >= (this.#due.get(id) ?? 0)) {
      const agent = {
        id,
        type: servedType,
        capabilities: listing.record.skills.filter((skill) => !skill.private).map((skill) => skill.id),
        status: listing.status === 'healthy' ? 'active' : 'inactive',
        lastHeartbeat: formatLocalTime(clock.now()),
        servedBy: replyAgent,
      };
      await redis.command('HSET', agentKey(id), ...Object.entries(formatRedisAgent(agent)).flat());
      this.#due.set(id, clock.now() + settings.heartbeatMs);
    }
    if (!this.#queues.has(id)) this.#begin(id);
  }

  #begin(id: string): void {
    const { redis, nodeId, tasks, settings, clock, logger, telemetry } = this.#options;
    const { concurrency, taskTimeoutMs } = settings;
    const parts = { redis, nodeId, tasks, clock, logger, telemetry };
    const queue = new WorkQueue({ agentId: id, concurrency, taskTimeoutMs, ...parts });
    this.#queues.set(id, queue);
    queue.start();
  }

  /** What was taken is worked to its end; the rest stays in the queue. */
  async #end(id: string, isSwitchedOff: boolean): Promise<void> {
    const queue = this.#queues.get(id);
    this.#queues.delete(id);
    this.#due.delete(id);
    const { redis, logger, settings } = this.#options;
    if (isSwitchedOff) await redis.command('DEL', agentKey(id));
    void queue?.stop(AbortSignal.timeout(settings.taskTimeoutMs)).catch((thrown: unknown) => {
      logger.warn('a served queue did not end well', { id, error: ParleyError.from(thrown).message });
    });
  }

  #find(id: string): AgentListing | undefined {
    try {
      const { agentId, listing } = this.#options.registry.resolve(id);
      return agentId === id ? listing : undefined;
    } catch {
      return undefined;
    }
  }
}
