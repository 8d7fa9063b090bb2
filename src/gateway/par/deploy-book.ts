import { createHash } from 'node:crypto';
import type { Control } from '../../control/index.ts';

/** Which deploy calls are still under way: a control plane that repeats one means the same deployment. */
export interface DeployBook {
  /** True when the last call for that id had the same body and its deployment is neither healthy nor has it ended. */
  isUnderWay(control: Control, deploymentId: string, body: unknown): boolean;
  note(deploymentId: string, body: unknown): void;
}

const kept = 1_000;
const underWay: ReadonlySet<string> = new Set(['pending', 'downloading', 'loading', 'starting']);

/** A book of the latest calls. */
export function createDeployBook(): DeployBook {
  const digests = new Map<string, string>();
  return {
    isUnderWay(control, deploymentId, body) {
      if (digests.get(deploymentId) !== digestOf(body)) return false;
      const newest = control.changes.history(deploymentId).find(({ id }) => id === deploymentId);
      return newest !== undefined && underWay.has(newest.status);
    },
    note(deploymentId, body) {
      digests.delete(deploymentId);
      digests.set(deploymentId, digestOf(body));
      const [oldest] = digests.keys();
      if (digests.size > kept && oldest !== undefined) digests.delete(oldest);
    },
  };
}

function digestOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64');
}
