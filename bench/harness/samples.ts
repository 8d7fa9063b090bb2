import type { Samples } from './question.ts';
import { median } from './statistics.ts';

/** Gathers measured values by name. */
export class SampleBook {
  readonly #values = new Map<string, number[]>();

  add(name: string, value: number): void {
    const values = this.#values.get(name) ?? [];
    values.push(value);
    this.#values.set(name, values);
  }

  get(name: string): readonly number[] {
    return this.#values.get(name) ?? [];
  }

  median(name: string): number {
    return median(this.get(name));
  }

  /** Median of the ratios of values measured in the same round: what both suffered from the machine falls out. */
  ratio(name: string, to: string): number {
    const others = this.get(to);
    return median(this.get(name).map((value, round) => value / (others[round] ?? Number.NaN)));
  }

  all(): Samples {
    return Object.fromEntries(this.#values);
  }
}
