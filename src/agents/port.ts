import type { JsonValue } from '../base/index.ts';
import type { Artifact, Message, Part, TaskState } from '../protocol/index.ts';

/**
 * Anything that does an agent's work: a worker process, a remote A2A server, a queue, a workflow.
 *
 * Guarantees of an executor:
 * - `execute` yields events in the order in which the agent made them, then ends. The last event is always an `end` or a
 *   `reply`, unless it throws.
 * - It throws ParleyError: AGENT_UNAVAILABLE when nothing was handed out (safe to try again), WORKER_LOST or
 *   OUTCOME_UNKNOWN when it was, SKILL_NOT_FOUND, WORKER_PROTOCOL.
 * - It is pulled: an event that is not taken holds the agent back, memory stays bounded.
 * - When `invocation.signal` aborts, the work is really stopped, and iteration ends within the drain grace.
 */
export interface AgentExecutor {
  execute(invocation: Invocation): AsyncIterable<ExecutionEvent>;
}

/** One dispatch of a task, or one plain call (without `task`), to an executor. */
export interface Invocation {
  readonly id: string;
  readonly agentId: string;
  /** The skill's id; undefined: the agent's default. */
  readonly skill: string | undefined;
  /** The caller's message parts, in order; bytes are in memory here. */
  readonly parts: readonly Part[];
  readonly task: InvocationTask | undefined;
  readonly caller: InvocationCaller;
  /** Whose data it is, when it is not the caller's. */
  readonly party?: string;
  /** Proves the chain to the fabric when this agent calls another. */
  readonly callToken: string;
  /** Ms since the epoch. */
  readonly deadlineAtMs: number | undefined;
  /** Aborts with a ParleyError (CANCELED, DEADLINE_EXCEEDED) as its reason. */
  readonly signal: AbortSignal;
  /** Answers to the agent's questions; those given before a crash come first. */
  readonly answers: AsyncIterable<Message>;
  readonly trace: TraceContext;
}

export interface InvocationTask {
  readonly id: string;
  readonly contextId: string;
  readonly messageId: string;
  readonly metadata: Readonly<Record<string, JsonValue | undefined>>;
}

export interface InvocationCaller {
  /** The principal: `anonymous`, `operator`, `agent:<id>`, or an identity's subject behind its kind (`key:ci`). */
  readonly id: string;
  /** Its roles; empty for who has no identity, and for agents that call on their own account. */
  readonly roles: readonly string[];
  /** Agent ids from the first to the direct caller; empty when a client calls. */
  readonly path: readonly string[];
}

export interface TraceContext {
  readonly correlationId: string;
  /** W3C trace context header. */
  readonly traceparent?: string;
}

export type ExecutionEvent =
  | { readonly kind: 'status'; readonly text?: string; readonly parts?: readonly Part[] }
  | { readonly kind: 'artifact'; readonly artifact: Artifact; readonly append: boolean; readonly lastChunk: boolean }
  /** The agent waits for an answer. */
  | { readonly kind: 'ask'; readonly state: 'input-required' | 'auth-required'; readonly parts: readonly Part[] }
  /** The answer is a message, there is no task to keep. */
  | { readonly kind: 'reply'; readonly parts: readonly Part[] }
  | { readonly kind: 'end'; readonly state: EndState; readonly parts?: readonly Part[] };

export type EndState = Extract<TaskState, 'completed' | 'failed' | 'canceled' | 'rejected'>;
