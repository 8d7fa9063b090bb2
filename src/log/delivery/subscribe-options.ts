import { type Clock, type Logger, type ParleyError, silentLogger, systemClock } from '../../base/index.ts';
import type { Log, LogRecord } from '../port.ts';
import type { WindowLimits } from './partition-window.ts';

/** What a handler is told beside the record. */
export interface DeliveryContext {
  /** 1 = for the first time here; a restart begins at 1 again. */
  readonly attempt: number;
  /** It had failed for good and was put aside; an operator wants it handled after all. Records behind it may have been handled since. */
  readonly isRedriven: boolean;
  /** Aborts when the partition goes to another member: what the handler has not finished is done there. */
  readonly signal: AbortSignal;
}

/** A record that has failed so often that it is not tried again. */
export interface ExhaustedRecord {
  readonly record: LogRecord;
  readonly error: ParleyError;
  readonly attempts: number;
}

export interface RetrySettings {
  /** Tries in all; an error that is not retryable ends them at once. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly multiplier: number;
  readonly maxMs: number;
}

export interface SubscribeOptions {
  readonly log: Pick<Log, 'join'>;
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group begins that has no position yet. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** Settles the record when it resolves; a rejection is tried again by `retry`. May be called again for a record it has seen. */
  readonly handle: (record: LogRecord, context: DeliveryContext) => Promise<void>;
  /**
   * Takes over a record that is not tried again; once it resolves the record counts as finished. While it rejects it is called
   * again, with growing pauses: no record is passed over in silence.
   */
  readonly onExhausted: (exhausted: ExhaustedRecord) => Promise<void>;
  /** Default: 5 tries, 200 ms doubling to 30 s. */
  readonly retry?: RetrySettings;
  /** Records of one partition that may be in work or waiting at once. Default 1,000 and 16 MB; then the partition pauses. */
  readonly window?: WindowLimits;
  /** Handlers that run at once, over all partitions. Default 16. */
  readonly concurrency?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export type ResolvedSubscribeOptions = Required<SubscribeOptions>;

const defaultRetry: RetrySettings = { attempts: 5, baseMs: 200, multiplier: 2, maxMs: 30_000 };
const defaultWindow: WindowLimits = { records: 1_000, bytes: 16 * 1024 * 1024 };

/** The options with their defaults. */
export function resolveSubscribeOptions(options: SubscribeOptions): ResolvedSubscribeOptions {
  return {
    from: 'earliest',
    retry: defaultRetry,
    window: defaultWindow,
    concurrency: 16,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  };
}
