import { type Logger, silentLogger } from '../../base/index.ts';

export interface RedisOptions {
  /** As `parseRedisTarget` reads it. */
  readonly url: string;
  /** Shown in Redis' CLIENT LIST. Default `parley`. */
  readonly name?: string;
  /** How long a command may take once it was sent. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** How long opening, and a call while Redis is away, waits for the connection. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** So many calls may wait for the connection; more are refused at once. Default 10,000. */
  readonly maxWaiting?: number;
  readonly logger?: Logger;
}

export type ResolvedRedisOptions = Required<Omit<RedisOptions, 'url'>>;

/** The options with their defaults. */
export function resolveRedisOptions(options: RedisOptions): ResolvedRedisOptions {
  const { name = 'parley', commandTimeoutMs = 5_000, connectTimeoutMs = 5_000, maxWaiting = 10_000 } = options;
  return { name, commandTimeoutMs, connectTimeoutMs, maxWaiting, logger: options.logger ?? silentLogger };
}
