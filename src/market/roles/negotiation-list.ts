import { type Clock, ParleyError } from '../../base/index.ts';
import type { Query, Store } from '../../store/index.ts';
import { negotiationCollection, negotiationIndexes } from '../collections.ts';
import type { Negotiation, NegotiationPage, NegotiationQuery } from '../port.ts';
import type { NegotiationState } from './negotiation-journal.ts';
import { toView } from './to-view.ts';

export interface NegotiationListOptions {
  readonly store: Pick<Store, 'find'>;
  readonly read: (taskId: string) => Promise<NegotiationState>;
  /** Negotiations that may be open at once. */
  readonly maxOpen: number;
  readonly clock: Clock;
}

const countedMs = 1_000;
const maxPage = 200;

/** What negotiations there are. */
export class NegotiationList {
  readonly #options: NegotiationListOptions;
  #open = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: NegotiationListOptions) {
    this.#options = options;
  }

  /** Newest first. */
  async list({ phase, limit, cursor }: NegotiationQuery): Promise<NegotiationPage> {
    const page = await this.#options.store.find({
      ...this.#indexOf(phase),
      ...{ collection: negotiationCollection, order: 'descending', limit: Math.min(limit, maxPage) },
      ...(cursor !== undefined && { cursor }),
    });
    const states = await Promise.all(page.documents.map(({ key }) => this.#options.read(key)));
    const negotiations = states.filter(({ version }) => version > 0).map(toView);
    return { negotiations, ...(page.cursor !== undefined && { cursor: page.cursor }) };
  }

  /** Those that have not ended, newest first; at most so many. */
  async open(limit: number = maxPage): Promise<readonly Negotiation[]> {
    return (await this.list({ phase: 'open', limit })).negotiations;
  }

  /** QUEUE_FULL when so many are open that no more are taken. */
  async admit(): Promise<void> {
    const { store, clock, maxOpen } = this.#options;
    if (clock.now() - this.#countedAtMs > countedMs) {
      const query = { ...this.#indexOf('open'), collection: negotiationCollection, limit: 1, count: true } as const;
      this.#open = (await store.find({ ...query, order: 'descending' })).total ?? 0;
      this.#countedAtMs = clock.now();
    }
    if (this.#open >= maxOpen) {
      const message = `${this.#open} negotiations are open, and no more are taken (market.maxOpen). Try again in a moment.`;
      throw new ParleyError('QUEUE_FULL', message, { retryAfterMs: countedMs });
    }
    this.#open++;
  }

  #indexOf(phase: NegotiationQuery['phase']): Pick<Query, 'index' | 'equals'> {
    if (phase === undefined) return { index: negotiationIndexes.all, equals: '' };
    if (phase === 'open') return { index: negotiationIndexes.open, equals: '' };
    return { index: negotiationIndexes.phase, equals: phase };
  }
}
