import type { Award } from '../thread/negotiation.ts';
import { waitFor } from './log-sight.ts';
import type { RequesterContext } from './requester-context.ts';

/** How it stands with the award that counts. `lost`: it is given to the next one. */
export type AwardVerdict =
  | { readonly kind: 'going'; readonly againMs: number | null }
  | { readonly kind: 'lost'; readonly why: string; readonly code: string }
  | { readonly kind: 'over'; readonly message: string | null; readonly code: string };

/** Errors that say that nothing was done: another provider may begin. */
const nothingDone: ReadonlySet<string> = new Set([
  'AGENT_NOT_FOUND',
  'AGENT_UNAVAILABLE',
  'AGENT_DISABLED',
  'BREAKER_OPEN',
  'CHAIN_REFUSED',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'SKILL_NOT_FOUND',
  'WORKER_START_FAILED',
]);

/** The award that counts, as it lies with its requester. */
export interface GivenAward extends Award {
  /** It is in the log: others can know of it. */
  readonly isPublished: boolean;
}

/** Whether the award goes on, is lost, or the whole request has failed with it. Pure. */
export function judgeAward(award: GivenAward, context: RequesterContext): AwardVerdict {
  switch (award.state) {
    case 'pending':
      return waitPatiently(award, context, {
        who: award.providerId,
        ms: context.terms.confirmWithinMs,
        what: 'has not confirmed',
      });
    case 'confirmed':
      return waitPatiently(award, context, {
        who: award.executorId,
        ms: context.terms.startWithinMs,
        what: 'has not begun',
      });
    case 'running':
      return waitPatiently(award, context, {
        who: award.executorId,
        ms: context.terms.quietMs,
        what: 'is not heard of',
      });
    case 'refused':
      return { kind: 'lost', why: `${award.providerId} refused`, code: award.code ?? 'AGENT_UNAVAILABLE' };
    default:
      return judgeFailure(award);
  }
}

interface Patience {
  /** Who alone can go on; null: others of the pool take over. */
  readonly who: string | null;
  readonly ms: number;
  readonly what: string;
}

function waitPatiently(
  { heardAtMs, providerId, isPublished }: GivenAward,
  { nowMs, isAlive, log }: RequesterContext,
  { who, ms, what }: Patience,
): AwardVerdict {
  if (who !== null && !isAlive(who)) return { kind: 'lost', why: `${who} is gone`, code: 'AGENT_UNAVAILABLE' };
  const patience = waitFor({ sinceMs: isPublished ? heardAtMs : null, ms }, log, nowMs);
  if (!patience.isUp) return { kind: 'going', againMs: patience.againMs };
  return { kind: 'lost', why: `${who ?? providerId} ${what} within ${ms} ms`, code: 'DEADLINE_EXCEEDED' };
}

/** What failed before it began, or says that nothing was done, is given to the next one; anything else may have had an effect. */
function judgeFailure({ startedAtMs, code, message, providerId }: Award): AwardVerdict {
  const isSafe = code === null ? startedAtMs === null : nothingDone.has(code);
  const why = message === null ? `${providerId} failed` : `${providerId} failed: ${message}`;
  if (isSafe) return { kind: 'lost', why, code: code ?? 'AGENT_ERROR' };
  return { kind: 'over', message, code: code ?? 'AGENT_ERROR' };
}
