import { type Clock, createId, type Logger, ParleyError } from '../../base/index.ts';
import type { Fence, Lease, Store } from '../../store/index.ts';

export interface MarketSeatOptions {
  readonly store: Pick<Store, 'acquireLease'>;
  /** The store is this node's alone: what an earlier run of it has claimed is its own. */
  readonly isAlone: boolean;
  /** After so long without a word from a node another one goes on with what it worked on. */
  readonly leaseMs: number;
  /** The seat was lost: others may have what this node worked on, and it writes nothing more under it. */
  readonly onLost: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How a node writes what it works on, and under which name. */
export interface Seat {
  readonly holder: string;
  readonly fence: Fence;
}

const loneHolder = 'alone';
const retryMs = 500;
/** Those that are known to be gone; a node that starts again has another name. */
const maxGone = 1_000;

/**
 * One node among those that execute awards: its claims carry its name, and all that it says of them the fence of its lease. When the lease
 * runs out another node goes on with its claims; when it comes back, it is somebody else.
 */
export class MarketSeat {
  readonly #options: MarketSeatOptions;
  readonly #gone = new Set<string>();
  #held: { readonly holder: string; readonly lease: Lease } | undefined;
  #cancel = (): void => {};
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: MarketSeatOptions) {
    this.#options = options;
  }

  /** Undefined while this node has none, and claims nothing. */
  get current(): Seat | undefined {
    if (this.#held === undefined) return undefined;
    const { holder, lease } = this.#held;
    return { holder, fence: { lease: lease.name, epoch: lease.epoch } };
  }

  async start(): Promise<void> {
    await this.#take();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#turn;
    await this.#held?.lease.release().catch(() => {});
    this.#held = undefined;
  }

  /** Whether what that node has claimed may be gone on with by this one. */
  async mayTakeOver(holder: string): Promise<boolean> {
    if (this.#held?.holder === holder || this.#gone.has(holder)) return true;
    const { store, leaseMs } = this.#options;
    const lease = await store.acquireLease(nameOf(holder), this.#held?.holder ?? createId(), leaseMs);
    if (lease === undefined) return false;
    if (this.#gone.size >= maxGone) this.#gone.clear();
    this.#gone.add(holder);
    return true;
  }

  async #take(): Promise<void> {
    const { store, isAlone, leaseMs, logger } = this.#options;
    const holder = isAlone ? loneHolder : createId();
    try {
      const lease = await store.acquireLease(nameOf(holder), holder, leaseMs);
      if (lease !== undefined) this.#held = { holder, lease };
    } catch (thrown) {
      logger.debug('a seat in the market could not be taken yet', { error: ParleyError.from(thrown).message });
    }
    this.#schedule(this.#held === undefined ? retryMs : leaseMs / 3);
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.schedule(delayMs, () => {
      this.#turn = this.#held === undefined ? this.#take() : this.#renew(this.#held.lease);
    });
  }

  async #renew(lease: Lease): Promise<void> {
    const { leaseMs, onLost, logger } = this.#options;
    try {
      if (!(await lease.renew())) {
        this.#held = undefined;
        onLost();
        await this.#take();
        return;
      }
      this.#schedule(leaseMs / 3);
    } catch (thrown) {
      logger.debug('a seat in the market could not be renewed', { error: ParleyError.from(thrown).message });
      this.#schedule(retryMs);
    }
  }
}

function nameOf(holder: string): string {
  return `market-seat/${holder}`;
}
