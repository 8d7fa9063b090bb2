import { type Clock, ParleyError, systemClock } from '../base/index.ts';
import { AgentIndex } from './agent-index.ts';
import type { AgentQuery } from './agent-query.ts';
import { type Candidate, hasRoom, weightOf } from './choose-endpoint.ts';
import { createAgentListing, createEndpointListing, leadersOf } from './listing.ts';
import type { AgentListing, CallFacts, Endpoint, Registry, RegistryChange, Slot } from './port.ts';
import { createSelection, type Select, type SelectionSettings } from './selection.ts';

interface Entry extends Candidate {
  endpoint: Endpoint;
  inFlight: number;
  lastActivityAtMs: number | undefined;
  cancelExpiry: (() => void) | undefined;
}

export interface RegistryOptions {
  readonly selection?: SelectionSettings;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** What one node knows, in memory. Owners announce again after a restart: nothing here needs to be kept. */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new LocalRegistry(options);
}

class LocalRegistry implements Registry {
  readonly #clock: Clock;
  readonly #select: Select;
  readonly #endpoints = new Map<string, Entry>();
  readonly #agents = new Map<string, Set<Entry>>();
  readonly #queued = new Map<string, number>();
  readonly #index = new AgentIndex();
  readonly #watchers = new Set<(agentId: string, change: RegistryChange) => void>();
  #placesGiven = 0;

  constructor({ selection = {}, clock = systemClock, random = Math.random }: RegistryOptions) {
    this.#clock = clock;
    this.#select = createSelection(selection, { clock, random });
  }

  announce(endpoint: Endpoint): void {
    this.#refuseClash(endpoint);
    const entry = this.#endpoints.get(endpoint.id) ?? this.#add(endpoint);
    this.#renew(entry, endpoint.leaseMs);
    if (entry.endpoint !== endpoint) this.#replace(entry, endpoint);
    this.#describe(endpoint.agentId);
    this.#changed(endpoint.agentId, 'endpoints');
  }

  withdraw(endpointId: string): void {
    const entry = this.#endpoints.get(endpointId);
    if (!entry) return;
    const { agentId } = entry.endpoint;
    entry.cancelExpiry?.();
    this.#endpoints.delete(endpointId);
    const entries = this.#agents.get(agentId);
    entries?.delete(entry);
    if (entries?.size === 0) this.#agents.delete(agentId);
    this.#describe(agentId);
    this.#changed(agentId, 'endpoints');
  }

  resolve(id: string): { agentId: string; endpointId: string | undefined; listing: AgentListing } {
    const entries = this.#agents.get(id);
    if (entries) return { agentId: id, endpointId: undefined, listing: this.#list(id, entries) };
    const entry = this.#endpoints.get(id);
    if (!entry) throw agentNotFound(id);
    const { agentId } = entry.endpoint;
    const leaders = leadersOf([...(this.#agents.get(agentId) ?? [])]);
    return { agentId, endpointId: id, listing: createEndpointListing(entry, leaders) };
  }

  list(query: AgentQuery = {}): readonly AgentListing[] {
    const ids = this.#index.find(query) ?? [...this.#agents.keys()];
    const listings = ids.flatMap((id) => {
      const entries = this.#agents.get(id);
      return entries ? [this.#list(id, entries)] : [];
    });
    const { status } = query;
    return (status === undefined ? listings : listings.filter((listing) => listing.status === status)).sort(byId);
  }

  find(id: string): Endpoint {
    const entries = this.#agents.get(id);
    // Every request to a surface comes by here: most agents have one endpoint, which needs no listing.
    const [only] = entries?.size === 1 ? entries : [];
    if (only) return only.endpoint;
    const [current = id] = entries ? this.resolve(id).listing.deployments : [];
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

  select(agentId: string, endpointId?: string, call: CallFacts = {}): Slot | undefined {
    const chosen = endpointId === undefined ? this.#choose(agentId, call) : this.#endpoints.get(endpointId);
    return chosen && hasRoom(chosen) ? this.#take(chosen) : undefined;
  }

  addQueued(agentId: string, calls: number): void {
    const waiting = (this.#queued.get(agentId) ?? 0) + calls;
    if (waiting > 0) this.#queued.set(agentId, waiting);
    else this.#queued.delete(agentId);
  }

  watch(changed: (agentId: string, change: RegistryChange) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  #add(endpoint: Endpoint): Entry {
    const { id, agentId } = endpoint;
    const entry: Entry = { endpoint, inFlight: 0, credit: 0, lastActivityAtMs: undefined, cancelExpiry: undefined };
    this.#endpoints.set(id, entry);
    const entries = this.#agents.get(agentId) ?? new Set();
    this.#agents.set(agentId, entries.add(entry));
    return entry;
  }

  #renew(entry: Entry, leaseMs: number | undefined): void {
    entry.cancelExpiry?.();
    entry.cancelExpiry =
      leaseMs === undefined ? undefined : this.#clock.schedule(leaseMs, () => this.withdraw(entry.endpoint.id));
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

  #choose(agentId: string, call: CallFacts): Entry | undefined {
    const entries = this.#agents.get(agentId);
    if (entries === undefined) return undefined;
    const [only] = entries;
    if (entries.size === 1) return only && weightOf(only.endpoint) > 0 ? only : undefined;
    return this.#select(agentId, leadersOf([...entries]), call);
  }

  /** Other weights: nobody is owed anything any more. */
  #replace(entry: Entry, endpoint: Endpoint): void {
    const reweighted = weightOf(entry.endpoint) !== weightOf(endpoint);
    entry.endpoint = endpoint;
    if (reweighted) for (const other of this.#agents.get(endpoint.agentId) ?? []) other.credit = 0;
  }

  #take(entry: Entry): Slot {
    entry.inFlight++;
    entry.lastActivityAtMs = this.#clock.now();
    this.#placesGiven++;
    let held = true;
    return {
      endpoint: entry.endpoint,
      release: () => {
        if (!held) return;
        held = false;
        entry.inFlight--;
        entry.lastActivityAtMs = this.#clock.now();
        this.#changed(entry.endpoint.agentId, 'places');
      },
    };
  }

  #list(agentId: string, entries: ReadonlySet<Entry>): AgentListing {
    return createAgentListing([...entries], this.#queued.get(agentId) ?? 0);
  }

  /** Keeps the index at what the agent says of itself now. */
  #describe(agentId: string): void {
    const entries = this.#agents.get(agentId);
    this.#index.set(agentId, entries && this.#list(agentId, entries).record);
  }

  #changed(agentId: string, change: RegistryChange): void {
    for (const watcher of this.#watchers) watcher(agentId, change);
  }
}

function agentNotFound(id: string): ParleyError {
  const message = `There is no agent or deployment "${id}". GET /agents lists those there are.`;
  return new ParleyError('AGENT_NOT_FOUND', message, { details: { id } });
}

function byId(a: AgentListing, b: AgentListing): number {
  return a.record.id < b.record.id ? -1 : 1;
}
