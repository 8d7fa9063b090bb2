import { computeBackoffMs } from '../../base/index.ts';
import type { RestartPolicy } from '../deployments/model.ts';

/** How one worker process ended. */
export interface WorkerEnding {
  readonly atMs: number;
  /** True: it ended by itself with code 0. */
  readonly clean: boolean;
  /** True: trying again cannot help, as when its code does not load. */
  readonly hopeless: boolean;
}

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly restartsAtMs: readonly number[] }
  | { readonly kind: 'give-up'; readonly reason: string };

/**
 * Pure: whether a worker is started again, and when. `restartsAtMs`: the restarts so far, oldest first.
 * The delay grows with the restarts inside the window, and falls back once the window has passed without one.
 */
export function decideRestart(
  policy: RestartPolicy,
  restartsAtMs: readonly number[],
  ending: WorkerEnding,
): RestartDecision {
  if (ending.hopeless) return giveUp('its code cannot be loaded');
  if (policy.mode === 'never') return giveUp('its restart policy is "never"');
  if (policy.mode === 'on-failure' && ending.clean) {
    return giveUp('it ended by itself with code 0 and its restart policy is "on-failure"');
  }
  const recent = restartsAtMs.filter((atMs) => atMs > ending.atMs - policy.windowMs);
  if (recent.length >= policy.maxRestarts) {
    return giveUp(`it was restarted ${recent.length} times within ${policy.windowMs / 1_000} s`);
  }
  const backoff = { baseMs: policy.delayMs, multiplier: policy.multiplier, maxMs: policy.maxDelayMs };
  const delayMs = computeBackoffMs(backoff, recent.length);
  return { kind: 'restart', delayMs, restartsAtMs: [...recent, ending.atMs + delayMs] };
}

function giveUp(reason: string): RestartDecision {
  return { kind: 'give-up', reason };
}
