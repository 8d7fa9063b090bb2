import { hasCode, ParleyError, type Telemetry } from '../../base/index.ts';
import type { ExecuteAction } from '../decide/decision.ts';
import { currentAward } from '../thread/view-negotiation.ts';
import { AwardQueue, type ExecutorPlaces, type RankAward } from './award-queue.ts';
import type { RoleAction } from './engine.ts';
import { actionOf, createExecution, type Execution, isClaimed, isFree, isPlaced, sayOf } from './execution.ts';
import type { MarketSeat } from './market-seat.ts';
import type { AwardClaim, NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { type PerformOptions, performAward } from './perform-award.ts';
import type { RoleBook } from './role-book.ts';

export interface ExecutionsOptions extends PerformOptions {
  readonly seat: Pick<MarketSeat, 'current' | 'mayTakeOver'>;
  readonly book: RoleBook;
  readonly rank: RankAward;
  /** Called when the queue has reached its bound, and when it has room again. */
  readonly onFull: (isFull: boolean) => void;
  readonly telemetry: Telemetry;
}

const defaultConcurrency = 4;
const defaultQueue = 100;

/**
 * What the executors of this node do. An award is begun once: an executor says RUNNING, and works only when that is the first word on this
 * award in the log; the work itself is a task under the award's key. When a node dies, another one takes its claims over, finds
 * the same tasks, and says what came of them.
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
    this.#enqueue(state, actions);
    this.#goOn(state);
    this.fill();
  }

  /** Begins what there is a place for. */
  fill(): void {
    if (this.#isStopped) return;
    for (;;) {
      const match = this.#queue.take(this.#places(), this.#options.clock.now());
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

  /** Nothing more is said of what is done here; the work goes on, and who has the claims next says what came of it. */
  abandon(reason: ParleyError): void {
    for (const { controller } of this.#executions.values()) controller.abort(reason);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const executions = [...this.#executions.values()];
    this.abandon(new ParleyError('CANCELED', 'The node stops.', { details: { nodeStops: true } }));
    await Promise.all(executions.map(({ done }) => done));
  }

  #places(): readonly ExecutorPlaces[] {
    if (this.#options.seat.current === undefined) return [];
    return this.#options.book.agents().flatMap(({ agentId, roles, isHere, isReady }) => {
      if (roles.executor === undefined || !isHere || !isReady) return [];
      const concurrency = roles.executor.concurrency ?? defaultConcurrency;
      return [{ agentId, free: concurrency - this.runningOf(agentId).length }];
    });
  }

  #enqueue({ taskId, plan }: NegotiationState, actions: readonly RoleAction[]): void {
    const wanted = actions.flatMap(({ agentId, action }) => (action.kind === 'execute' ? [{ agentId, action }] : []));
    const [first] = wanted;
    if (first === undefined || this.#executions.has(taskId)) this.#queue.remove(taskId);
    else this.#queue.put({ action: first.action, candidates: chooseCandidates(wanted, plan?.chain?.path) });
  }

  /** The executor says that it takes the award; it counts once that is the first such word in the log. */
  #claim(agentId: string, action: ExecuteAction): void {
    const { clock, book, seat, engine } = this.#options;
    const { current } = seat;
    if (current === undefined) return;
    const execution = this.#put(createExecution(agentId, action, clock.now()));
    const skill = book.find(agentId)?.roles.executor?.skill ?? null;
    const claim: AwardClaim = { fence: action.fence, agentId, skill, holder: current.holder };
    const decide = (state: NegotiationState): readonly NegotiationEvent[] | undefined => {
      if (!isFree(state, action.fence)) return undefined;
      return [sayOf(state, execution, { status: 'RUNNING', progress: 0 }, clock.now()), { type: 'claim', claim }];
    };
    execution.done = engine()
      .add(action.taskId, decide, current.fence)
      .then(
        (state) => {
          if (!isClaimed(state, agentId, action.fence)) this.#forget(execution);
        },
        (thrown: unknown) => {
          this.#warn('an award could not be taken yet', action.taskId, thrown);
          this.#forget(execution);
        },
      );
  }

  /** Begins to work on what an executor of this fabric has for good; what another node has claimed, when that is gone. */
  #goOn(state: NegotiationState): void {
    const { claim, taskId } = state;
    const { current } = this.#options.seat;
    if (claim === undefined || current === undefined) return;
    if (!isClaimed(state, claim.agentId, claim.fence) || !isPlaced(state, claim)) return;
    const known = this.#executions.get(taskId);
    if (known?.phase === 'running') return;
    const action = known?.action ?? actionOf(state, claim.fence);
    if (action === undefined) return;
    const execution = known ?? this.#put(createExecution(claim.agentId, action, this.#options.clock.now()));
    execution.phase = 'running';
    const work =
      claim.holder === current.holder ? this.#perform(execution, state, claim) : this.#takeOver(state, claim);
    execution.done = work
      .catch((thrown: unknown) => {
        if (!execution.controller.signal.aborted) this.#warn('an award is gone on with later', taskId, thrown);
      })
      .finally(() => this.#forget(execution));
  }

  /** The claim becomes this node's, which then goes on with it. */
  async #takeOver({ taskId }: NegotiationState, claim: AwardClaim): Promise<void> {
    const { seat, engine } = this.#options;
    if (!(await seat.mayTakeOver(claim.holder))) return;
    const { current } = seat;
    if (current === undefined) return;
    const decide = (state: NegotiationState): readonly NegotiationEvent[] | undefined => {
      if (state.claim?.holder !== claim.holder || state.claim.fence !== claim.fence) return undefined;
      return [{ type: 'claim', claim: { ...claim, holder: current.holder } }];
    };
    // What follows from the commit begins the work.
    this.#executions.delete(taskId);
    await engine().add(taskId, decide, current.fence);
  }

  async #perform(execution: Execution, state: NegotiationState, claim: AwardClaim): Promise<void> {
    const { seat, telemetry } = this.#options;
    const { current } = seat;
    if (current === undefined) return;
    const outcome = await performAward({ execution, state, claim, fence: current.fence }, this.#options);
    const { agentId } = execution;
    const { completed, failed } = this.countsOf(agentId);
    const isCompleted = outcome === 'COMPLETED';
    this.#counts.set(agentId, { completed: completed + Number(isCompleted), failed: failed + Number(!isCompleted) });
    telemetry.count('parley_market_executions_total', { agent: agentId, outcome });
  }

  #stopUpTo(taskId: string, fence: number, reason: string): void {
    const execution = this.#executions.get(taskId);
    if (execution === undefined || execution.action.fence > fence) return;
    execution.controller.abort(new ParleyError('CANCELED', reason));
  }

  /** Another executor was first. */
  #dropLostClaim({ taskId, negotiation }: NegotiationState): void {
    const execution = this.#executions.get(taskId);
    const award = currentAward(negotiation);
    if (execution?.phase !== 'claimed' || award === undefined || award.workerId === null) return;
    if (award.workerId !== execution.agentId) this.#forget(execution);
  }

  #put(execution: Execution): Execution {
    this.#executions.set(execution.action.taskId, execution);
    return execution;
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

  #warn(what: string, taskId: string, thrown: unknown): void {
    const { code, message } = ParleyError.from(thrown);
    // Another node has changed it, or has this node's seat: it is looked at again.
    const log = hasCode(thrown, 'FENCED') ? this.#options.logger.debug : this.#options.logger.warn;
    log.call(this.#options.logger, what, { taskId, code, error: message });
  }
}

/** Who is in the chain of calls already would be refused: only when there is nobody else. */
function chooseCandidates(wanted: readonly RoleAction[], path: readonly string[] = []): ReadonlySet<string> {
  const ids = wanted.map(({ agentId }) => agentId);
  const outside = ids.filter((agentId) => !path.includes(agentId));
  return new Set(outside.length > 0 ? outside : ids);
}
