import type { Clock } from '../../base/index.ts';
import type { NegotiationState } from './negotiation-journal.ts';

/** Who has bid within this time is expected to bid again. */
const rememberedMs = 600_000;
/** Anybody may write to the log: so many names are remembered, the newest. */
const remembered = 1_000;

/** Providers of other fabrics and of the original fleet, known by their offers: they are waited for, as our own are. */
export class OtherProviders {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seenAtMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Takes note of who has bid in the negotiation and is not of this fabric. */
  note({ negotiation, ownAgents, updatedAtMs }: NegotiationState): void {
    for (const { providerId } of negotiation.offers) {
      if (ownAgents.has(providerId)) continue;
      this.#seenAtMs.delete(providerId);
      this.#seenAtMs.set(providerId, updatedAtMs);
    }
    for (const oldest of this.#seenAtMs.keys()) {
      if (this.#seenAtMs.size <= remembered) break;
      this.#seenAtMs.delete(oldest);
    }
  }

  ids(): readonly string[] {
    const sinceMs = this.#clock.now() - rememberedMs;
    return [...this.#seenAtMs].flatMap(([id, seenAtMs]) => (seenAtMs >= sinceMs ? [id] : []));
  }
}
