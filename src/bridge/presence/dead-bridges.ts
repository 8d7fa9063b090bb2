import { judgeHeartbeat, type Sighting } from './heartbeat.ts';
import type { RedisAgent } from './redis-agent.ts';

/** What the ids of bridges begin with; the rest is the id of the node. */
export const bridgeIdPrefix = 'a2a_bridge-';

/** So many heartbeats may be missing before a bridge is taken for dead. */
const missedBeats = 4;

/** Watches the other bridges of a Redis. */
export class DeadBridges {
  readonly #staleAfterMs: number;
  #sightings = new Map<string, Sighting>();

  /** `heartbeatMs`: how often bridges say that they live. */
  constructor(heartbeatMs: number) {
    this.#staleAfterMs = heartbeatMs * missedBeats;
  }

  /** The nodes whose bridges have been quiet for too long. */
  find(agents: readonly RedisAgent[], nowMs: number): readonly string[] {
    const bridges = agents.filter(({ id, servedBy }) => id.startsWith(bridgeIdPrefix) && servedBy === id);
    const sightings = new Map<string, Sighting>();
    const dead: string[] = [];
    for (const { id, lastHeartbeat } of bridges) {
      const time = { nowMs, staleAfterMs: this.#staleAfterMs };
      const { sighting, isFresh } = judgeHeartbeat(this.#sightings.get(id), lastHeartbeat, time);
      sightings.set(id, sighting);
      if (!isFresh) dead.push(id.slice(bridgeIdPrefix.length));
    }
    this.#sightings = sightings;
    return dead;
  }
}
