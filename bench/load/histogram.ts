const stepsPerDoubling = 32;

/** Counts times in buckets that are 2 % wide: constant memory, however many there are. */
export class Histogram {
  readonly #buckets: number[] = [];
  #count = 0;
  #max = 0;

  add(us: number): void {
    const bucket = Math.round(Math.log2(Math.max(1, us)) * stepsPerDoubling);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, us);
  }

  get count(): number {
    return this.#count;
  }

  /** In milliseconds; 0 when there is nothing. */
  percentileMs(fraction: number): number {
    let left = this.#count * fraction;
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0 && this.#count > 0) return 2 ** (bucket / stepsPerDoubling) / 1_000;
    }
    return 0;
  }

  get maxMs(): number {
    return this.#max / 1_000;
  }
}
