import { type Clock, ParleyError } from '../../base/index.ts';
import type { Registry, Slot } from '../../registry/index.ts';

/** Where a call wants to go, and how long it can wait. */
export interface WantedPlace {
  readonly agentId: string;
  /** Set when the caller named one deployment. */
  readonly endpointId: string | undefined;
  readonly skill: string;
  /** Ms since the epoch. */
  readonly deadlineAtMs: number | undefined;
  readonly signal: AbortSignal;
}

export interface PlacesOptions {
  readonly registry: Pick<Registry, 'select' | 'watch' | 'resolve' | 'addQueued'>;
  readonly clock: Clock;
  /** Calls that may wait for one agent. */
  readonly maxWaiting: number;
}

/** Gives a free place, at once or when its turn comes: first come, first served. */
export type TakePlace = (wanted: WantedPlace) => Promise<Slot>;

const retryAfterMs = 1_000;

/**
 * Places for calls that nobody keeps. Throws AGENT_UNAVAILABLE, AGENT_DISABLED, QUEUE_FULL, DEADLINE_EXCEEDED, and the
 * signal's reason when the caller leaves.
 */
export function createTakePlace(options: PlacesOptions): TakePlace {
  const waiting = new Map<string, number>();
  const count = (agentId: string, by: number): void => {
    const next = (waiting.get(agentId) ?? 0) + by;
    options.registry.addQueued(agentId, by);
    if (next === 0) waiting.delete(agentId);
    else waiting.set(agentId, next);
  };
  return async (wanted) => {
    const { agentId, endpointId, skill, signal } = wanted;
    signal.throwIfAborted();
    const before = waiting.get(agentId) ?? 0;
    const slot = before === 0 ? options.registry.select(agentId, endpointId, { skill }) : undefined;
    if (slot) return slot;
    refuseUnreachable(options.registry, endpointId ?? agentId);
    if (before >= options.maxWaiting) throw queueFull(agentId, before);
    count(agentId, 1);
    return waitForPlace(wanted, options).finally(() => count(agentId, -1));
  };
}

function waitForPlace(wanted: WantedPlace, { registry, clock }: PlacesOptions): Promise<Slot> {
  const { agentId, endpointId, skill, deadlineAtMs, signal } = wanted;
  const { promise, resolve, reject } = Promise.withResolvers<Slot>();
  const look = (changed: string): void => {
    if (changed !== agentId) return;
    try {
      const slot = registry.select(agentId, endpointId, { skill });
      // Told once more before it stops watching: what comes too late goes to the next one.
      if (slot) end(() => resolve(slot));
      else refuseUnreachable(registry, endpointId ?? agentId);
    } catch (thrown) {
      end(() => reject(thrown));
    }
  };
  const leave = (): void => end(() => reject(signal.reason));
  const unwatch = registry.watch(look);
  const cancelTimer =
    deadlineAtMs === undefined
      ? undefined
      : clock.schedule(deadlineAtMs - clock.now(), () => end(() => reject(tooLate(agentId))));
  signal.addEventListener('abort', leave, { once: true });
  const end = (settle: () => void): void => {
    unwatch();
    cancelTimer?.();
    signal.removeEventListener('abort', leave);
    settle();
  };
  return promise;
}

function refuseUnreachable(registry: Pick<Registry, 'resolve'>, id: string): void {
  const { status, reason } = registry.resolve(id).listing;
  if (status === 'healthy' || status === 'starting') return;
  const problem = `Agent ${id} is ${status}${reason ? `: ${reason}` : ''}.`;
  if (status === 'disabled') throw new ParleyError('AGENT_DISABLED', problem);
  throw new ParleyError('AGENT_UNAVAILABLE', problem, { retryAfterMs });
}

function queueFull(agentId: string, waiting: number): ParleyError {
  return new ParleyError('QUEUE_FULL', `${waiting} calls wait for agent ${agentId}. Try again later.`, {
    retryAfterMs,
  });
}

function tooLate(agentId: string): ParleyError {
  return new ParleyError('DEADLINE_EXCEEDED', `Agent ${agentId} had no free place before the deadline of the call.`);
}
