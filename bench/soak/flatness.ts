import { median } from '../harness/statistics.ts';

/** What one stretch of the soak came to. */
export interface Stretch {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Resident, at its end, in MB: of the node, and of its workers. */
  readonly nodeMb: number;
  readonly workersMb: number;
}

/** How much more a figure may be at the end than in the middle: so many times as much, and so much. */
export interface Allowance {
  readonly factor: number;
  readonly plus: number;
}

export interface FlatnessRule {
  readonly memory: Allowance;
  readonly p50: Allowance;
  readonly p99: Allowance;
}

/** One figure of the last third against the one before; the first third is when caches fill. */
export interface Trend {
  readonly what: string;
  readonly before: number;
  readonly after: number;
  readonly isFlat: boolean;
}

/** Medians of the last third of the stretches against those of the middle one. */
export function judgeFlatness(stretches: readonly Stretch[], rule: FlatnessRule): readonly Trend[] {
  const third = Math.ceil(stretches.length / 3);
  const middle = stretches.slice(third, -third);
  const last = stretches.slice(-third);
  const trend = (what: string, read: (stretch: Stretch) => number, { factor, plus }: Allowance): Trend => {
    const [before, after] = [median(middle.map(read)), median(last.map(read))];
    return { what, before, after, isFlat: after <= before * factor + plus };
  };
  return [
    trend('memory of the node, MB', ({ nodeMb }) => nodeMb, rule.memory),
    trend('memory of its workers, MB', ({ workersMb }) => workersMb, rule.memory),
    trend('p50, ms', ({ p50Ms }) => p50Ms, rule.p50),
    trend('p99, ms', ({ p99Ms }) => p99Ms, rule.p99),
  ];
}
