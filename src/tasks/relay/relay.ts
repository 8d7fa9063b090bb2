import {
  BoundedCache,
  type Clock,
  type Component,
  computeBackoffMs,
  createId,
  hasCode,
  type Logger,
  ParleyError,
  sleep,
  type Telemetry,
} from '../../base/index.ts';
import { ensureTopic, type Log, type NewRecord } from '../../log/index.ts';
import { type Lease, type ShardPage, type Store, shardCount } from '../../store/index.ts';
import { taskJournal } from '../events.ts';
import type { PartyKeys } from '../sealing/party-keys.ts';
import { sealEvent } from '../sealing/seal-event.ts';
import { RelayPositions } from './relay-positions.ts';
import { type EntityTrace, readTrace, toRelayRecord, withoutValue } from './relay-record.ts';

/** The topic of what happens to tasks. */
export const taskEventsTopic = 'task-events';

export interface RelayOptions {
  readonly store: Store;
  /** Opened when the relay first needs it; may fail, and is asked again. */
  readonly log: () => Promise<Log>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Who relays, the same after a restart: then it goes on at once. Default: somebody new, who waits for the lease of whoever died. */
  readonly holder?: string | undefined;
  /** How long it waits when there was nothing to publish. Default 200. */
  readonly idleMs?: number;
  /** After so long without a word from the relay of a node that died another one goes on. Default 15,000. */
  readonly leaseMs?: number;
  /** Contents go out sealed with a key of those whose data it is, when there are keys. */
  readonly parties?: PartyKeys | undefined;
}

const defaultLeaseMs = 15_000;
const saveEveryMs = 1_000;
const pageLimit = 200;
/** So many shards are read at once. */
const stride = 32;
const partitions = 6;
const keptTraces = 10_000;
const backoff = { baseMs: 100, multiplier: 2, maxMs: 5_000 };

/**
 * Publishes what the journals of tasks have, at least once: the events of one task in the order of their sequence, under the task's id.
 * Positions are kept in the store, and while the log is away nothing moves and nothing is lost. Of several nodes on one store
 * one relays at a time.
 */
export function createRelay(options: RelayOptions): Component {
  const relay = new Relay(options);
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    name: 'relay',
    async start() {
      running = relay.run(stopped.signal);
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

class Relay {
  readonly #options: RelayOptions;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #positions: RelayPositions;
  readonly #traces: BoundedCache<string, EntityTrace>;
  #savedAtMs = 0;
  #failures = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#holder = options.holder ?? createId();
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs;
    this.#positions = new RelayPositions(options.store);
    this.#traces = new BoundedCache(keptTraces, { clock: options.clock, keptMs: 3_600_000 });
  }

  /** Never rejects: what fails is tried again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const lease = await this.#options.store.acquireLease('relay', this.#holder, this.#leaseMs);
        if (lease === undefined) await this.#pause(this.#leaseMs / 3, signal);
        else await this.#lead(lease, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        this.#report(thrown);
        await this.#pause(computeBackoffMs(backoff, this.#failures++), signal);
      }
    }
  }

  async #lead(lease: Lease, signal: AbortSignal): Promise<void> {
    const { idleMs = 200, log } = this.#options;
    const opened = await log();
    await ensureTopic(opened, { name: taskEventsTopic, partitions });
    await this.#positions.load();
    let renewedAtMs = this.#options.clock.now();
    try {
      while (!signal.aborted) {
        if (this.#options.clock.now() - renewedAtMs > this.#leaseMs / 3) {
          if (!(await lease.renew())) return;
          renewedAtMs = this.#options.clock.now();
        }
        const moved = await this.#publishRound(opened);
        await this.#saveNowAndThen(lease, moved === 0);
        if (moved === 0) await this.#pause(idleMs, signal);
      }
    } finally {
      await this.#positions.save({ lease: lease.name, epoch: lease.epoch }).catch(() => {});
      await lease.release().catch(() => {});
    }
  }

  /** All shards once; answers how many records went out. */
  async #publishRound(log: Log): Promise<number> {
    let moved = 0;
    for (let first = 0; first < shardCount; first += stride) {
      const shards = Array.from({ length: stride }, (_, index) => first + index);
      const pages = await Promise.all(shards.map((shard) => this.#read(shard)));
      const found = pages.flatMap(({ events }) => events.filter(({ kind }) => kind === taskJournal));
      const records = await Promise.all(found.map((event) => this.#toRecord(event)));
      if (records.length > 0) await this.#publish(log, records);
      pages.forEach(({ events, position }, index) => {
        if (events.length > 0) this.#positions.set(first + index, position);
      });
      moved += records.length;
    }
    this.#failures = 0;
    if (moved > 0) this.#options.telemetry.count('parley_relay_records_total', {}, moved);
    return moved;
  }

  async #toRecord(found: ShardPage['events'][number]): Promise<NewRecord> {
    const trace = await this.#traceOf(found);
    const { parties } = this.#options;
    if (parties === undefined || trace.party === undefined) return toRelayRecord(found, trace);
    return toRelayRecord({ ...found, event: sealEvent(found.event, await parties.of(trace.party)) }, trace);
  }

  #read(shard: number): Promise<ShardPage> {
    return this.#options.store.readShard(shard, this.#positions.get(shard), pageLimit);
  }

  /** One record that is too large does not keep the others: it goes out without its value. */
  async #publish(log: Log, records: readonly NewRecord[]): Promise<void> {
    try {
      await log.publish(taskEventsTopic, records);
    } catch (thrown) {
      const limit = hasCode(thrown, 'PAYLOAD_TOO_LARGE') ? Number(thrown.details['maxRecordBytes']) : Number.NaN;
      if (Number.isNaN(limit)) throw thrown;
      // Headers count, too: what is near the limit goes without its value as well.
      const isLarge = ({ value }: NewRecord): boolean => (value?.byteLength ?? 0) > limit - 4_096;
      this.#options.logger.warn('Events that are too large for the log go there without their content.', { limit });
      await log.publish(
        taskEventsTopic,
        records.map((record) => (isLarge(record) ? withoutValue(record) : record)),
      );
    }
  }

  async #traceOf({ key, sequence, event }: ShardPage['events'][number]): Promise<EntityTrace> {
    const known = this.#traces.get(key);
    if (known !== undefined) return known;
    const [begun] = sequence === 1 ? [{ event }] : await this.#options.store.read(taskJournal, key, 0, 1);
    const trace = readTrace(begun?.event);
    this.#traces.set(key, trace);
    return trace;
  }

  async #saveNowAndThen(lease: Lease, isIdle: boolean): Promise<void> {
    const nowMs = this.#options.clock.now();
    if (!isIdle && nowMs - this.#savedAtMs < saveEveryMs) return;
    await this.#positions.save({ lease: lease.name, epoch: lease.epoch });
    this.#savedAtMs = nowMs;
  }

  #report(thrown: unknown): void {
    const { code, message } = ParleyError.from(thrown);
    this.#options.telemetry.count('parley_relay_failures_total', { code });
    if (this.#failures > 0) return;
    this.#options.logger.warn('Task events could not be published; they wait in the journals.', {
      code,
      reason: message,
    });
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, delayMs, signal).catch(() => {});
  }
}
