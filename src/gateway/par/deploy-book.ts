import { createHash } from 'node:crypto';
import type { Control } from '../../control/index.ts';

/** Which deploy calls are under way: a control plane that repeats one means the same deployment. */
export interface DeployBook {
  /**
   * Does `deploy`, unless the last call for that id had the same body and its deployment is neither healthy nor has it ended: then
   * the answer of that one counts. Throws what `deploy` throws.
   */
  once(call: DeployCall, deploy: () => Promise<unknown>): Promise<void>;
}

export interface DeployCall {
  readonly control: Pick<Control, 'changes'>;
  readonly deploymentId: string;
  readonly body: unknown;
}

interface Entry {
  readonly digest: string;
  readonly accepted: Promise<unknown>;
  isOpen: boolean;
}

const kept = 1_000;
const underWay: ReadonlySet<string> = new Set(['pending', 'downloading', 'loading', 'starting']);

/** A book of the latest calls. */
export function createDeployBook(): DeployBook {
  const entries = new Map<string, Entry>();
  return {
    async once({ control, deploymentId, body }, deploy) {
      const digest = digestOf(body);
      const known = entries.get(deploymentId);
      if (known?.digest === digest && (known.isOpen || isUnderWay(control, deploymentId))) {
        await known.accepted;
        return;
      }
      const entry: Entry = { digest, accepted: deploy(), isOpen: true };
      remember(entries, deploymentId, entry);
      try {
        await entry.accepted;
      } catch (thrown) {
        if (entries.get(deploymentId) === entry) entries.delete(deploymentId);
        throw thrown;
      } finally {
        entry.isOpen = false;
      }
    },
  };
}

/** Called for a deployment that was accepted; the newest of its id counts. */
function isUnderWay({ changes }: DeployCall['control'], deploymentId: string): boolean {
  const newest = changes.history(deploymentId).find(({ id }) => id === deploymentId);
  return newest !== undefined && underWay.has(newest.status);
}

function remember(entries: Map<string, Entry>, deploymentId: string, entry: Entry): void {
  entries.delete(deploymentId);
  entries.set(deploymentId, entry);
  const [oldest] = entries.keys();
  if (entries.size > kept && oldest !== undefined) entries.delete(oldest);
}

function digestOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64');
}
