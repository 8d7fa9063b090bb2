import { type Component, hasCode, type JsonValue, ParleyError, sleep } from '../base/index.ts';
import { openRedis, parseRedisTarget, type RedisClient } from '../drivers/redis/index.ts';
import type { StreamItem } from '../protocol/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { BridgeLink } from './bridge-link.ts';
import { chooseAgent } from './choose-agent.ts';
import type { BridgeOptions } from './options.ts';
import type { A2ARequest, BridgeAgent, BridgeView, DiscoveredAgent, RedisBridge } from './port.ts';
import { bridgeIdPrefix } from './presence/dead-bridges.ts';
import type { Letter } from './queues/letters.ts';

const reopenMs = 1_000;
/** How long a call waits for a Redis that is away before it is refused. */
const connectTimeoutMs = 2_000;

/** What both sides of a bridge need to be started and stopped in the order of the node. */
export interface RunningBridge extends RedisBridge {
  /** Redis agents become agents of the fabric; before tasks are taken up. */
  readonly component: Component;
  /** Producers in Redis are served; once tasks run. */
  serving(tasks: TaskService): Component;
}

/** The bridge between A2A and the agents of a Redis, both ways. Redis may come later, and come and go. */
export class RedisA2ABridge implements RunningBridge {
  readonly #options: BridgeOptions;
  readonly #stopped = new AbortController();
  #redis: RedisClient | undefined;
  #link: BridgeLink | undefined;
  #opening: Promise<void> = Promise.resolve();
  #tasks: TaskService | undefined;

  /** CONFIG_INVALID for an address that is none, or a cluster's: existing agents' keys do not live on one server there. */
  constructor(options: BridgeOptions) {
    this.#options = options;
    if (parseRedisTarget(options.settings.redisUrl).kind !== 'cluster') return;
    const problem =
      'bridge.redisUrl names a Redis Cluster. Existing Redis agents need one server, or one behind sentinels.';
    throw new ParleyError('CONFIG_INVALID', problem);
  }

  get component(): Component {
    return {
      name: 'bridge',
      start: () => this.#start(),
      stop: (signal) => this.#stop(signal),
    };
  }

  serving(tasks: TaskService): Component {
    return {
      name: 'bridge serving',
      start: async () => {
        this.#tasks = tasks;
        await this.#link?.serve(tasks);
      },
      stop: async (signal) => {
        this.#tasks = undefined;
        await this.#link?.stopServing(signal);
      },
    };
  }

  async view(): Promise<BridgeView> {
    const { settings, nodeId } = this.#options;
    const health = this.#redis?.health() ?? { state: 'connecting' as const };
    const agents = this.#link?.agents() ?? [];
    const { state, lastError } = health;
    return {
      nodeId,
      replyAgent: replyAgentOf(nodeId),
      redis: this.#redis?.target ?? withoutLogin(settings.redisUrl),
      state: state === 'closed' ? 'connecting' : state,
      ...(state !== 'ready' && lastError !== undefined && { problem: lastError }),
      agents,
    };
  }

  async setSwitch(id: string, on: boolean): Promise<BridgeAgent> {
    return this.#connected().setSwitch(id, on);
  }

  async letters(limit: number): Promise<readonly Letter[]> {
    return this.#connected().letters(limit);
  }

  async discover(capability?: string): Promise<readonly DiscoveredAgent[]> {
    return this.#connected().discover(capability);
  }

  async processA2aRequest({ message, agentId, capability, context, signal }: A2ARequest): Promise<StreamItem> {
    const tasks = this.#tasks;
    if (tasks === undefined) throw new ParleyError('UNAVAILABLE', 'The bridge does not take requests yet.');
    const chosen = agentId ?? chooseAgent(await this.discover(capability), capability);
    const metadata = { ...message.metadata, ...(capability !== undefined && { skill: capability as JsonValue }) };
    const request = { message: { ...message, metadata }, configuration: { returnImmediately: false } };
    return tasks.send({ agentId: chosen, endpointId: undefined }, request, context, signal);
  }

  /** Waits for Redis a moment only: a node starts without it, too. */
  async #start(): Promise<void> {
    try {
      await this.#open();
    } catch (thrown) {
      if (!hasCode(thrown, 'UNREACHABLE') && !hasCode(thrown, 'UNAVAILABLE')) throw thrown;
      this.#options.logger.warn('the bridge waits for Redis', { error: thrown.message });
      this.#opening = this.#openLater();
    }
  }

  async #openLater(): Promise<void> {
    const { signal } = this.#stopped;
    const { clock, logger } = this.#options;
    while (!signal.aborted && this.#link === undefined) {
      try {
        await sleep(clock, reopenMs, signal);
        await this.#open();
      } catch (thrown) {
        logger.debug('the bridge still waits for Redis', { error: ParleyError.from(thrown).message });
      }
    }
  }

  async #open(): Promise<void> {
    const { settings, logger, nodeId } = this.#options;
    this.#redis ??= await openRedis({
      ...{ url: settings.redisUrl, connectTimeoutMs, logger },
      name: `parley-bridge-${nodeId}`,
    });
    const link = new BridgeLink({ ...this.#options, redis: this.#redis, replyAgent: replyAgentOf(nodeId) });
    await link.start();
    this.#link = link;
    if (this.#tasks) await link.serve(this.#tasks);
  }

  async #stop(signal: AbortSignal): Promise<void> {
    this.#stopped.abort();
    await this.#opening;
    await this.#link?.stop(signal);
    await this.#redis?.close();
  }

  #connected(): BridgeLink {
    if (this.#link) return this.#link;
    const { lastError = 'it was not there yet since the node has started' } = this.#redis?.health() ?? {};
    throw new ParleyError('UNAVAILABLE', `The bridge has no connection to Redis: ${lastError}.`, {
      retryAfterMs: 1_000,
    });
  }
}

/** The bridge's own id: answers come to its queue, which no other bridge reads. */
function replyAgentOf(nodeId: string): string {
  return bridgeIdPrefix + nodeId;
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}
