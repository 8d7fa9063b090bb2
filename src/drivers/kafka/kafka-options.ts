import { type Logger, silentLogger } from '../../base/index.ts';

export interface KafkaOptions {
  /** As `parseKafkaTarget` reads it. */
  readonly url: string;
  /** How we are called in the brokers' logs. */
  readonly clientId?: string;
  /** A member that is silent for so long has lost its partitions. At least what the brokers allow (6 s). Default 10 s. */
  readonly sessionTimeoutMs?: number;
  /** So long is waited for what is in work before a partition goes to another member. Default 5 s. */
  readonly revokeTimeoutMs?: number;
  /** Each request to a broker is waited for so long. Default 5 s. */
  readonly requestTimeoutMs?: number;
  readonly logger?: Logger;
}

export type ResolvedKafkaOptions = Required<Omit<KafkaOptions, 'url'>>;

/** The options with their defaults. */
export function resolveKafkaOptions(options: KafkaOptions): ResolvedKafkaOptions {
  return {
    clientId: options.clientId ?? 'parley',
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    revokeTimeoutMs: options.revokeTimeoutMs ?? 5_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
    logger: options.logger ?? silentLogger,
  };
}
