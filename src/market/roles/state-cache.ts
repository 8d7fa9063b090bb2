import type { NegotiationState } from './negotiation-journal.ts';

/** Of all that is kept together, in characters. */
const defaultMaxWeight: number = 16 * 1024 * 1024;
/** What a record takes beside its texts. */
const recordWeight = 600;

/** Keeps negotiations at hand, the ones used last, by what they weigh: a few large ones take the place of many small ones. */
export class StateCache {
  readonly #maxWeight: number;
  readonly #entries = new Map<string, { readonly state: NegotiationState; readonly weight: number }>();
  #weight = 0;

  constructor(maxWeight: number = defaultMaxWeight) {
    this.#maxWeight = maxWeight;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(taskId: string): NegotiationState | undefined {
    const entry = this.#entries.get(taskId);
    if (entry === undefined) return undefined;
    this.#entries.delete(taskId);
    this.#entries.set(taskId, entry);
    return entry.state;
  }

  set(state: NegotiationState): void {
    this.delete(state.taskId);
    const weight = weigh(state);
    if (weight > this.#maxWeight) return;
    this.#entries.set(state.taskId, { state, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#maxWeight) break;
      this.delete(oldest);
    }
  }

  delete(taskId: string): void {
    this.#weight -= this.#entries.get(taskId)?.weight ?? 0;
    this.#entries.delete(taskId);
  }
}

function weigh({ thread }: NegotiationState): number {
  return thread.records.reduce((sum, { value }) => sum + recordWeight + textOf(value), 0);
}

function textOf(value: object): number {
  return Object.values(value).reduce((sum, member) => sum + (typeof member === 'string' ? member.length : 0), 0);
}
