import type { AgentExecutor, AgentRecord } from '../agents/index.ts';
import type { PythonSessions } from './python-sessions.ts';

/** `disabled`: an operator took it out; it runs, but takes no new calls. */
export type AgentStatus = 'starting' | 'healthy' | 'disabled' | 'failed' | 'stopped';

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

/** The gRPC services that an endpoint's own workers serve. */
export interface GrpcSurface {
  /** Full names. */
  readonly services: readonly string[];
  /** What defines them, as serialized `google.protobuf.FileDescriptorProto`; empty when the worker cannot tell. */
  readonly descriptors: readonly Uint8Array[];
  /** A place for one call, counted until `release`; undefined while no worker takes any. */
  readonly take: () => SurfacePlace | undefined;
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
}

/**
 * Who is there. Guarantees: an id that is asked for is found or it is an error, never another agent; a slot that was given is
 * counted until it is released; watchers are told after every change, in order. Errors: AGENT_NOT_FOUND, CONFLICT.
 */
export interface Registry {
  /** Adds the endpoint, or replaces the one with the same id. CONFLICT when the id names something else. */
  announce(endpoint: Endpoint): void;
  withdraw(endpointId: string): void;
  /** By agent id (its current deployment) or endpoint id. Throws AGENT_NOT_FOUND. */
  resolve(id: string): {
    readonly agentId: string;
    readonly endpointId: string | undefined;
    readonly listing: AgentListing;
  };
  list(): readonly AgentListing[];
  /** What an id means: an agent's current endpoint, or that one. Throws AGENT_NOT_FOUND. */
  find(id: string): Endpoint;
  /** Places given since this node has started. */
  readonly placesGiven: number;
  /** All that are announced now. */
  endpoints(): readonly Endpoint[];
  /**
   * A free place of the agent, shared among its endpoints by weight, or of that one endpoint; undefined when all are busy or none
   * is healthy. `skill`: only where there is such a skill, when the agent has several endpoints.
   */
  select(agentId: string, endpointId?: string, skill?: string): Slot | undefined;
  /** Calls `changed` when places may have become free or an agent came, went or changed its status. Returns how to stop. */
  watch(changed: (agentId: string) => void): () => void;
}
