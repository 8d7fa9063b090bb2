import type { Database, Statement } from '../../drivers/sqlite/index.ts';

interface LeaseRow {
  readonly name: string;
  /** Null: released. */
  readonly holder: string | null;
  readonly epoch: number;
  readonly expires_at: number;
}

/** Who wants a lease, from when and for how long. */
interface LeaseWish {
  readonly name: string;
  readonly holder: string;
  readonly nowMs: number;
  readonly ttlMs: number;
}

/** The leases, of which there are few: all are in memory, every change is written. */
export class LeaseTable {
  readonly #leases = new Map<string, LeaseRow>();
  readonly #selectAll: Statement;
  readonly #upsert: Statement;

  constructor(database: Database) {
    this.#selectAll = database.prepare('SELECT name, holder, epoch, expires_at FROM lease');
    this.#upsert = database.prepare(
      'INSERT OR REPLACE INTO lease (name, holder, epoch, expires_at) VALUES (?, ?, ?, ?)',
    );
    this.load();
  }

  load(): void {
    this.#leases.clear();
    for (const row of this.#selectAll.all() as unknown as readonly LeaseRow[]) this.#leases.set(row.name, row);
  }

  /** True while the lease is of this epoch: neither taken by another holder nor released. */
  isCurrent(name: string, epoch: number): boolean {
    const lease = this.#leases.get(name);
    return lease !== undefined && lease.epoch === epoch && lease.holder !== null;
  }

  /** The epoch, or undefined when somebody else holds the lease. */
  acquire({ name, holder, nowMs, ttlMs }: LeaseWish): number | undefined {
    const lease = this.#leases.get(name);
    const isOwn = lease?.holder === holder;
    if (lease && lease.holder !== null && !isOwn && lease.expires_at > nowMs) return undefined;
    const epoch = isOwn ? lease.epoch : (lease?.epoch ?? 0) + 1;
    this.#write({ name, holder, epoch, expires_at: nowMs + ttlMs });
    return epoch;
  }

  /** False when the lease is no longer of this epoch. One that ran out and that nobody took is still its holder's. */
  renew(name: string, epoch: number, expiresAtMs: number): boolean {
    const lease = this.#leases.get(name);
    if (lease === undefined || !this.isCurrent(name, epoch)) return false;
    this.#write({ ...lease, expires_at: expiresAtMs });
    return true;
  }

  release(name: string, epoch: number): void {
    const lease = this.#leases.get(name);
    if (lease === undefined || !this.isCurrent(name, epoch)) return;
    this.#write({ ...lease, holder: null });
  }

  #write(lease: LeaseRow): void {
    this.#upsert.run(lease.name, lease.holder, lease.epoch, lease.expires_at);
    this.#leases.set(lease.name, lease);
  }
}
