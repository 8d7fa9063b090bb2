import type { TraceContext } from '../agents/index.ts';
import type { CallChain, Principal } from '../security/index.ts';

/** Who calls and under which conditions: what the front door knows beside the request itself. */
export interface CallContext {
  readonly principal: Principal;
  /** Set when an agent calls: its place in the chain, proved by its call token. */
  readonly chain?: CallChain;
  /** The record of the log that the call follows from, where it follows from one. */
  readonly causationId?: string;
  /** Whose data it is, when not of the principal that began the chain. */
  readonly party?: string;
  readonly idempotencyKey?: string;
  /** True: the caller speaks the extension, and what it sends is done once. */
  readonly idempotentSend?: boolean;
  /** What the caller says of the task's generation; set when it wants to be told of it, too. */
  readonly generation?: GenerationCondition;
  /** Ms since the epoch. */
  readonly deadlineAtMs?: number;
  readonly trace: TraceContext;
}

/** Generations are sequences of the task's journal. */
export interface GenerationCondition {
  /** A get waits until the task is beyond it. */
  readonly beyond?: number;
  /** A further message counts only at this one. */
  readonly expected?: number;
}

/** The agent a call is for; `endpointId` when the caller named one deployment. */
export interface Target {
  readonly agentId: string;
  readonly endpointId: string | undefined;
}
