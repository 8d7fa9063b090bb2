import assert from 'node:assert/strict';

/** What the analyst example says of a column of numbers. */
export interface Figures {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** Of a sample; null for a single value. */
  readonly stdev: number | null;
  readonly min: number;
  readonly max: number;
}

/** The figures of some numbers, computed without the analyst. */
export function computeFigures(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(values.length / 2) - 1, Math.floor(values.length / 2) + 1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count: values.length,
    mean,
    median: middle.reduce((sum, value) => sum + value, 0) / middle.length,
    stdev: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/** Passes when the figures differ by no more than the rounding of floating point. */
export function assertClose(actual: Figures | undefined, expected: Figures): void {
  assert.ok(actual);
  for (const [name, value] of Object.entries(expected) as [keyof Figures, number | null][]) {
    const found: number | null = actual[name];
    if (value === null || found === null) assert.equal(found, value, name);
    else assert.ok(Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value)), `${name}: ${found} is not ${value}`);
  }
}
