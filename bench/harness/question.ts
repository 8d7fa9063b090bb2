/** One question of the benchmark: a file of its own, a table as the answer. */
export interface Question {
  readonly id: string;
  readonly title: string;
  answer(settings: BenchSettings): Promise<Answer>;
}

export interface BenchSettings {
  /** Paired repetitions. */
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Sizes are cut down; figures are not comparable with the bars. */
  readonly quick: boolean;
  /** Progress, for who watches. */
  readonly say: (line: string) => void;
}

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly bars: readonly Bar[];
  /** What the table does not say: how it was measured, what stood in the way. */
  readonly notes?: readonly string[];
  /** Every value that was measured, by name; their medians are the baseline. */
  readonly samples: Samples;
}

export type Samples = Readonly<Record<string, readonly number[]>>;

/** A figure that must be reached. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** True when the figure is reached. */
export function isReached({ value, atLeast, atMost }: Bar): boolean {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}
