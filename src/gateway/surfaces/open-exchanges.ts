import { ParleyError, TransientSet } from '../../base/index.ts';

/** What is under way on the surfaces: bounded, and ended together when the node stops. */
export class OpenExchanges {
  readonly #max: number;
  readonly #open = new TransientSet<() => void>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts one; `end` breaks it off. Returns how to say that it is over. QUEUE_FULL when there are too many. */
  add(end: () => void): () => void {
    if (this.#open.size >= this.#max) throw tooMany(this.#max);
    const place = this.#open.add(end);
    return () => this.#open.remove(place);
  }

  endAll(): void {
    for (const end of [...this.#open]) end();
  }
}

function tooMany(limit: number): ParleyError {
  const message = `${limit} requests to packages are under way, which is the limit. Call again in a moment.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs: 1_000, details: { limit } });
}
