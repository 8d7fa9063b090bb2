import type { OpenCalls } from './edge/open-calls.ts';
import type { GatewayServices, ResolvedGatewayOptions } from './options.ts';

/** What every route stands on. */
export interface Door {
  readonly options: ResolvedGatewayOptions;
  readonly openCalls: OpenCalls;
  /** UNAVAILABLE before the services are admitted and while the node stops. */
  services(): GatewayServices;
}
