import { ParleyError } from '../base/index.ts';
import type { AgentListing, AgentStatus, Endpoint, Registry, Slot } from './port.ts';

interface Entry {
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

  announce(endpoint: Endpoint): void {
    this.#refuseClash(endpoint);
    const known = this.#endpoints.get(endpoint.id);
    if (known) known.endpoint = endpoint;
    else this.#add({ endpoint, inFlight: 0 });
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
    if (entries) return { agentId: id, endpointId: undefined, listing: createListing([...entries]) };
    const entry = this.#endpoints.get(id);
    if (entry) return { agentId: entry.endpoint.agentId, endpointId: id, listing: createListing([entry]) };
    throw new ParleyError(
      'AGENT_NOT_FOUND',
      `There is no agent or deployment "${id}". GET /agents lists those there are.`,
      {
        details: { id },
      },
    );
  }

  list(): readonly AgentListing[] {
    return [...this.#agents.values()].map((entries) => createListing([...entries])).sort(byId);
  }

  select(agentId: string, endpointId?: string): Slot | undefined {
    let best: Entry | undefined;
    for (const entry of this.#candidates(agentId, endpointId)) {
      if (!hasRoom(entry)) continue;
      if (!best || load(entry) < load(best)) best = entry;
    }
    return best && this.#take(best);
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

  #candidates(agentId: string, endpointId: string | undefined): Iterable<Entry> {
    if (endpointId === undefined) return this.#agents.get(agentId) ?? [];
    const entry = this.#endpoints.get(endpointId);
    return entry ? [entry] : [];
  }

  #take(entry: Entry): Slot {
    entry.inFlight++;
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

function hasRoom({ endpoint, inFlight }: Entry): boolean {
  return endpoint.status === 'healthy' && inFlight < endpoint.capacity;
}

function load({ endpoint, inFlight }: Entry): number {
  return inFlight / endpoint.capacity;
}

const rank: Readonly<Record<AgentStatus, number>> = { healthy: 0, starting: 1, disabled: 2, failed: 3, stopped: 4 };

function createListing(entries: readonly Entry[]): AgentListing {
  const sorted = entries.length === 1 ? entries : entries.toSorted(byStatus);
  const [best] = sorted;
  if (!best) throw new ParleyError('INTERNAL', 'An agent without endpoints cannot be listed.');
  const { record, status, reason } = best.endpoint;
  return {
    record,
    status,
    ...(reason !== undefined && { reason }),
    deployments: sorted.map((entry) => entry.endpoint.id),
    inFlight: entries.reduce((sum, entry) => sum + entry.inFlight, 0),
  };
}

function byStatus(a: Entry, b: Entry): number {
  return rank[a.endpoint.status] - rank[b.endpoint.status];
}

function byId(a: AgentListing, b: AgentListing): number {
  return a.record.id < b.record.id ? -1 : 1;
}
