import type { JsonObject } from '../../src/base/index.ts';

/** A request as an official client sent it. */
export interface GoldenRequest {
  readonly verb: string;
  /** Below the agent's address, with the query. */
  readonly path: string;
  /** Its A2A-Version header. */
  readonly version?: string;
  readonly body?: JsonObject;
}
