import { ParleyError } from '../base/index.ts';
import type { BridgeAgent, BridgeView, Letter, RedisBridge } from '../bridge/index.ts';

/** The bridge to the agents of an existing Redis. UNSUPPORTED_OPERATION on a node without one. */
export interface BridgeControl {
  view(): Promise<BridgeView>;
  /** AGENT_NOT_FOUND for an id that nobody has, UNAVAILABLE while Redis is away. */
  setSwitch(id: string, on: boolean): Promise<BridgeAgent>;
  /** Messages that reached nobody, newest first. */
  letters(limit: number): Promise<readonly Letter[]>;
}

/** Use cases over the bridge; undefined: the node has none. */
export function createBridgeControl(bridge: RedisBridge | undefined): BridgeControl {
  const there = (): RedisBridge => {
    if (bridge) return bridge;
    const message =
      'This node has no bridge to Redis agents. Set bridge.enabled and bridge.redisUrl, and start it again.';
    throw new ParleyError('UNSUPPORTED_OPERATION', message);
  };
  return {
    view: async () => there().view(),
    setSwitch: async (id, on) => there().setSwitch(id, on),
    letters: async (limit) => there().letters(limit),
  };
}
