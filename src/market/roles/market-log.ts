import { type Clock, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import type { GroupSubscriber, Log, LogRecord } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import type { DerivedSigningKey, ParsedKey } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import type { LogSight } from '../decide/log-sight.ts';
import type { MarketRecord } from '../wire/records.ts';
import type { ContentKeys } from '../wire/seal-contents.ts';
import { LogWatch } from './log-watch.ts';
import { MarketGroups } from './market-groups.ts';
import type { MarketSettings } from './market-settings.ts';
import { createMarketWire, type MarketWire } from './market-wire.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

/** What a node needs to read the market's topics and to publish to them. */
export interface MarketLogParts {
  readonly settings: Pick<MarketSettings, 'wire' | 'requireSigned'>;
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** Opened when the market starts; may fail, and is asked again. */
  readonly log: () => Promise<Log>;
  readonly subscribe: GroupSubscriber;
  readonly schemas: () => Promise<SchemaRegistry>;
  /** The keys of those whose contents are sealed in the log. */
  readonly parties: ContentKeys;
  /** What this fabric signs its agents' records with, and those of others are verified with. By agent id. */
  readonly keys: {
    readonly own: DerivedSigningKey;
    readonly trusted: ReadonlyMap<string, readonly ParsedKey[]>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

export interface MarketLogOptions extends MarketLogParts {
  /** A record that says by whom it is; what rejects comes again. */
  readonly onRecord: (record: MarketRecord) => Promise<void>;
  /** The log is there again: what waits to be published is not late. */
  readonly onBack: () => void;
  /** It is an agent of this fabric, or was: nobody else speaks for it. */
  readonly isOwn: (agentId: string) => boolean;
}

/** The log as the market of one node has it: what is read, what is published, and whether it is there at all. */
export class MarketLog {
  readonly #options: MarketLogOptions;
  readonly #wire: MarketWire;
  readonly #watch: LogWatch;
  readonly #outbox: Outbox;
  readonly #groups: MarketGroups;
  readonly #stopped = new AbortController();

  constructor(options: MarketLogOptions) {
    this.#options = options;
    const { log, onBack, clock } = options;
    this.#wire = this.#createWire();
    this.#watch = new LogWatch({ check: async () => (await log()).check(), onBack, clock });
    this.#outbox = this.#createOutbox();
    this.#groups = new MarketGroups({
      ...options,
      handle: (record) => this.#observe(record),
      signal: this.#stopped.signal,
    });
  }

  /** Records come in. */
  get isOpen(): boolean {
    return this.#groups.isOpen;
  }

  get sight(): LogSight {
    return this.#watch.sight;
  }

  /** How long to wait before what failed is published again. */
  get patienceMs(): number {
    return this.#outbox.patienceMs;
  }

  /** A log that is away holds up nobody who starts. */
  start(): void {
    this.#groups.start();
    void this.#wire.prepare();
    void this.#watch.ask();
  }

  /** Nothing is waited for any more: no registry, no log that is not there. */
  async stop(): Promise<void> {
    this.#stopped.abort(new ParleyError('CANCELED', 'The node stops.'));
    await this.#watch.stop();
  }

  /** Leaves the groups, then publishes what was taken on. `stop` comes before. */
  async close(): Promise<void> {
    await this.#groups.close();
    await this.#outbox.drain();
  }

  /** Takes committed records on. Never rejects. */
  send(records: readonly MarketRecord[]): void {
    this.#outbox.send(records);
  }

  /** Resolves when it is known whether the log is there. Never rejects. */
  ask(): Promise<void> {
    return this.#watch.ask();
  }

  /** Awards come no more, or again; what else there is comes all the time. */
  holdAwards(isHeld: boolean): void {
    this.#groups.hold(isHeld);
  }

  async #observe(record: LogRecord): Promise<void> {
    const { telemetry, onRecord } = this.#options;
    telemetry.count('parley_market_records_total', { topic: record.topic, direction: 'in' });
    await onRecord(await this.#wire.read(record, this.#stopped.signal));
  }

  #createOutbox(): Outbox {
    const { log, logger, telemetry } = this.#options;
    const encode: OutboxOptions['encode'] = (record) => this.#wire.encode(record);
    const onTried = (wasTaken: boolean): void => (wasTaken ? this.#watch.heard() : void this.#watch.ask());
    return new Outbox({ log, encode, onTried, logger, telemetry });
  }

  #createWire(): MarketWire {
    const { settings, keys, schemas, parties, clock, isOwn } = this.#options;
    const { wire, requireSigned } = settings;
    const keysOf = (agentId: string): readonly ParsedKey[] =>
      keys.trusted.get(agentId) ?? (isOwn(agentId) ? [keys.own.open] : []);
    const secret = keys.own.secret;
    return createMarketWire({ schemas, wire, requireSigned, keysOf, clock, secret, contents: parties });
  }
}
