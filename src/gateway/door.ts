import type { OpenCalls } from './edge/open-calls.ts';
import type { OriginGuard } from './edge/origin-guard.ts';
import type { GatewayServices, ResolvedGatewayOptions } from './options.ts';

/** What every route stands on. */
export interface Door {
  readonly options: ResolvedGatewayOptions;
  readonly openCalls: OpenCalls;
  readonly guard: OriginGuard;
  /** `host:port` on loopback where an agent alone answers gRPC, by its id or a deployment's; undefined while nowhere. */
  grpcAddress(id: string): string | undefined;
  /** UNAVAILABLE before the services are admitted and while the node stops. */
  services(): GatewayServices;
}
