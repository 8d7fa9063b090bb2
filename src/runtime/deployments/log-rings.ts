import type { Clock } from '../../base/index.ts';
import { LogRing } from '../supervisor/log-ring.ts';
import type { RuntimeLimits } from './runtime-options.ts';

/** The logs of deployments by their id: one for all of one id, so that a reader goes on across a replacement. */
export interface LogRings {
  of(deploymentId: string): LogRing;
  forget(deploymentId: string): void;
}

/** Logs with these bounds each. */
export function createLogRings(clock: Clock, { logLines, logBytes }: RuntimeLimits): LogRings {
  const rings = new Map<string, LogRing>();
  return {
    of(deploymentId) {
      const known = rings.get(deploymentId);
      if (known !== undefined) return known;
      const ring = new LogRing({ deploymentId, clock, maxLines: logLines, maxBytes: logBytes });
      rings.set(deploymentId, ring);
      return ring;
    },
    forget(deploymentId) {
      rings.delete(deploymentId);
    },
  };
}
