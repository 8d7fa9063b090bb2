import type { MarketMessage } from '../wire/records.ts';

/**
 * What a role does next. Deciders are pure and read only what is in the thread, which holds what they decided before (committed, if not yet
 * published): asked twice about the same thread, they decide the same; asked about the thread with their records in it, nothing more.
 */
export interface Decision {
  readonly actions: readonly Action[];
  /** When to ask again though no record came. Ms since the epoch; null: never. */
  readonly wakeAtMs: number | null;
}

export type Action = SendAction | ExecuteAction | StopAction;

/** Commit this record to the outbox, then publish it. */
export interface SendAction {
  readonly kind: 'send';
  /** `TASK/ACTOR/N`: the same when the same is decided again. */
  readonly recordId: string;
  /** The record that it answers. */
  readonly causationId: string | null;
  readonly message: MarketMessage;
}

/** The executor may take the award: once, under its lease, with this key for whatever it calls. */
export interface ExecuteAction {
  readonly kind: 'execute';
  readonly taskId: string;
  readonly fence: number;
  /** `award/TASK/N`. */
  readonly idempotencyKey: string;
  readonly providerId: string;
  readonly description: string;
  /** A2A parts as JSON text. */
  readonly input: string | null;
  readonly priority: number;
  readonly deadline: number | null;
  /** Since when the work waits: what ageing counts from. Ms since the epoch. */
  readonly sinceMs: number;
}

/** Work under this fence, or a lower one, is no longer wanted: stop it. */
export interface StopAction {
  readonly kind: 'stop';
  readonly taskId: string;
  readonly fence: number;
  readonly reason: string;
}
