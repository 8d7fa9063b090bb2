import type { AgentExecutor, AgentRecord } from '../agents/index.ts';
import type { AgentQuery } from './agent-query.ts';
import type { AgentStatus } from './agent-status.ts';
import type { PythonSessions } from './python-sessions.ts';

export type { AgentStatus } from './agent-status.ts';

/**
 * Where an endpoint is known from, by rank: when two sources name one agent id, it means the endpoints of the first of them, and
 * those of the others take no calls of the agent until the first are gone. Endpoints of one source share the agent's calls.
 */
export type EndpointSource = 'deployment' | 'file' | 'added' | 'bridge';

/** One way to reach an agent: a deployment's workers, a remote server. */
export interface Endpoint {
  /** The deployment id, or another id that shares its namespace. */
  readonly id: string;
  readonly agentId: string;
  readonly record: AgentRecord;
  readonly executor: AgentExecutor;
  /** Calls it takes at once; 0 while it takes none. */
  readonly capacity: number;
  readonly status: AgentStatus;
  /** What is wrong, when it is not healthy. */
  readonly reason?: string;
  /** Share of the agent's new calls against its other endpoints' weights; 0: only calls by its own id. Default 1. */
  readonly weight?: number;
  /** Default `deployment`. */
  readonly source?: EndpointSource;
  /** The node that runs it, when it is another one. */
  readonly node?: string;
  /** Where it is; calls go to endpoints of the registry's own zone while one of them has room. */
  readonly zone?: string;
  /** Withdrawn when it is not announced again for so long. Unset: it stays until it is withdrawn. */
  readonly leaseMs?: number;
  /** What it serves beside A2A. */
  readonly surfaces?: EndpointSurfaces;
}

/** The package's own HTTP routes and page, as the front door serves them. */
export interface EndpointSurfaces {
  /** Ports of this node that belong to the endpoint alone. */
  readonly ports: { readonly http: number; readonly grpc: number } | undefined;
  readonly a2a: boolean;
  /** A place for one request to the package's own routes, counted until `release`; undefined while no worker takes any. */
  readonly rest: { readonly take: () => SurfacePlace | undefined } | undefined;
  /** Its own gRPC services; undefined when it has none. */
  readonly grpc?: GrpcSurface | undefined;
  /** The page: an absolute folder with index.html, and the path below which it is served. */
  readonly ui: { readonly folder: string; readonly basePath: string } | undefined;
  /** Where its processes have Python code run; undefined when the package does not ask for it. */
  readonly python?: PythonSessions | undefined;
  readonly meta: {
    readonly name: string;
    readonly version: string;
    readonly description: string;
    readonly author: string;
    /** Of the package's installation. */
    readonly builtAtMs: number | undefined;
  };
}

/** The gRPC services of an endpoint's own workers. */
export interface GrpcSurface {
  /** The same object as long as they say the same. */
  readonly facts: GrpcFacts;
  /** A place for one call, counted until `release`; undefined while no worker takes any. */
  readonly take: () => SurfacePlace | undefined;
}

/** What is known of gRPC services. */
export interface GrpcFacts {
  /** Full names. */
  readonly services: readonly string[];
  /** What defines them: each a `google.protobuf.FileDescriptorProto` in base64. Empty when the worker cannot tell. */
  readonly descriptors: readonly string[];
}

export interface SurfacePlace {
  /** Unix socket of the worker that serves the request. */
  readonly socketPath: string;
  release(): void;
}

/** A place for one call, counted until `release`. */
export interface Slot {
  readonly endpoint: Endpoint;
  release(): void;
}

/** One line of a listing. */
export interface AgentListing {
  readonly record: AgentRecord;
  readonly status: AgentStatus;
  readonly reason?: string;
  readonly deployments: readonly string[];
  readonly inFlight: number;
  /** Calls that wait for a place. */
  readonly queued: number;
  /** When a call began or ended last; ms since the epoch. Being announced is no activity. */
  readonly lastActivityAtMs?: number;
}

/** What about a call decides where it goes. */
export interface CallFacts {
  /** Only where there is such a skill, when the agent has several endpoints. */
  readonly skill?: string | undefined;
  /** With affinity, a context stays with its endpoint while that is healthy and has room. */
  readonly contextId?: string | undefined;
}

/** `places`: some may have become free. `endpoints`: one came, went or changed. */
export type RegistryChange = 'places' | 'endpoints';

/**
 * Who is there. Guarantees: an id that is asked for is found or it is an error, never another agent; a slot that was given is
 * counted until it is released; watchers are told after every change, in order; of two sources that name one agent the first in
 * rank has it. Errors: AGENT_NOT_FOUND, CONFLICT.
 */
export interface Registry {
  /** Adds the endpoint, or replaces the one with the same id, and renews its lease. CONFLICT when the id names something else. */
  announce(endpoint: Endpoint): void;
  withdraw(endpointId: string): void;
  /** By agent id (its current deployment) or endpoint id. Throws AGENT_NOT_FOUND. */
  resolve(id: string): {
    readonly agentId: string;
    readonly endpointId: string | undefined;
    readonly listing: AgentListing;
  };
  /** By id; with a query those that match all of it. */
  list(query?: AgentQuery): readonly AgentListing[];
  /** What an id means: an agent's current endpoint, or that one. Throws AGENT_NOT_FOUND. */
  find(id: string): Endpoint;
  /** Places given since this node has started. */
  readonly placesGiven: number;
  /** All that are announced now. */
  endpoints(): readonly Endpoint[];
  /**
   * A free place of the agent, shared among its endpoints by weight, or of that one endpoint; undefined when all are busy or none
   * is healthy.
   */
  select(agentId: string, endpointId?: string, call?: CallFacts): Slot | undefined;
  /** So many calls more (or, below 0, fewer) wait for a place of the agent. */
  addQueued(agentId: string, calls: number): void;
  /** Calls `changed` when places may have become free or an agent came, went or changed. Returns how to stop. */
  watch(changed: (agentId: string, change: RegistryChange) => void): () => void;
}
