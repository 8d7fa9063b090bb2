import { ParleyError } from '../base/index.ts';
import { weightOf } from './choose-endpoint.ts';
import type { AgentListing, AgentStatus, Endpoint, EndpointSource } from './port.ts';

/** An endpoint with what a listing says of it. */
export interface Listed {
  readonly endpoint: Endpoint;
  readonly inFlight: number;
  readonly lastActivityAtMs: number | undefined;
}

const sourceRank: Readonly<Record<EndpointSource, number>> = { deployment: 0, file: 1, added: 2, bridge: 3 };
const statusRank: Readonly<Record<AgentStatus, number>> = {
  healthy: 0,
  starting: 1,
  disabled: 2,
  failed: 3,
  stopped: 4,
};

const withoutWeight = {
  status: 'disabled',
  reason: 'each of its deployments has weight 0 and takes only calls by its own id',
} as const;

/** Those of an agent's endpoints that it means: of the first source that has any. */
export function leadersOf<T extends { readonly endpoint: Endpoint }>(entries: readonly T[]): readonly T[] {
  if (entries.length < 2) return entries;
  const first = Math.min(...entries.map(rankOf));
  return entries.filter((entry) => rankOf(entry) === first);
}

/** An agent is what those of its endpoints are that take its calls. */
export function createAgentListing(all: readonly Listed[], queued: number): AgentListing {
  const entries = leadersOf(all);
  const [only, second] = entries;
  if (only && !second && weightOf(only.endpoint) > 0) return createListing(entries, entries, queued);
  const taking = entries.filter(({ endpoint }) => weightOf(endpoint) > 0);
  const listing = createListing(entries, taking.length === 0 ? entries : taking, queued);
  return taking.length === 0 && listing.status === 'healthy' ? { ...listing, ...withoutWeight } : listing;
}

/** One endpoint by itself. `leaders`: those that its agent means. */
export function createEndpointListing(entry: Listed, leaders: readonly Listed[]): AgentListing {
  const listing = createListing([entry], [entry], 0);
  const [leader] = leaders;
  if (leader === undefined || leaders.includes(entry)) return listing;
  const { agentId, source = 'deployment' } = leader.endpoint;
  return { ...listing, reason: `the agent id ${agentId} belongs to ${leader.endpoint.id} (${source})` };
}

/** `speaking`: those of the endpoints that the agent is described by; never empty. */
function createListing(entries: readonly Listed[], speaking: readonly Listed[], queued: number): AgentListing {
  const best = speaking.length === 1 ? speaking[0] : speaking.toReversed().sort(byStatus)[0];
  if (!best) throw new ParleyError('INTERNAL', 'An agent without endpoints cannot be listed.');
  const { record, status, reason } = best.endpoint;
  const ordered = entries.length === 1 ? entries : entries.toSorted((a, b) => Number(b === best) - Number(a === best));
  const lastActivityAtMs = entries.reduce((last, entry) => Math.max(last, entry.lastActivityAtMs ?? 0), 0);
  return {
    record,
    status,
    ...(reason !== undefined && { reason }),
    deployments: ordered.map((entry) => entry.endpoint.id),
    inFlight: entries.reduce((sum, entry) => sum + entry.inFlight, 0),
    queued,
    ...(lastActivityAtMs > 0 && { lastActivityAtMs }),
  };
}

function rankOf({ endpoint }: { readonly endpoint: Endpoint }): number {
  return sourceRank[endpoint.source ?? 'deployment'];
}

/** The one that works, then the one with the greatest weight; of equal ones the first stays first. */
function byStatus({ endpoint: a }: Listed, { endpoint: b }: Listed): number {
  return statusRank[a.status] - statusRank[b.status] || weightOf(b) - weightOf(a);
}
