import type { Message, StreamItem } from '../protocol/index.ts';
import type { AgentStatus } from '../registry/index.ts';
import type { CallContext } from '../tasks/index.ts';
import type { Letter } from './queues/letters.ts';

/** An agent that the bridge carries, or could carry. */
export interface BridgeAgent {
  readonly id: string;
  /** `redis`: it lives in Redis, and A2A callers reach it; `fabric`: it lives here, and producers in Redis reach it. */
  readonly side: 'redis' | 'fabric';
  readonly on: boolean;
  /** opus, sonnet, subagent …; `parley` for agents of the fabric. */
  readonly type: string;
  readonly status: AgentStatus;
  readonly reason?: string;
  readonly capabilities: readonly string[];
  /** As it is written in Redis. */
  readonly lastHeartbeat: string;
  readonly queueSize: number;
}

export interface BridgeView {
  readonly nodeId: string;
  /** The bridge's own id in Redis. */
  readonly replyAgent: string;
  /** Address without secrets. */
  readonly redis: string;
  readonly state: 'ready' | 'connecting';
  readonly problem?: string;
  readonly agents: readonly BridgeAgent[];
}

/** An agent in the form in which orchestrators of Redis agents list them. */
export interface DiscoveredAgent {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly capabilities: readonly string[];
  readonly last_heartbeat: string;
  readonly queue_size: number;
}

/** Work for an agent that is named, or chosen by what it can do. */
export interface A2ARequest {
  readonly message: Message;
  readonly agentId?: string;
  readonly capability?: string;
  readonly context: CallContext;
  readonly signal: AbortSignal;
}

/**
 * The bridge as operators and the fabric's own agent use it. Guarantees: what it says of Redis is read from there, at most
 * one refresh ago; a request that it took is a task like any other. Errors: UNAVAILABLE while Redis is away, AGENT_NOT_FOUND
 * when nobody has the capability, CONFLICT when a switch names an id that is taken, and those of tasks.
 */
export interface RedisBridge {
  view(): Promise<BridgeView>;
  /** Switches one agent on or off, on all nodes, until somebody switches it again. */
  setSwitch(id: string, on: boolean): Promise<BridgeAgent>;
  /** Messages that reached nobody, newest first. */
  letters(limit: number): Promise<readonly Letter[]>;
  /** Agents that take work now, those with the capability when one is named. */
  discover(capability?: string): Promise<readonly DiscoveredAgent[]>;
  /** Sends an A2A message to an agent, and answers with its task when that has ended or waits for its caller. */
  processA2aRequest(request: A2ARequest): Promise<StreamItem>;
}
