import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Logger, Telemetry } from '../../base/index.ts';
import type { Control } from '../../control/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Admission, Authenticator, CallerTokens } from '../../security/index.ts';
import type { GivenRoles } from './format-monitoring.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { Upstream } from './upstream.ts';

/** What every request to a surface stands on. */
export interface SurfaceDesk {
  /** Undefined when this node serves no package's own routes. */
  readonly upstream: Upstream | undefined;
  readonly exchanges: OpenExchanges;
  /** Largest body of a request to a package. */
  readonly bodyBytes: number;
  /** True: callers reach this node by https, whatever the connection says. */
  readonly isBehindTls: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly telemetry: Telemetry | undefined;
  /** UNAVAILABLE before the services are admitted and while the node stops. */
  services(): SurfaceServices;
  /** FORBIDDEN_ORIGIN when the Host is none of the node's. */
  checkHost(headers: IncomingHttpHeaders): void;
  /** The allowed foreign origin that asks, if it is one. FORBIDDEN_ORIGIN when a foreign page asks that is not allowed. */
  checkOrigin(headers: IncomingHttpHeaders): string | undefined;
}

/** What stands behind the surfaces. */
export interface SurfaceServices {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly callerTokens: CallerTokens;
  /** What agents do in the market; without it nothing is known of them. */
  readonly control?: Pick<Control, 'market'>;
  /** Roles in the market that settings give agents. */
  readonly marketRoles?: GivenRoles;
}
