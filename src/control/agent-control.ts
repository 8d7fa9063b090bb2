import type { AgentListing, AgentQuery, Registry } from '../registry/index.ts';
import { type AgentChange, watchAgents } from './agent-changes.ts';
import type { AgentView, NodeStatus } from './views.ts';

/** Who is there. */
export interface AgentControl {
  /** By id; with a query those that match all of it. */
  list(query?: AgentQuery): readonly AgentView[];
  /** By agent id or deployment id; AGENT_NOT_FOUND. */
  describe(id: string): AgentView;
  /** Those that match, then each change; load is none. Ends when the signal aborts. */
  watch(query: AgentQuery, signal: AbortSignal): AsyncIterable<AgentChange>;
}

/** Use cases over the registry. */
export function createAgentControl(registry: Registry, status: () => NodeStatus): AgentControl {
  const list = (query?: AgentQuery): readonly AgentView[] => {
    const { url } = status();
    return registry.list(query).map((listing) => toAgentView(listing, url));
  };
  return {
    list,
    describe: (id) => toAgentView(registry.resolve(id).listing, status().url),
    watch: (query, signal) => watchAgents({ registry, list, query, signal }),
  };
}

function toAgentView(listing: AgentListing, url: string): AgentView {
  const { record, status, reason, deployments, inFlight, queued, lastActivityAtMs } = listing;
  const { defaultSkill, tags, capabilities } = record;
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
    ...(tags && { tags }),
    ...(capabilities && { capabilities }),
    inputModes: record.inputModes,
    outputModes: record.outputModes,
    deployments,
    inFlight,
    queued,
    ...(lastActivityAtMs !== undefined && { lastActivityAtMs }),
    url: `${url}/a2a/${encodeURIComponent(record.id)}`,
  };
}
