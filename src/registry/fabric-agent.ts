import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { type Clock, isObject, type JsonObject } from '../base/index.ts';
import { createDiscoveryAgent, type DiscoveryAgentOptions } from './discovery-agent.ts';
import { type Execute, executeOrder, executionSkill } from './execution-skill.ts';
import type { Endpoint, Registry } from './port.ts';

export interface FabricAgentOptions extends DiscoveryAgentOptions {
  readonly clock: Clock;
  readonly execute: Execute;
  /** Agents as orchestrators of Redis agents list them; undefined: there is no bridge to any. */
  readonly listForRedis: ((capability: string | undefined) => Promise<readonly JsonObject[]>) | undefined;
}

/** The fabric's own agent as an endpoint: it says who is there, and has agents do tasks; live, as data and as plain text. */
export function createFabricAgent(registry: Registry, options: FabricAgentOptions): Endpoint {
  const discovery = createDiscoveryAgent(registry, options);
  const { record } = discovery;
  return {
    ...discovery,
    record: {
      ...record,
      description: 'The fabric itself: finds the agents that run here, and has them do tasks.',
      skills: [...record.skills, executionSkill],
    },
    executor: createExecutor(registry, discovery.executor, options),
  };
}

function createExecutor(registry: Registry, discovery: AgentExecutor, options: FabricAgentOptions): AgentExecutor {
  const { clock, execute, listForRedis } = options;
  return {
    execute(invocation) {
      if (invocation.skill === executionSkill.id) {
        return executeOrder(invocation, { registry, execute, nowMs: clock.now() });
      }
      const arguments_ = readArguments(invocation);
      if (arguments_['form'] !== 'redis' || listForRedis === undefined) return discovery.execute(invocation);
      const { capability } = arguments_;
      return answerForRedis(listForRedis(typeof capability === 'string' ? capability : undefined));
    },
  };
}

/** `[{id, type, status, capabilities, last_heartbeat, queue_size}]`, and a line for each. */
async function* answerForRedis(listing: Promise<readonly JsonObject[]>): AsyncGenerator<ExecutionEvent> {
  const agents = await listing;
  const lines = agents.map(({ id, type, capabilities }) => `${id} (${type}): ${String(capabilities)}`);
  const parts = [{ data: agents }, { text: lines.join('\n') || 'No agent takes work now.' }];
  yield { kind: 'artifact', artifact: { artifactId: 'agents', name: 'agents', parts }, append: false, lastChunk: true };
  yield { kind: 'end', state: 'completed' };
}

function readArguments({ parts }: Invocation): JsonObject {
  const data = parts.find((part) => 'data' in part && isObject(part.data));
  return data !== undefined && 'data' in data ? (data.data as JsonObject) : {};
}
