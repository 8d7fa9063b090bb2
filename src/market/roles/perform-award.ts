import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import type { Fence } from '../../store/index.ts';
import type { Award } from '../thread/negotiation.ts';
import { currentAward, hasEnded } from '../thread/view-negotiation.ts';
import type { Engine } from './engine.ts';
import { type Execution, isUnwanted, type Said, sayOf } from './execution.ts';
import type { AwardClaim, NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { type AwardProgress, type AwardRun, cancelAward, type RunAwardOptions, runAward } from './run-award.ts';

export interface PerformOptions extends RunAwardOptions {
  readonly engine: () => Engine;
  /** Between two words about how one award goes. */
  readonly progressMs: number;
  /** An executor that has nothing to say says so: who waits for its word knows that it works. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Performance {
  readonly execution: Execution;
  readonly state: NegotiationState;
  readonly claim: AwardClaim;
  /** Of the node that works. */
  readonly fence: Fence;
}

/**
 * Has the work done that an award is about, and says how it goes and what came of it: as a record of the negotiation, in one commit with
 * what follows from it. Resolves with the outcome once it is committed. FENCED when another node has it.
 */
export async function performAward(performance: Performance, options: PerformOptions): Promise<Said['status']> {
  const cancelHeartbeat = beat(performance, options);
  try {
    const run = createRun(performance, options);
    const outcome = await runAward(run, options).catch(async (thrown: unknown) => {
      if (isUnwanted(performance.execution)) await cancelAward(run, options);
      throw thrown;
    });
    await say(performance, outcome, options);
    return outcome.status;
  } finally {
    cancelHeartbeat();
  }
}

function createRun(performance: Performance, options: PerformOptions): AwardRun {
  const { execution, state, claim } = performance;
  const { agentId, action, controller } = execution;
  const [request] = state.thread.records;
  return {
    ...{ agentId, action, skill: claim.skill ?? undefined, signal: controller.signal },
    request: { correlationId: request?.correlationId ?? null, traceparent: request?.traceparent ?? null },
    awardedBy: awardOf(state, action.fence)?.recordId ?? null,
    chain: state.plan?.chain,
    party: state.plan?.party,
    onProgress: createReporter(performance, options),
  };
}

function awardOf({ negotiation }: NegotiationState, fence: number): Award | undefined {
  return negotiation.awards.find((award) => award.fence === fence);
}

/** Says how it goes, not too often; what comes in between is said with the next word. */
function createReporter(performance: Performance, options: PerformOptions): (progress: AwardProgress) => void {
  const { clock, progressMs, logger } = options;
  let saidAtMs = 0;
  return (progress) => {
    const nowMs = clock.now();
    if (nowMs - saidAtMs < progressMs) return;
    saidAtMs = nowMs;
    say(performance, { status: 'RUNNING', ...progress }, options).catch((thrown: unknown) => {
      const { message } = ParleyError.from(thrown);
      logger.debug('how an award goes could not be said', { taskId: performance.state.taskId, error: message });
    });
  };
}

function beat(performance: Performance, options: PerformOptions): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = options.clock.schedule(options.heartbeatMs, () => {
      say(performance, { status: 'RUNNING' }, options).catch(() => {
        // Whoever has the award now says how it goes.
      });
      next();
    });
  };
  next();
  return () => cancel();
}

async function say({ execution, fence }: Performance, said: Said, { engine, clock }: PerformOptions): Promise<void> {
  const { taskId, fence: number } = execution.action;
  const decide = (state: NegotiationState): readonly NegotiationEvent[] | undefined => {
    const award = currentAward(state.negotiation);
    if (award?.fence !== number || hasEnded(state.negotiation)) return undefined;
    return [sayOf(state, execution, said, clock.now())];
  };
  await engine().add(taskId, decide, fence);
}
