import type { DeploymentRecord, DeploymentSpec } from './deployment-record.ts';
import type { DeploymentState } from './machine.ts';

/** A record as any version so far has written it: what came later is missing. */
type StoredRecord = Partial<Omit<DeploymentRecord, 'spec' | 'state'>> &
  Pick<DeploymentRecord, 'agent' | 'warnings' | 'changedAtMs' | 'turn' | 'version'> & {
    readonly spec: DeploymentSpec & { readonly replicas?: number };
    readonly state: DeploymentState & { readonly served?: boolean };
  };

const specDefaults = {
  strategy: 'replace',
  limits: { memoryBytes: undefined, cpus: undefined },
  allowBuild: false,
  allowDowngrade: false,
  organization: undefined,
  ports: undefined,
} as const;

/** Fills in what a record of an earlier version does not have. */
export function upgradeRecord(stored: StoredRecord): DeploymentRecord {
  const { replicas = 1, ...known } = stored.spec;
  const spec = { ...specDefaults, ...known };
  const { status, installed } = stored.state;
  const mayHaveServed = installed !== undefined && (status === 'healthy' || status === 'stopped');
  return {
    ...stored,
    spec,
    state: { ...stored.state, served: stored.state.served ?? mayHaveServed },
    settings: { replicas, weight: 1, enabled: true, ...stored.settings },
    exclusive: stored.exclusive ?? spec.strategy === 'replace',
  };
}
