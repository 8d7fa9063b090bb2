import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, Logger } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Admission, Authenticator, CallerTokens, PassedCalls } from '../../security/index.ts';
import type { StreamLimit } from '../edge/stream-limit.ts';
import type { GrpcUpstream } from './grpc-upstream.ts';

/** What every call of a package's own service stands on. */
export interface RoutingDesk {
  /** Undefined when this node passes no calls on. */
  readonly upstream: GrpcUpstream | undefined;
  /** Whose own port this is; undefined: the node's port, where the call names the agent. */
  readonly deploymentId: string | undefined;
  readonly streams: StreamLimit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** UNAVAILABLE before the services are admitted and while the node stops. */
  services(): RoutingServices;
}

/** What stands behind the calls. */
export interface RoutingServices {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly callerTokens: CallerTokens;
  readonly passedCalls: PassedCalls;
}

/** A call that has just come in; nothing of its body is read. */
export interface IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** The same as they came: names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** The caller's connection. */
  readonly socket: Socket;
}
