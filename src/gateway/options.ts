import { type Clock, type Logger, ParleyError, silentLogger, systemClock, type Telemetry } from '../base/index.ts';
import type { Control, ControlRoute, InvokeControl, RegistryRest } from '../control/index.ts';
import type { AgentCard } from '../protocol/index.ts';
import type { AgentListing, Registry } from '../registry/index.ts';
import type { Admission, Authenticator, CallerTokens, CardSigner, PassedCalls } from '../security/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { formatOwnHost, isLoopbackHost, isWildcard } from './edge/host-name.ts';
import type { GrpcUpstream } from './grpc-routing/grpc-upstream.ts';
import type { GivenRoles } from './surfaces/format-monitoring.ts';
import type { Upstream } from './surfaces/upstream.ts';
import type { TlsOptions } from './tls/port.ts';

/** What the front door refuses to exceed. */
interface GatewayLimits {
  /** One request's body; over it: 413. */
  readonly bodyBytes: number;
  /** Of all bodies that are in memory at once; over it: 429. */
  readonly bodiesBytes: number;
  /** Of a request to a package's own routes; it is passed on as it comes. */
  readonly surfaceBodyBytes: number;
  /** All headers of one request; over it: 431. */
  readonly headerBytes: number;
  /** A request that has not arrived whole by then is cut off with 408. */
  readonly requestTimeoutMs: number;
  /** Event streams open at once; over it: 429. */
  readonly streams: number;
  /** Of them, for one caller; over it: 429. Undefined: no limit of its own. */
  readonly streamsPerCaller?: number | undefined;
  /** A stream that was silent for so long gets a comment, so that both ends notice a dead connection. */
  readonly heartbeatMs: number;
}

/** How the front door listens. */
export interface GatewayOptions {
  /** Default `127.0.0.1`; only loopback, unless callers have an identity. */
  readonly host?: string;
  /** 0: any free port; `url` says which. */
  readonly port: number;
  /** Of gRPC, beside `port` on the same host; 0: any free one. Undefined: there is none. */
  readonly grpcPort?: number | undefined;
  /** TLS on every port; undefined: plain text. */
  readonly tls?: TlsOptions | undefined;
  /** True: callers have an identity, and the door may be reached from elsewhere. */
  readonly requiresIdentity?: boolean;
  /** Names in the Host header that are accepted beside the loopback ones. */
  readonly hostNames?: readonly string[];
  /** Origins of web pages that may call, as `https://console.example`. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<GatewayLimits>;
  /** Where callers reach this node, for agent cards; default: the address they used. Without a slash at the end. */
  readonly publicUrl?: string;
  /** True: a card that was asked for without a version has 1.0's fields only. Default: 0.3's beside them. */
  readonly strictCards?: boolean;
  /** The product's version, for `/health`. */
  readonly version: string;
  /** Where the node keeps its state and whether that answers, for `/health`; undefined while it is not opened. */
  readonly store?: () => { readonly kind: string; readonly state: string } | undefined;
  /** The way to the workers' own HTTP servers; without it packages' own routes are not served. Who made it closes it. */
  readonly upstream?: Upstream;
  /** The way to the workers' own gRPC servers; without it no calls are passed on. Who made it closes it. */
  readonly grpcUpstream?: GrpcUpstream;
  /** The text of `/metrics`; without it the route does not exist. */
  readonly metrics?: () => string | Promise<string>;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
}

/** What stands behind the front door, from `admit` on. */
export interface GatewayServices {
  readonly tasks: TaskService;
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  /** Asked before anything is looked up for a caller, with what it wants to do. */
  readonly admission: Admission;
  readonly callerTokens: CallerTokens;
  /** The places in their chain of calls that agents make by gRPC. */
  readonly passedCalls: PassedCalls;
  readonly controlRoutes: readonly ControlRoute[];
  /** What PAR's routes for operators stand on; without it they are refused. */
  readonly control?: Control;
  /** Roles in the market that settings give agents, by agent id. */
  readonly marketRoles?: GivenRoles;
  /** Calls without a task. */
  readonly calls: InvokeControl;
  /** The node's own schema registry, opened with the first call; undefined: it uses another. */
  readonly schemaRegistry?: (() => Promise<RegistryRest>) | undefined;
  /** Signs what cards say. */
  readonly cardSigner: CardSigner;
  /** The keys that others check the fabric's signatures with, of webhooks and of cards, as a JSON Web Key Set. */
  publicKeys(): Promise<unknown>;
  /** The agent that answers at the root. */
  readonly fabricAgentId: string;
  /** The card of an agent that is called at `baseUrl`. */
  createCard(options: {
    readonly record: AgentListing['record'];
    readonly baseUrl: string;
    /** Where the agent alone answers gRPC. */
    readonly grpcAddress?: string | undefined;
    /** Which skills are on it; default: all but private ones. */
    readonly shows?: (skill: AgentListing['record']['skills'][number]) => boolean;
  }): AgentCard;
}

/** Options with every default filled in. */
export interface ResolvedGatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly tls: TlsOptions | undefined;
  readonly hostNames: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly limits: GatewayLimits;
  readonly publicUrl: string | undefined;
  readonly strictCards: boolean;
  readonly version: string;
  readonly upstream: Upstream | undefined;
  readonly grpcUpstream: GrpcUpstream | undefined;
  readonly store: GatewayOptions['store'];
  readonly metrics: (() => string | Promise<string>) | undefined;
  readonly logger: Logger;
  readonly telemetry: Telemetry | undefined;
  readonly clock: Clock;
}

/** The limits that hold when nothing else is said. */
const defaultGatewayLimits: GatewayLimits = {
  bodyBytes: 16 * 1024 * 1024,
  bodiesBytes: 256 * 1024 * 1024,
  surfaceBodyBytes: 100 * 1024 * 1024,
  headerBytes: 16 * 1024,
  requestTimeoutMs: 30_000,
  streams: 10_000,
  heartbeatMs: 15_000,
};

/** Fills in the defaults. CONFIG_INVALID when the host is not loopback and callers have no identity. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopbackHost(host) && options.requiresIdentity !== true) throw notLoopback(host);
  return {
    host,
    port: options.port,
    grpcPort: options.grpcPort,
    tls: options.tls,
    hostNames: [...(options.hostNames ?? []), ...(isWildcard(host) ? [] : [formatOwnHost(host)])],
    allowedOrigins: options.allowedOrigins ?? [],
    limits: { ...defaultGatewayLimits, ...options.limits },
    publicUrl: options.publicUrl?.replace(/\/+$/, ''),
    strictCards: options.strictCards ?? false,
    version: options.version,
    upstream: options.upstream,
    grpcUpstream: options.grpcUpstream,
    store: options.store,
    metrics: options.metrics,
    logger: options.logger ?? silentLogger,
    telemetry: options.telemetry,
    clock: options.clock ?? systemClock,
  };
}

function notLoopback(host: string): ParleyError {
  const message = `The front door cannot listen on "${host}": callers have no identity, so only loopback is allowed. Use 127.0.0.1, ::1 or localhost, or set identity.modes.`;
  return new ParleyError('CONFIG_INVALID', message, { details: { host } });
}
