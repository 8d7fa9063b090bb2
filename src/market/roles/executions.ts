import { type Clock, hasCode, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import type { Lease, Store } from '../../store/index.ts';
import { awardKey } from '../decide/decide-executor.ts';
import type { ExecuteAction } from '../decide/decision.ts';
import { createResponse } from '../decide/draft.ts';
import { currentAward, hasEnded } from '../thread/view-negotiation.ts';
import type { TaskResponse } from '../wire/records.ts';
import { AwardQueue, type ExecutorPlaces, type RankAward } from './award-queue.ts';
import type { Engine, RoleAction } from './engine.ts';
import type { AwardClaim, NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { recordOf } from './record-of.ts';
import type { RoleBook } from './role-book.ts';
import {
  type AwardOutcome,
  type AwardProgress,
  type AwardRun,
  cancelAward,
  type RunAwardOptions,
  runAward,
} from './run-award.ts';

export interface ExecutionsOptions extends RunAwardOptions {
  readonly engine: () => Engine;
  readonly store: Pick<Store, 'acquireLease'>;
  readonly book: RoleBook;
  readonly rank: RankAward;
  /** Of this life of this node: who holds the leases of what it runs. */
  readonly holder: string;
  /** After so long without a word from a node another one goes on with what it ran. */
  readonly leaseMs: number;
  /** Between two words about how one award goes. */
  readonly progressMs: number;
  /** An executor that has nothing to say says so: who waits for its word knows that it works. */
  readonly heartbeatMs: number;
  /** Called when the queue has reached its bound, and when it has room again. */
  readonly onFull: (isFull: boolean) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** An award that an executor of this node has said it takes, or works on. */
export interface Execution {
  readonly agentId: string;
  readonly action: ExecuteAction;
  readonly sinceMs: number;
  readonly controller: AbortController;
  /** `claimed`: its word is not in the log yet. */
  phase: 'claimed' | 'running';
  done: Promise<void>;
}

export const defaultConcurrency = 4;
export const defaultQueue = 100;

/**
 * What the executors of this node do. An award is begun once: an executor says RUNNING, and works only when that is the first word on this
 * award in the log; the work itself is a task under the award's key, run by who holds the award's lease. When a node dies,
 * another one takes the lease, finds the same task, and says what came of it.
 */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #queue: AwardQueue;
  readonly #executions = new Map<string, Execution>();
  readonly #counts = new Map<string, { completed: number; failed: number }>();
  #isFull = false;
  #isStopped = false;

  constructor(options: ExecutionsOptions) {
    this.#options = options;
    this.#queue = new AwardQueue(options.rank);
  }

  /** What has changed in a negotiation, with what the executors are asked to do. */
  consider(state: NegotiationState, actions: readonly RoleAction[]): void {
    if (this.#isStopped) return;
    const { taskId } = state;
    for (const { action } of actions) if (action.kind === 'stop') this.#stopUpTo(taskId, action.fence, action.reason);
    this.#dropLostClaim(state);
    this.#enqueue(taskId, actions);
    this.#beginClaimed(state);
    this.fill();
  }

  /** Begins what there is a place for. */
  fill(): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    for (;;) {
      const match = this.#queue.take(this.#places(), clock.now());
      if (match === undefined) break;
      this.#claim(match.agentId, match.award.action);
    }
    this.#tellFull();
  }

  queuedFor(agentId: string): readonly ExecuteAction[] {
    return this.#queue.awards().flatMap(({ action, candidates }) => (candidates.has(agentId) ? [action] : []));
  }

  runningOf(agentId: string): readonly Execution[] {
    return [...this.#executions.values()].filter((execution) => execution.agentId === agentId);
  }

  countsOf(agentId: string): { readonly completed: number; readonly failed: number } {
    return this.#counts.get(agentId) ?? { completed: 0, failed: 0 };
  }

  /** The fence under which the agent works on the task here; null: it does not. */
  workingFence(taskId: string, agentId: string): number | null {
    const execution = this.#executions.get(taskId);
    return execution?.agentId === agentId ? execution.action.fence : null;
  }

  /** The queue is at its bound: awards are taken no more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Work goes on without this node's word: whoever takes its leases says what came of it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const reason = new ParleyError('CANCELED', 'The node stops.', { details: { nodeStops: true } });
    const executions = [...this.#executions.values()];
    for (const { controller } of executions) controller.abort(reason);
    await Promise.all(executions.map(({ done }) => done));
  }

  #places(): readonly ExecutorPlaces[] {
    return this.#options.book.agents().flatMap((agent) => {
      if (agent.roles.executor === undefined || !agent.isHere || !agent.isReady) return [];
      const free = (agent.roles.executor.concurrency ?? defaultConcurrency) - this.runningOf(agent.agentId).length;
      return [{ agentId: agent.agentId, free }];
    });
  }

  #enqueue(taskId: string, actions: readonly RoleAction[]): void {
    const wanted = actions.filter(({ action }) => action.kind === 'execute');
    const [first] = wanted;
    if (first === undefined || this.#executions.has(taskId)) this.#queue.remove(taskId);
    else if (first.action.kind === 'execute')
      this.#queue.put({ action: first.action, candidates: new Set(wanted.map(({ agentId }) => agentId)) });
  }

  /** The executor says that it takes the award; it counts once that is the first such word in the log. */
  #claim(agentId: string, action: ExecuteAction): void {
    const { clock, logger } = this.#options;
    const execution: Execution = {
      ...{ agentId, action, sinceMs: clock.now(), controller: new AbortController() },
      ...{ phase: 'claimed', done: Promise.resolve() },
    };
    this.#executions.set(action.taskId, execution);
    const skill = this.#options.book.find(agentId)?.roles.executor?.skill ?? null;
    const claim = (state: NegotiationState): readonly NegotiationEvent[] | undefined => {
      if (!isFree(state, action.fence)) return undefined;
      const said = this.#say(state, execution, { status: 'RUNNING', progress: 0 });
      return [said, { type: 'claim', claim: { fence: action.fence, agentId, skill } }];
    };
    execution.done = this.#options
      .engine()
      .add(action.taskId, claim)
      .then(
        (state) => {
          if (!isClaimedBy(state, execution)) this.#forget(execution);
        },
        (thrown: unknown) => {
          logger.warn('an award could not be taken yet', { taskId: action.taskId, ...describe(thrown) });
          this.#forget(execution);
        },
      );
  }

  /** Begins to work on what an executor of this fabric has for good: it was here, or on a node that may have died; the lease says. */
  #beginClaimed(state: NegotiationState): void {
    const { claim, negotiation, taskId } = state;
    const award = currentAward(negotiation);
    if (award?.state !== 'running' || claim === undefined || hasEnded(negotiation)) return;
    if (claim.fence !== award.fence || claim.agentId !== award.workerId) return;
    const known = this.#executions.get(taskId);
    if (known?.phase === 'running' || !isPlaced(state, claim)) return;
    const execution = known ?? this.#takeOver(state, claim);
    if (execution !== undefined) this.#begin(execution, state, claim);
  }

  #takeOver({ negotiation, taskId }: NegotiationState, { agentId, fence }: AwardClaim): Execution | undefined {
    const { request } = negotiation;
    const award = currentAward(negotiation);
    if (request === null || award === undefined) return undefined;
    const action: ExecuteAction = {
      ...{ kind: 'execute', taskId, fence, idempotencyKey: awardKey(taskId, fence) },
      ...{ providerId: award.providerId, description: request.description, input: request.input },
      ...{ priority: request.priority, deadline: award.deadline ?? request.deadline, sinceMs: award.atMs },
    };
    const execution: Execution = {
      ...{ agentId, action, sinceMs: this.#options.clock.now(), controller: new AbortController() },
      ...{ phase: 'claimed', done: Promise.resolve() },
    };
    this.#executions.set(taskId, execution);
    return execution;
  }

  #begin(execution: Execution, state: NegotiationState, claim: AwardClaim): void {
    execution.phase = 'running';
    execution.done = this.#run(execution, state, claim)
      .catch((thrown: unknown) => {
        if (execution.controller.signal.aborted) return;
        this.#options.logger.warn('an award is gone on with later', {
          taskId: execution.action.taskId,
          ...describe(thrown),
        });
      })
      .finally(() => this.#forget(execution));
  }

  async #run(execution: Execution, state: NegotiationState, claim: AwardClaim): Promise<void> {
    const { store, holder, leaseMs } = this.#options;
    const lease = await store.acquireLease(`market-award/${execution.action.taskId}`, holder, leaseMs);
    if (lease === undefined) return;
    const cancelRenewal = this.#renew(lease, execution);
    const cancelHeartbeat = this.#beat(lease, execution);
    try {
      const run = this.#createRun({ execution, state, claim, lease });
      const outcome = await runAward(run, this.#options).catch(async (thrown: unknown) => {
        if (isUnwanted(execution)) await cancelAward(run, this.#options);
        throw thrown;
      });
      await this.#conclude(execution, outcome, lease);
    } finally {
      cancelRenewal();
      cancelHeartbeat();
      await lease.release().catch(() => {});
    }
  }

  #createRun({ execution, state, claim, lease }: RunParts): AwardRun {
    const { agentId, action, controller } = execution;
    const [request] = state.thread.records;
    return {
      ...{ agentId, action, skill: claim.skill ?? undefined, signal: controller.signal },
      request: { correlationId: request?.correlationId ?? null, traceparent: request?.traceparent ?? null },
      onProgress: this.#createReporter(execution, lease),
    };
  }

  /** Says how it goes, not too often; what comes in between is said with the next word. */
  #createReporter(execution: Execution, lease: Lease): (progress: AwardProgress) => void {
    const { clock, progressMs, logger } = this.#options;
    let saidAtMs = 0;
    return (progress) => {
      const nowMs = clock.now();
      if (nowMs - saidAtMs < progressMs) return;
      saidAtMs = nowMs;
      const said = { status: 'RUNNING', ...progress } as const;
      this.#add(execution, said, lease).catch((thrown: unknown) => {
        logger.debug('how an award goes could not be said', { taskId: execution.action.taskId, ...describe(thrown) });
      });
    };
  }

  async #conclude(execution: Execution, outcome: AwardOutcome, lease: Lease): Promise<void> {
    const { agentId } = execution;
    const counts = this.countsOf(agentId);
    const isCompleted = outcome.status === 'COMPLETED';
    await this.#add(execution, outcome, lease);
    this.#counts.set(agentId, {
      completed: counts.completed + Number(isCompleted),
      failed: counts.failed + Number(!isCompleted),
    });
    this.#options.telemetry.count('parley_market_executions_total', { agent: agentId, outcome: outcome.status });
  }

  async #add(execution: Execution, said: Said, { name, epoch }: Lease): Promise<void> {
    const { taskId, fence } = execution.action;
    const decide = (state: NegotiationState): readonly NegotiationEvent[] | undefined => {
      const award = currentAward(state.negotiation);
      if (award?.fence !== fence || hasEnded(state.negotiation)) return undefined;
      return [this.#say(state, execution, said)];
    };
    await this.#options.engine().add(taskId, decide, { lease: name, epoch });
  }

  #say(state: NegotiationState, { agentId, action }: Execution, said: Said): NegotiationEvent {
    const author = { thread: state.thread, actorId: agentId, nowMs: this.#options.clock.now() };
    const award = currentAward(state.negotiation);
    const about = { providerId: action.providerId, award: award?.isImplicit === true ? null : action.fence };
    return {
      type: 'record',
      record: recordOf(state, createResponse(author, { ...about, ...said }, award?.recordId ?? null)),
    };
  }

  #beat(lease: Lease, execution: Execution): () => void {
    const { clock, heartbeatMs } = this.#options;
    let cancel = (): void => {};
    const next = (): void => {
      cancel = clock.schedule(heartbeatMs, () => {
        this.#add(execution, { status: 'RUNNING' }, lease).catch(() => {
          // Whoever has the award now says how it goes.
        });
        next();
      });
    };
    next();
    return () => cancel();
  }

  #renew(lease: Lease, { controller, action }: Execution): () => void {
    const { clock, leaseMs, logger } = this.#options;
    let cancel = (): void => {};
    const next = (): void => {
      cancel = clock.schedule(leaseMs / 3, () => {
        lease.renew().then(
          (isHeld) => {
            if (isHeld) return next();
            controller.abort(new ParleyError('FENCED', `The award of ${action.taskId} has another holder now.`));
          },
          (thrown: unknown) => {
            logger.debug('a lease of an award could not be renewed', { taskId: action.taskId, ...describe(thrown) });
            next();
          },
        );
      });
    };
    next();
    return () => cancel();
  }

  #stopUpTo(taskId: string, fence: number, reason: string): void {
    const execution = this.#executions.get(taskId);
    if (execution === undefined || execution.action.fence > fence) return;
    execution.controller.abort(new ParleyError('CANCELED', reason));
  }

  /** Another executor was first. */
  #dropLostClaim(state: NegotiationState): void {
    const execution = this.#executions.get(state.taskId);
    const award = currentAward(state.negotiation);
    if (execution?.phase !== 'claimed' || award === undefined || award.workerId === null) return;
    if (award.workerId !== execution.agentId) this.#forget(execution);
  }

  #forget(execution: Execution): void {
    if (this.#executions.get(execution.action.taskId) !== execution) return;
    this.#executions.delete(execution.action.taskId);
    queueMicrotask(() => this.fill());
  }

  #tellFull(): void {
    const { book, onFull, telemetry } = this.#options;
    const executors = book.agents().filter(({ roles, isHere }) => roles.executor !== undefined && isHere);
    const bound = executors.reduce((sum, { roles }) => sum + (roles.executor?.queue ?? defaultQueue), 0);
    const isFull = bound > 0 && this.#queue.size >= bound;
    telemetry.gauge('parley_market_queued_awards', this.#queue.size);
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    onFull(isFull);
  }
}

interface RunParts {
  readonly execution: Execution;
  readonly state: NegotiationState;
  readonly claim: AwardClaim;
  readonly lease: Lease;
}

type Said = Partial<TaskResponse> & Pick<TaskResponse, 'status'>;

function isFree({ negotiation }: NegotiationState, fence: number): boolean {
  const award = currentAward(negotiation);
  return !hasEnded(negotiation) && award?.fence === fence && award.state === 'confirmed' && award.workerId === null;
}

function isClaimedBy({ negotiation }: NegotiationState, { agentId, action }: Execution): boolean {
  const award = currentAward(negotiation);
  return award?.fence === action.fence && award.state === 'running' && award.workerId === agentId;
}

/** The executor's word on this award is in the log, where its place decides who was first. */
function isPlaced({ thread }: NegotiationState, { agentId, fence }: AwardClaim): boolean {
  return thread.records.some(
    ({ topic, value, place }) =>
      topic === 'task-responses' &&
      value.responderId === agentId &&
      value.status === 'RUNNING' &&
      (value.award === fence || value.award === null) &&
      place !== null,
  );
}

function isUnwanted({ controller }: Execution): boolean {
  const { reason } = controller.signal;
  return controller.signal.aborted && hasCode(reason, 'CANCELED') && reason.details['nodeStops'] !== true;
}

function describe(thrown: unknown): { readonly code: string; readonly error: string } {
  const { code, message } = ParleyError.from(thrown);
  return { code, error: message };
}
