import type { DeploymentView } from '../deployments/model.ts';
import { compareVersions } from '../packages/compare-versions.ts';
import type { RegistryEntry } from './registry-index.ts';

/** What there is to decide on. */
export interface PlanInput {
  readonly entries: readonly RegistryEntry[];
  readonly deployments: readonly DeploymentView[];
  /** The agents to follow; undefined: those that run. */
  readonly agents: readonly string[] | undefined;
  /** True for a version that has been tried, or was here before. */
  tried(entry: RegistryEntry): boolean;
}

/** What becomes of the highest version of a package. */
export interface PlannedPackage {
  readonly entry: RegistryEntry;
  readonly state: 'deploy' | 'current' | 'tried' | 'not-followed' | 'waiting';
}

/** Pure: the highest version of each package in the index, and whether it is to be deployed now. */
export function planRegistry(input: PlanInput): readonly PlannedPackage[] {
  return findHighest(input.entries).map((entry) => ({ entry, state: decide(entry, input) }));
}

function findHighest(entries: readonly RegistryEntry[]): readonly RegistryEntry[] {
  const highest = new Map<string, RegistryEntry>();
  for (const entry of entries) {
    const known = highest.get(entry.name);
    if (known === undefined || (compareVersions(entry.version, known.version) ?? -1) > 0)
      highest.set(entry.name, entry);
  }
  return [...highest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function decide(entry: RegistryEntry, { deployments, agents, tried }: PlanInput): PlannedPackage['state'] {
  const own = deployments.filter(({ agentId }) => agentId === entry.name);
  if (agents === undefined ? own.length === 0 : !agents.includes(entry.name)) return 'not-followed';
  const wanted = own.filter(({ status, enabled }) => enabled && status !== 'stopped' && status !== 'stopping');
  // Who stops or disables an agent does not want it back by itself.
  if (own.length > 0 && wanted.length === 0) return 'not-followed';
  if (wanted.some(({ packageId }) => packageId === undefined)) return 'waiting';
  const behind = wanted.every(({ packageId = '' }) => {
    return (compareVersions(entry.version, packageId.slice(packageId.indexOf('@') + 1)) ?? 0) > 0;
  });
  if (!behind) return 'current';
  return tried(entry) ? 'tried' : 'deploy';
}
