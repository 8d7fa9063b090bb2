import type { JsonObject } from './json.ts';

/** The whole state of one entity as plain JSON: what two folds of its history are compared by. */
export interface StateView {
  readonly kind: 'task' | 'negotiation';
  readonly id: string;
  /** Grows with what has happened. */
  readonly version: number;
  /** Ms since the epoch. */
  readonly beganAtMs: number;
  /** Ms since the epoch. */
  readonly changedAtMs: number;
  /** Nothing more is going to happen. */
  readonly hasEnded: boolean;
  readonly state: JsonObject;
}
