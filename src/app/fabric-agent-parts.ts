import { type Logger, systemClock } from '../base/index.ts';
import type { RedisBridge } from '../bridge/index.ts';
import { createFabricAgent, type Endpoint, type Registry } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { createCallerRights } from './caller-rights.ts';
import { createExecute } from './execute-order.ts';
import type { IdentityConfig } from './identity-config.ts';
import { productVersion } from './product.ts';

export interface FabricAgentParts {
  readonly registry: Registry;
  readonly tasks: TaskService;
  readonly store: Store;
  readonly identity: IdentityConfig;
  readonly bridge: RedisBridge | undefined;
  readonly logger: Logger;
}

/** The id of the fabric's own agent, which answers at the root. */
export const fabricAgentId = 'parley';

/** The fabric's own agent, with what it needs to have others work. */
export function createOwnAgent({ registry, tasks, store, identity, bridge, logger }: FabricAgentParts): Endpoint {
  return createFabricAgent(registry, {
    id: fabricAgentId,
    name: 'Parley',
    version: productVersion,
    clock: systemClock,
    execute: createExecute({ tasks, logger, rightsOf: createCallerRights(identity, store) }),
    listForRedis: bridge && (async (capability) => (await bridge.discover(capability)).map((agent) => ({ ...agent }))),
  });
}
