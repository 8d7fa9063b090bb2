import { ParleyError } from '../base/index.ts';
import type { RedisClient } from '../drivers/redis/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { ServedAgents } from './inward/served-agents.ts';
import { agentKey } from './keys.ts';
import { formatLocalTime } from './messages/local-time.ts';
import type { BridgeOptions } from './options.ts';
import { Calls } from './outward/calls.ts';
import { type ImportedAgent, RedisAgents } from './outward/redis-agents.ts';
import { Replies } from './outward/replies.ts';
import type { BridgeAgent, DiscoveredAgent } from './port.ts';
import { AgentScan, type SeenAgent } from './presence/agent-scan.ts';
import { bridgeIdPrefix, DeadBridges } from './presence/dead-bridges.ts';
import { formatRedisAgent, type RedisAgent } from './presence/redis-agent.ts';
import { readSwitches, type Switches, writeSwitch } from './presence/switches.ts';
import { giveBack } from './queues/give-back.ts';
import { type Letter, readLetters } from './queues/letters.ts';

export interface BridgeLinkOptions extends BridgeOptions {
  readonly redis: RedisClient;
  readonly replyAgent: string;
}

/** The shared name of all bridges, which their dashboards look for. */
const bridgeAgentId = 'a2a_bridge';
/** A bridge that is not heard of for a week is forgotten. */
const keptSeconds = 7 * 86_400;

/** A bridge that has a connection: sees agents, carries calls and answers, and lives through breaks of the connection. */
export class BridgeLink {
  readonly #options: BridgeLinkOptions;
  readonly #scan: AgentScan;
  readonly #dead: DeadBridges;
  readonly #replies: Replies;
  readonly #agents: RedisAgents;
  #served: ServedAgents | undefined;
  #switches: Switches = new Map();
  #refreshing: Promise<void> = Promise.resolve();
  #heartbeatDueMs = 0;
  #cancel: () => void = () => {};
  #isStopping = false;
  /** Since Redis was looked at in vain. */
  #isLost = false;

  constructor(options: BridgeLinkOptions) {
    this.#options = options;
    const calls = new Calls(options);
    this.#scan = new AgentScan(options.redis, options.clock);
    this.#dead = new DeadBridges(options.settings.heartbeatMs);
    this.#replies = new Replies({ ...options, calls });
    this.#agents = new RedisAgents({ ...options, calls, replies: this.#replies });
  }

  /** Resolves when the agents there are have been announced. */
  async start(): Promise<void> {
    await this.#look();
    this.#replies.start();
    this.#schedule();
  }

  async serve(tasks: TaskService): Promise<void> {
    this.#served = new ServedAgents({ ...this.#options, tasks });
    await this.refresh();
  }

  async stopServing(signal: AbortSignal): Promise<void> {
    const served = this.#served;
    this.#served = undefined;
    await this.#refreshing;
    await served?.stop(signal).catch((thrown: unknown) => this.#warn('the bridge did not end well', thrown));
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#cancel();
    await this.#refreshing;
    this.#agents.withdrawAll();
    await this.#replies.stop(signal);
    if (this.#options.redis.health().state !== 'ready') return;
    // Without a heartbeat it is dead at once: what it could not finish others take.
    await this.#sayBeat({ status: 'stopped', lastHeartbeat: '' }, [this.#options.replyAgent]).catch((thrown: unknown) =>
      this.#warn('the bridge stays listed', thrown),
    );
  }

  /** Looks at Redis now. Never throws: while Redis is away, its agents are. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#look()).catch((thrown: unknown) => this.#lost(thrown));
    return this.#refreshing;
  }

  agents(): readonly BridgeAgent[] {
    const imported = this.#agents.list().map((agent) => this.#viewImported(agent));
    return [...imported, ...this.#viewOwn()];
  }

  async setSwitch(id: string, on: boolean): Promise<BridgeAgent> {
    if (!this.agents().some((agent) => agent.id === id)) throw unknownAgent(id);
    await writeSwitch(this.#options.redis, id, on);
    await this.refresh();
    const agent = this.agents().find((known) => known.id === id);
    if (agent === undefined) throw unknownAgent(id);
    return agent;
  }

  letters(limit: number): Promise<readonly Letter[]> {
    return readLetters(this.#options.redis, limit);
  }

  /** Of both sides, those that take work; Redis is read anew, so that what is answered is live. */
  async discover(capability: string | undefined): Promise<readonly DiscoveredAgent[]> {
    await this.#look();
    const now = formatLocalTime(this.#options.clock.now());
    return this.agents()
      .filter((agent) => agent.status === 'healthy')
      .filter(({ capabilities }) => capability === undefined || capabilities.includes(capability))
      .map((agent) => toDiscovered(agent, now));
  }

  #schedule(): void {
    const { clock, settings } = this.#options;
    this.#cancel = clock.schedule(settings.refreshMs, () => {
      void this.refresh().then(() => {
        if (!this.#isStopping) this.#schedule();
      });
    });
  }

  async #look(): Promise<void> {
    const { redis } = this.#options;
    const [switches, seen] = await Promise.all([readSwitches(redis), this.#scan.read()]);
    if (this.#isStopping) return;
    this.#isLost = false;
    this.#switches = switches;
    this.#agents.update(
      seen.filter(({ agent }) => agent.servedBy === undefined),
      switches,
    );
    await this.#beat();
    await this.#served?.update(switches, (id) => this.#agents.has(id));
    await this.#takeFromTheDead(seen);
  }

  /** What bridges held when they died is anybody's to take again; who works on it finds the task that it made. */
  async #takeFromTheDead(seen: readonly SeenAgent[]): Promise<void> {
    const { clock, redis, logger } = this.#options;
    const agents = seen.map(({ agent }) => agent).filter(({ id }) => id !== this.#options.replyAgent);
    for (const nodeId of this.#dead.find(agents, clock.now())) {
      const queues = [bridgeIdPrefix + nodeId, ...(this.#served?.ids() ?? [])];
      for (const queue of queues) {
        const count = await giveBack(redis, queue, nodeId);
        if (count > 0) logger.info('messages of a dead bridge are taken again', { nodeId, queue, count });
      }
    }
  }

  /** Bridges show that they live, and take no work: their status is not `active`. */
  async #beat(): Promise<void> {
    const { clock, settings, replyAgent } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#heartbeatDueMs) return;
    await this.#sayBeat({ status: 'bridge', lastHeartbeat: formatLocalTime(nowMs) }, [bridgeAgentId, replyAgent]);
    this.#heartbeatDueMs = nowMs + settings.heartbeatMs;
  }

  async #sayBeat(beat: Pick<RedisAgent, 'status' | 'lastHeartbeat'>, ids: readonly string[]): Promise<void> {
    const { redis, replyAgent } = this.#options;
    for (const id of ids) {
      const fields = formatRedisAgent({ type: 'bridge', capabilities: [], ...beat, id, servedBy: replyAgent });
      await redis.command('HSET', agentKey(id), ...Object.entries(fields).flat());
      await redis.command('EXPIRE', agentKey(id), keptSeconds);
    }
  }

  #lost(thrown: unknown): void {
    const reason = `Redis cannot be reached: ${ParleyError.from(thrown).message.replace(/\.$/, '')}`;
    if (!this.#isLost) this.#warn('the bridge could not look at Redis', thrown);
    this.#isLost = true;
    if (!this.#isStopping) this.#agents.lose(reason);
  }

  #warn(what: string, thrown: unknown): void {
    this.#options.logger.warn(what, { error: ParleyError.from(thrown).message });
  }

  #viewImported({ agent, queueSize, status, reason }: ImportedAgent): BridgeAgent {
    const { id, type, capabilities, lastHeartbeat } = agent;
    const on = this.#switches.get(id) !== false;
    return {
      id,
      side: 'redis',
      on,
      type,
      status,
      ...(reason !== undefined && { reason }),
      capabilities,
      lastHeartbeat,
      queueSize,
    };
  }

  #viewOwn(): readonly BridgeAgent[] {
    const served = new Set(this.#served?.ids());
    const own = this.#options.registry.list().filter(({ record }) => !this.#agents.has(record.id) && !record.private);
    return own.map(({ record, status, reason, inFlight }) => ({
      id: record.id,
      side: 'fabric',
      on: served.has(record.id),
      type: 'parley',
      status,
      ...(reason !== undefined && { reason }),
      capabilities: record.skills.filter((skill) => !skill.private).map((skill) => skill.id),
      lastHeartbeat: '',
      queueSize: inFlight,
    }));
  }
}

/** An agent that lives here lives now. */
function toDiscovered(agent: BridgeAgent, now: string): DiscoveredAgent {
  const { id, side, type, capabilities, lastHeartbeat, queueSize } = agent;
  const last_heartbeat = side === 'redis' ? lastHeartbeat : now;
  return { id, type, status: 'active', capabilities, last_heartbeat, queue_size: queueSize };
}

function unknownAgent(id: string): ParleyError {
  const message = `The bridge knows no agent "${id}", neither in Redis nor here. "parley bridge list" shows all.`;
  return new ParleyError('AGENT_NOT_FOUND', message, { details: { id } });
}
