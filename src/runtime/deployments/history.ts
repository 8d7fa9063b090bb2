import type { Deployment } from './deployment.ts';
import { chooseFront } from './deployment-set.ts';
import { isActive } from './machine.ts';
import type { HistoryEntry } from './model.ts';

/** Pure: the deployment as one of its agent's; `ofAgent`: all of them, oldest first. */
export function toHistoryEntry(deployment: Deployment, ofAgent: readonly Deployment[]): HistoryEntry {
  const { spec, agent, state, settings, changedAtMs } = deployment.record;
  return {
    key: spec.key,
    id: spec.id,
    packageId: state.installed?.packageId ?? agent.packageId,
    packageDigest: state.installed?.digest,
    version: agent.version,
    status: state.status,
    message: state.message,
    current: isActive(state.status) && deployment === chooseFront(ofAgent),
    served: state.served,
    rolledBack: isRolledBack(deployment, ofAgent),
    ...settings,
    createdAtMs: spec.createdAtMs,
    changedAtMs,
  };
}

/** It has ended, and an older one runs that was asked for behind it. */
function isRolledBack(deployment: Deployment, ofAgent: readonly Deployment[]): boolean {
  const { state, turn } = deployment.record;
  const older = ofAgent.slice(0, ofAgent.indexOf(deployment));
  return !isActive(state.status) && older.some(({ record }) => record.turn > turn && isActive(record.state.status));
}
