import { ParleyError } from '../base/index.ts';
import { type Candidate, chooseByWeight, hasRoom, weightOf } from './choose-endpoint.ts';
import type { AgentListing, AgentStatus, Endpoint, Registry, Slot } from './port.ts';

interface Entry extends Candidate {
  endpoint: Endpoint;
  inFlight: number;
}

/** What one node knows, in memory. Owners announce again after a restart: nothing here needs to be kept. */
export function createRegistry(): Registry {
  return new LocalRegistry();
}

class LocalRegistry implements Registry {
  readonly #endpoints = new Map<string, Entry>();
  readonly #agents = new Map<string, Set<Entry>>();
  readonly #watchers = new Set<(agentId: string) => void>();
  #placesGiven = 0;

  announce(endpoint: Endpoint): void {
    this.#refuseClash(endpoint);
    const known = this.#endpoints.get(endpoint.id);
    if (known === undefined) this.#add({ endpoint, inFlight: 0, credit: 0 });
    else this.#replace(known, endpoint);
    this.#changed(endpoint.agentId);
  }

  withdraw(endpointId: string): void {
    const entry = this.#endpoints.get(endpointId);
    if (!entry) return;
    const { agentId } = entry.endpoint;
    this.#endpoints.delete(endpointId);
    const entries = this.#agents.get(agentId);
    entries?.delete(entry);
    if (entries?.size === 0) this.#agents.delete(agentId);
    this.#changed(agentId);
  }

  resolve(id: string): { agentId: string; endpointId: string | undefined; listing: AgentListing } {
    const entries = this.#agents.get(id);
    if (entries) return { agentId: id, endpointId: undefined, listing: createAgentListing([...entries]) };
    const entry = this.#endpoints.get(id);
    if (entry) return { agentId: entry.endpoint.agentId, endpointId: id, listing: createListing([entry]) };
    throw agentNotFound(id);
  }

  list(): readonly AgentListing[] {
    return [...this.#agents.values()].map((entries) => createAgentListing([...entries])).sort(byId);
  }

  find(id: string): Endpoint {
    const [current = id] = this.#agents.has(id) ? this.resolve(id).listing.deployments : [];
    const entry = this.#endpoints.get(current);
    if (entry) return entry.endpoint;
    throw agentNotFound(id);
  }

  get placesGiven(): number {
    return this.#placesGiven;
  }

  endpoints(): readonly Endpoint[] {
    return Array.from(this.#endpoints.values(), ({ endpoint }) => endpoint);
  }

  select(agentId: string, endpointId?: string, skill?: string): Slot | undefined {
    const chosen = endpointId === undefined ? this.#choose(agentId, skill) : this.#endpoints.get(endpointId);
    return chosen && hasRoom(chosen) ? this.#take(chosen) : undefined;
  }

  watch(changed: (agentId: string) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  #add(entry: Entry): void {
    const { id, agentId } = entry.endpoint;
    this.#endpoints.set(id, entry);
    const entries = this.#agents.get(agentId) ?? new Set();
    this.#agents.set(agentId, entries.add(entry));
  }

  #refuseClash({ id, agentId }: Endpoint): void {
    const known = this.#endpoints.get(id);
    const clash = (known && known.endpoint.agentId !== agentId) || (this.#endpoints.has(agentId) && agentId !== id);
    if (clash || (this.#agents.has(id) && id !== agentId)) {
      throw new ParleyError(
        'CONFLICT',
        `The id "${id}" or "${agentId}" already names something else. Choose another.`,
        {
          details: { id, agentId },
        },
      );
    }
  }

  #choose(agentId: string, skill: string | undefined): Entry | undefined {
    const entries = this.#agents.get(agentId);
    if (entries === undefined || entries.size > 1) return entries && chooseByWeight([...entries], skill);
    const [only] = entries;
    return only && weightOf(only.endpoint) > 0 ? only : undefined;
  }

  /** Other weights: nobody is owed anything any more. */
  #replace(entry: Entry, endpoint: Endpoint): void {
    const reweighted = weightOf(entry.endpoint) !== weightOf(endpoint);
    entry.endpoint = endpoint;
    if (reweighted) for (const other of this.#agents.get(endpoint.agentId) ?? []) other.credit = 0;
  }

  #take(entry: Entry): Slot {
    entry.inFlight++;
    this.#placesGiven++;
    let held = true;
    return {
      endpoint: entry.endpoint,
      release: () => {
        if (!held) return;
        held = false;
        entry.inFlight--;
        this.#changed(entry.endpoint.agentId);
      },
    };
  }

  #changed(agentId: string): void {
    for (const watcher of this.#watchers) watcher(agentId);
  }
}

function agentNotFound(id: string): ParleyError {
  const message = `There is no agent or deployment "${id}". GET /agents lists those there are.`;
  return new ParleyError('AGENT_NOT_FOUND', message, { details: { id } });
}

const rank: Readonly<Record<AgentStatus, number>> = { healthy: 0, starting: 1, disabled: 2, failed: 3, stopped: 4 };

const withoutWeight = {
  status: 'disabled',
  reason: 'each of its deployments has weight 0 and takes only calls by its own id',
} as const;

/** An agent is what those of its endpoints are that take its calls. */
function createAgentListing(entries: readonly Entry[]): AgentListing {
  const [only, second] = entries;
  if (only && !second && weightOf(only.endpoint) > 0) return createListing(entries);
  const taking = entries.filter(({ endpoint }) => weightOf(endpoint) > 0);
  const listing = createListing(entries, taking.length === 0 ? entries : taking);
  return taking.length === 0 && listing.status === 'healthy' ? { ...listing, ...withoutWeight } : listing;
}

/** `speaking`: those of the endpoints that the agent is described by; never empty. */
function createListing(entries: readonly Entry[], speaking: readonly Entry[] = entries): AgentListing {
  const best = speaking.length === 1 ? speaking[0] : speaking.toReversed().sort(byStatus)[0];
  if (!best) throw new ParleyError('INTERNAL', 'An agent without endpoints cannot be listed.');
  const { record, status, reason } = best.endpoint;
  const ordered = entries.length === 1 ? entries : entries.toSorted((a, b) => Number(b === best) - Number(a === best));
  return {
    record,
    status,
    ...(reason !== undefined && { reason }),
    deployments: ordered.map((entry) => entry.endpoint.id),
    inFlight: entries.reduce((sum, entry) => sum + entry.inFlight, 0),
  };
}

/** The one that works, then the one with the greatest weight; of equal ones the first stays first. */
function byStatus({ endpoint: a }: Entry, { endpoint: b }: Entry): number {
  return rank[a.status] - rank[b.status] || weightOf(b) - weightOf(a);
}

function byId(a: AgentListing, b: AgentListing): number {
  return a.record.id < b.record.id ? -1 : 1;
}
