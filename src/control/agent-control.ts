import type { AgentListing, Registry } from '../registry/index.ts';
import type { AgentView, NodeStatus } from './views.ts';

/** Who is there. */
export interface AgentControl {
  list(): readonly AgentView[];
  /** By agent id or deployment id; AGENT_NOT_FOUND. */
  describe(id: string): AgentView;
}

/** Use cases over the registry. */
export function createAgentControl(registry: Registry, status: () => NodeStatus): AgentControl {
  return {
    list: () => registry.list().map((listing) => toAgentView(listing, status().url)),
    describe: (id) => toAgentView(registry.resolve(id).listing, status().url),
  };
}

function toAgentView({ record, status, reason, deployments, inFlight }: AgentListing, url: string): AgentView {
  const { defaultSkill } = record;
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    version: record.version,
    packageId: record.packageId,
    status,
    ...(reason !== undefined && { reason }),
    private: record.private,
    skills: record.skills,
    ...(defaultSkill !== undefined && { defaultSkill }),
    inputModes: record.inputModes,
    outputModes: record.outputModes,
    deployments,
    inFlight,
    url: `${url}/a2a/${encodeURIComponent(record.id)}`,
  };
}
