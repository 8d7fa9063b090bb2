import { computeBackoffMs, hasCode, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import type { Log, NewRecord } from '../../log/index.ts';
import type { MarketRecord, MarketTopic } from '../wire/records.ts';

export interface OutboxOptions {
  /** Opened when there is something to publish; may fail, and is asked again. */
  readonly log: () => Promise<Pick<Log, 'publish'>>;
  readonly encode: (record: MarketRecord) => Promise<NewRecord>;
  /** The log has taken records, or has not. */
  readonly onTried: (wasTaken: boolean) => void;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

interface Waiting {
  readonly topic: MarketTopic;
  readonly record: NewRecord;
}

/** Records of one call of the log at most. */
const maxBatch = 1_000;
/** While the log hangs no more than this waits here; the rest is still in the journals. */
const maxWaiting = 10_000;

/**
 * Publishes what journals have committed: the records of one turn of the event loop in one call for each topic, those of one task in the
 * order in which they came. What fails is published again when its negotiation is looked at next: nothing is kept here.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  /** Records of one task must not overtake each other while they are encoded. */
  #encoding: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How long to wait before what failed is published again. */
  get patienceMs(): number {
    return computeBackoffMs({ baseMs: 2_000, multiplier: 2, maxMs: 30_000 }, this.#failures);
  }

  /** Takes committed records on. Never rejects. */
  send(records: readonly MarketRecord[]): void {
    if (records.length === 0) return;
    this.#encoding = this.#encoding.then(() => this.#encode(records)).catch((thrown: unknown) => this.#report(thrown));
  }

  /** Resolves when what was taken on is published, or has failed. */
  async drain(): Promise<void> {
    await this.#encoding;
    await this.#flushing;
  }

  async #encode(records: readonly MarketRecord[]): Promise<void> {
    if (this.#waiting.length >= maxWaiting) return;
    for (const record of records) {
      this.#waiting.push({ topic: record.topic, record: await this.#options.encode(record) });
    }
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch);
      const byTopic = Map.groupBy(batch, ({ topic }) => topic);
      await Promise.all([...byTopic].map(([topic, waiting]) => this.#publish(topic, waiting)));
    }
  }

  async #publish(topic: MarketTopic, waiting: readonly Waiting[]): Promise<void> {
    const { log, telemetry, onTried } = this.#options;
    try {
      await (await log()).publish(
        topic,
        waiting.map(({ record }) => record),
      );
      this.#failures = 0;
      onTried(true);
      telemetry.count('parley_market_records_total', { topic, direction: 'out' }, waiting.length);
    } catch (thrown) {
      // One record that is too large does not keep the others.
      const isOne = waiting.length === 1 || !hasCode(thrown, 'PAYLOAD_TOO_LARGE');
      if (isOne) this.#report(thrown);
      else for (const single of waiting) await this.#publish(topic, [single]);
    }
  }

  #report(thrown: unknown): void {
    const { code, message } = ParleyError.from(thrown);
    this.#options.telemetry.count('parley_market_publish_failures_total', { code });
    this.#options.onTried(false);
    if (this.#failures++ > 0) return;
    this.#options.logger.warn('Records of negotiations could not be published; they wait in their journals.', {
      code,
      reason: message,
    });
  }
}
