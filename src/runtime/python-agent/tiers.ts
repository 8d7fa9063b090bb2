import type { PythonTier } from '../../registry/index.ts';
import type { Confinement } from '../supervisor/confinement.ts';

/** What one session of a tier may use. */
export interface TierLimits {
  /** Of all processes of the session together. */
  readonly memoryBytes: number;
  /** Processor cores. */
  readonly cpus: number;
  /** Of one execution that names no time of its own. */
  readonly timeoutMs: number;
}

const gigabyte = 1024 ** 3;

/** The limits by tier; docs/python-agent.md has the same table. */
export const tierLimits: Readonly<Record<PythonTier, TierLimits>> = {
  SMALL: { memoryBytes: 2 * gigabyte, cpus: 1, timeoutMs: 60_000 },
  MEDIUM: { memoryBytes: 4 * gigabyte, cpus: 2, timeoutMs: 120_000 },
  LARGE: { memoryBytes: 16 * gigabyte, cpus: 4, timeoutMs: 300_000 },
};

/** The longest time that an execution can ask for. */
export const longestTimeoutMs = 600_000;

/** The confinement of a session: the deployment's own, and never more than the tier gives. */
export function confineSession(deployment: Confinement, tier: PythonTier): Confinement {
  const { memoryBytes, cpus } = tierLimits[tier];
  return {
    ...deployment,
    memoryBytes: Math.min(memoryBytes, deployment.memoryBytes ?? memoryBytes),
    cpus: Math.min(cpus, deployment.cpus ?? cpus),
  };
}
