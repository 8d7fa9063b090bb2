import { ParleyError } from '../../base/index.ts';

/** How many sessions may be open. */
export interface SessionLimits {
  readonly perNode: number;
  readonly perDeployment: number;
}

/** Counts the sessions of all deployments of a node. */
export interface SessionQuota {
  /** A place for one session; gives back how to leave it. TOO_MANY_SESSIONS when there is none. */
  take(deploymentId: string): () => void;
}

/** A quota with all places free. */
export function createSessionQuota(limits: SessionLimits): SessionQuota {
  const open = new Map<string, number>();
  let total = 0;
  return {
    take(deploymentId) {
      const own = open.get(deploymentId) ?? 0;
      if (own >= limits.perDeployment) throw full(`Deployment ${deploymentId}`, limits.perDeployment);
      if (total >= limits.perNode) throw full('This node', limits.perNode);
      open.set(deploymentId, own + 1);
      total++;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        total--;
        const left = (open.get(deploymentId) ?? 1) - 1;
        if (left === 0) open.delete(deploymentId);
        else open.set(deploymentId, left);
      };
    },
  };
}

function full(who: string, limit: number): ParleyError {
  const message = `${who} has ${limit} open Python sessions, as many as it may. Use one that is open, or try again when one has ended.`;
  return new ParleyError('TOO_MANY_SESSIONS', message, { details: { limit }, retryAfterMs: 10_000 });
}
