import { join } from 'node:path';
import { type Component, createShortId, ParleyError, systemClock } from '../base/index.ts';
import type { BridgeOptions, RedisBridge } from '../bridge/index.ts';
import { loadOrCreateSecret } from '../security/index.ts';
import type { TaskService } from '../tasks/index.ts';
import type { BridgeConfig } from './bridge-config.ts';

export interface BridgePartsOptions extends Omit<BridgeOptions, 'settings' | 'nodeId' | 'clock'> {
  readonly config: BridgeConfig;
  /** Used when the bridge has no address of its own. */
  readonly storeUrl: string | undefined;
  readonly dataFolder: string;
}

/** The bridge of a node, if it has one. */
export interface BridgeParts {
  readonly bridge: RedisBridge | undefined;
  /** To be started before tasks are taken up. */
  readonly agents: readonly Component[];
  /** To be started once tasks run. */
  serving(tasks: TaskService): readonly Component[];
}

/** The bridge as it is configured; its code is loaded when it is. CONFIG_INVALID when it has no address. */
export async function createBridgeParts(options: BridgePartsOptions): Promise<BridgeParts> {
  const { config, storeUrl, dataFolder, ...parts } = options;
  const { enabled, redisUrl = storeUrl, ...settings } = config;
  if (!enabled) return { bridge: undefined, agents: [], serving: () => [] };
  if (redisUrl === undefined) {
    throw new ParleyError('CONFIG_INVALID', 'bridge.enabled needs to know which Redis: set bridge.redisUrl.');
  }
  const { RedisA2ABridge } = await import('../bridge/index.ts');
  const nodeId = await loadOrCreateSecret(join(dataFolder, 'bridge.id'), () => createShortId());
  const bridge = new RedisA2ABridge({ ...parts, settings: { ...settings, redisUrl }, nodeId, clock: systemClock });
  return { bridge, agents: [bridge.component], serving: (tasks) => [bridge.serving(tasks)] };
}
