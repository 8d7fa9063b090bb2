import { BoundedCache, type Clock } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { negotiationCollection, negotiationIndexes } from '../collections.ts';
import { addReputation, noReputation, type Reputation } from '../policies/reputation.ts';
import type { Negotiation } from '../thread/negotiation.ts';
import type { ProviderHistory } from './decide-roles.ts';
import { readEarned } from './negotiation-journal.ts';

export interface ProviderHistoriesOptions {
  readonly store: Pick<Store, 'find'>;
  readonly clock: Clock;
}

const kept = 10_000;
/** What other nodes have seen of a provider is known here so soon. */
const freshMs = 10_000;
/** So many of a provider's last negotiations make its reputation. */
const counted = 100;

/**
 * What is remembered of providers: the last negotiations that were awarded to each, read from the store in the background, so that nobody who
 * decides waits for it; and when each was awarded something last, as this node has seen it.
 */
export class ProviderHistories {
  readonly #options: ProviderHistoriesOptions;
  readonly #reputations = new Map<string, Reputation>();
  readonly #fresh: BoundedCache<string, true>;
  readonly #reading = new Set<string>();
  readonly #awardedAtMs = new BoundedCache<string, number>(kept, {
    clock: { now: () => 0 },
    keptMs: Number.POSITIVE_INFINITY,
  });

  constructor(options: ProviderHistoriesOptions) {
    this.#options = options;
    this.#fresh = new BoundedCache(kept, { clock: options.clock, keptMs: freshMs });
  }

  of(providerId: string): ProviderHistory {
    if (this.#fresh.get(providerId) === undefined) this.#refresh(providerId);
    const reputation = this.#reputations.get(providerId) ?? noReputation;
    return { reputation, lastAwardedAtMs: this.#awardedAtMs.get(providerId) ?? null };
  }

  /** Takes note of who was awarded, and of what came of it. */
  note({ awards, outcome }: Negotiation): void {
    for (const { providerId, atMs } of awards) {
      if (atMs > (this.#awardedAtMs.get(providerId) ?? 0)) this.#awardedAtMs.set(providerId, atMs);
      if (outcome !== null) this.#refresh(providerId);
    }
  }

  /** One read at a time; what happens meanwhile is read by the next one. */
  #refresh(providerId: string): void {
    if (this.#reading.has(providerId)) {
      this.#fresh.delete(providerId);
      return;
    }
    this.#reading.add(providerId);
    this.#fresh.set(providerId, true);
    this.#read(providerId)
      .catch(() => this.#fresh.delete(providerId))
      .finally(() => this.#reading.delete(providerId));
  }

  async #read(providerId: string): Promise<void> {
    let reputation = noReputation;
    for (const index of [negotiationIndexes.provider, negotiationIndexes.replaced]) {
      const query = { collection: negotiationCollection, index, equals: providerId, order: 'descending' } as const;
      const { documents } = await this.#options.store.find({ ...query, limit: counted });
      for (const { value } of documents) reputation = addReputation(reputation, readEarned(value, providerId));
    }
    if (this.#reputations.size >= kept) this.#reputations.clear();
    this.#reputations.set(providerId, reputation);
  }
}
