import type { TestContext } from 'node:test';
import type { ExecutionEvent, Invocation } from '../../src/agents/index.ts';
import { ParleyError, silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import { type BridgeSettings, RedisA2ABridge } from '../../src/bridge/index.ts';
import { openRedis, type RedisClient } from '../../src/drivers/redis/index.ts';
import type { Message, Part } from '../../src/protocol/index.ts';
import { createRegistry, type Registry } from '../../src/registry/index.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Short times, so that tests need not wait. */
const testSettings: Omit<BridgeSettings, 'redisUrl'> = {
  refreshMs: 50,
  heartbeatMs: 200,
  staleAfterMs: 2_000,
  taskTimeoutMs: 30_000,
  maxInFlight: 100,
  concurrency: 4,
};

export interface TestBridge {
  readonly bridge: RedisA2ABridge;
  readonly registry: Registry;
  stop(): Promise<void>;
}

/** A bridge with a registry of its own. */
export async function startBridge(
  t: Pick<TestContext, 'after'>,
  url: string,
  options: Partial<BridgeSettings> & { readonly nodeId?: string } = {},
): Promise<TestBridge> {
  const registry = createRegistry();
  const { nodeId = 'one', ...settings } = options;
  const bridge = new RedisA2ABridge({
    settings: { ...testSettings, ...settings, redisUrl: url },
    ...{ nodeId, registry, clock: systemClock, logger: silentLogger, telemetry: silentTelemetry },
  });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await bridge.component.stop(AbortSignal.timeout(2_000));
  };
  await bridge.component.start();
  t.after(stop);
  return { bridge, registry, stop };
}

/** A client that looks at what lies in Redis. */
export async function lookInto(t: TestContext, url: string): Promise<RedisClient> {
  const redis = await openRedis({ url });
  t.after(() => redis.close());
  return redis;
}

/** Resolves when calls of the agent are taken. */
export async function untilHealthy(registry: Registry, id: string): Promise<void> {
  await waitUntil(`${id} is healthy`, () => {
    return registry.list().some(({ record, status }) => record.id === id && status === 'healthy');
  });
}

export interface CallOptions {
  readonly invocationId?: string;
  readonly skill?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

let calls = 0;

/** Calls an agent as a task does; rejects as its executor does. */
export async function call(
  registry: Registry,
  agentId: string,
  parts: readonly Part[] | string,
  options: CallOptions = {},
): Promise<readonly ExecutionEvent[]> {
  const { invocationId = `invocation-${process.pid}-${calls++}`, skill, timeoutMs, signal } = options;
  const deadline = new AbortController();
  const passed = new ParleyError('DEADLINE_EXCEEDED', 'The deadline passed.');
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => deadline.abort(passed), timeoutMs);
  const invocation: Invocation = {
    id: invocationId,
    agentId,
    skill,
    parts: typeof parts === 'string' ? [{ text: parts }] : parts,
    task: { id: `task-${invocationId}`, contextId: 'context-1', messageId: 'message-1', metadata: { tag: 'x' } },
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: 'secret-token',
    deadlineAtMs: timeoutMs === undefined ? undefined : Date.now() + timeoutMs,
    signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
    answers: noAnswers(),
    trace: { correlationId: 'correlation-1' },
  };
  const events: ExecutionEvent[] = [];
  try {
    for await (const event of registry.find(agentId).executor.execute(invocation)) events.push(event);
  } finally {
    clearTimeout(timer);
  }
  return events;
}

async function* noAnswers(): AsyncGenerator<Message> {}
