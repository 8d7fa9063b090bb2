import type { Clock, Logger, Telemetry } from '../base/index.ts';
import type { Registry } from '../registry/index.ts';

/** How a bridge behaves; times in ms. */
export interface BridgeSettings {
  /** As the Redis driver reads it; one server or sentinels, no cluster. */
  readonly redisUrl: string;
  /** How often agents and switches are looked at. */
  readonly refreshMs: number;
  /** How often the bridge says that it and the agents that it serves live. */
  readonly heartbeatMs: number;
  /** An agent without a heartbeat for so long takes no calls. */
  readonly staleAfterMs: number;
  /** How long the answer of a Redis agent is waited for. */
  readonly taskTimeoutMs: number;
  /** Calls that one Redis agent is given at once. */
  readonly maxInFlight: number;
  /** Assignments from Redis that one agent of the fabric works on at once. */
  readonly concurrency: number;
}

/** What a bridge works with. */
export interface BridgeOptions {
  readonly settings: BridgeSettings;
  /** Stays the same when the node starts again; no other node of the same Redis has it. */
  readonly nodeId: string;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}
