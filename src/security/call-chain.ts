/** A chain of calls as the fabric knows it: what a call token carries. */
export interface CallChain {
  /** The principal that began the chain. */
  readonly origin: string;
  /** The roles that it had then; unset: none. */
  readonly roles?: readonly string[];
  /** Agent ids from the first called to the one that holds the token. */
  readonly path: readonly string[];
  /** The invocation the token was made for. */
  readonly invocationId: string;
  /** The task whose invocation it is; unset: a call that is no task. */
  readonly taskId?: string;
  /** Whose data it is about, when not the origin's. */
  readonly party?: string;
  /** Ms since the epoch; no call of the chain may last longer. */
  readonly deadlineAtMs: number | undefined;
  readonly correlationId: string;
}
