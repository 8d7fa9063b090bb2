import { ParleyError } from '../../base/index.ts';
import type { Principal } from '../principal.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type Ask, requireRight } from './rights.ts';

/** Decides, before anything is looked up, whether a caller may do something to an agent now. */
export interface Admission {
  /** PERMISSION_DENIED without the right; RATE_LIMITED when the agent gets too many calls. */
  require(principal: Principal, ask: Ask): void;
}

export interface AdmissionOptions {
  /** Calls of one agent, whoever makes them; undefined: without a limit. */
  readonly agents?: RateLimiter | undefined;
}

/** An admission over the caller's rights and the agents' limits. */
export function createAdmission({ agents }: AdmissionOptions = {}): Admission {
  return {
    require(principal, ask) {
      requireRight(principal, ask);
      if (agents === undefined || ask.operation !== 'call') return;
      const waitMs = agents.take(ask.agentId);
      if (waitMs > 0) throw tooManyCalls(`The agent ${ask.agentId} gets more calls than it may`, waitMs);
    },
  };
}

/** RATE_LIMITED, with the time after which another try makes sense. */
export function tooManyCalls(what: string, waitMs: number): ParleyError {
  return new ParleyError('RATE_LIMITED', `${what}. Try again in ${Math.max(1, Math.ceil(waitMs / 1_000))} s.`, {
    retryAfterMs: waitMs,
  });
}
