/** How much processor time a family of processes has left: grows with the time that passes, shrinks with what it uses. */
export interface CpuBudget {
  readonly leftMs: number;
  readonly isStopped: boolean;
}

export interface CpuUse {
  readonly usedMs: number;
  readonly elapsedMs: number;
  /** Cores that it may use. */
  readonly cpus: number;
}

/** Unused time is kept for so long: short bursts are nobody's harm. */
const keptMs = 200;

/** A family that has used nothing. */
export function createCpuBudget(cpus: number): CpuBudget {
  return { leftMs: cpus * keptMs, isStopped: false };
}

/** Pure: the budget after some use; who has overdrawn it stands still until it is even again. */
export function spendCpu({ leftMs }: CpuBudget, { usedMs, elapsedMs, cpus }: CpuUse): CpuBudget {
  const left = Math.min(cpus * keptMs, leftMs + cpus * elapsedMs - usedMs);
  return { leftMs: left, isStopped: left < 0 };
}
