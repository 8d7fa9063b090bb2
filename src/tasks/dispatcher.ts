import {
  type Clock,
  createId,
  hasCode,
  type Logger,
  ParleyError,
  type Telemetry,
  TransientMap,
} from '../base/index.ts';
import { isInterrupted } from '../protocol/index.ts';
import type { CallFacts, Registry, Slot } from '../registry/index.ts';
import type { ChainsInFlight } from '../security/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { DispatchedEvent } from './events.ts';
import { type RunOptions, TaskRun } from './run.ts';
import { toFailure } from './to-events.ts';

export interface DispatcherOptions extends RunOptions {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Told of the chains that runs work on. */
  readonly chains: Pick<ChainsInFlight, 'add'>;
  /** Tasks that may wait for one agent. */
  readonly maxQueued: number;
  /** How long a recovered task waits for an agent that is not there. */
  readonly recoverWaitMs: number;
}

const retryAfterMs = 1_000;

/** Brings tasks to free workers: at once where there is one, else first come, first served, from a bounded queue per agent. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #clock: Clock;
  readonly #queues = new Map<string, ActiveTask[]>();
  readonly #runs = new TransientMap<string, TaskRun>();
  /** Recovered tasks whose agents may yet come. */
  readonly #patient = new Set<ActiveTask>();
  readonly #unwatch: () => void;
  #stopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#unwatch = options.registry.watch((agentId) => this.#drain(agentId));
  }

  /** The run of a task that is with an executor now. */
  runOf(taskId: string): TaskRun | undefined {
    return this.#runs.get(taskId);
  }

  /**
   * A free place, unless others wait for it. Throws when the task could not even wait: BREAKER_OPEN, AGENT_UNAVAILABLE,
   * AGENT_DISABLED, QUEUE_FULL.
   */
  reserve(agentId: string, endpointId: string | undefined, call: CallFacts): Slot | undefined {
    this.#refuseWhileStopping();
    const refusal = this.#options.resilience.breakers.refusal(agentId);
    if (refusal) throw refusal;
    const waiting = this.#queues.get(agentId)?.length ?? 0;
    const slot = waiting === 0 ? this.#options.registry.select(agentId, endpointId, call) : undefined;
    if (slot) return slot;
    const problem = this.#unreachable(endpointId ?? agentId);
    if (problem) throw problem;
    if (waiting < this.#options.maxQueued) return undefined;
    throw new ParleyError('QUEUE_FULL', `${waiting} tasks wait for agent ${agentId}. Try again later.`, {
      retryAfterMs,
    });
  }

  /** The event that must be journalled before the task goes to that place. */
  createDispatch(
    slot: Slot,
    task: { skill: string; attempt: number; invocationId: string | undefined },
  ): DispatchedEvent {
    const skill = slot.endpoint.record.skills.find(({ id }) => id === task.skill);
    return {
      type: 'dispatched',
      at: this.#clock.now(),
      invocationId: task.invocationId ?? createId(this.#clock.now()),
      endpointId: slot.endpoint.id,
      attempt: task.attempt,
      idempotent: skill?.idempotent ?? false,
    };
  }

  /** Hands out a task whose dispatch is journalled, unless it was cancelled meanwhile. */
  run(task: ActiveTask, slot: Slot): void {
    if (!task.isOpen) {
      slot.release();
      return;
    }
    const run = new TaskRun(task, slot, this.#options);
    this.#runs.set(task.id, run);
    const forget = this.#options.chains.add(slot.endpoint.id, run.chain);
    void run.execute().then((outcome) => {
      forget();
      if (this.#runs.get(task.id) === run) this.#runs.delete(task.id);
      if (typeof outcome === 'object') this.#enqueueLater(task, outcome.againAfterMs);
    });
  }

  #enqueueLater(task: ActiveTask, delayMs: number): void {
    this.#options.telemetry.count('parley_retries_total', { agent: task.state.submitted.agentId });
    this.#clock.schedule(delayMs, () => this.enqueue(task));
  }

  /** Lets a journalled task wait for a place. */
  enqueue(task: ActiveTask): void {
    const { agentId } = task.state.submitted;
    const queue = this.#queues.get(agentId) ?? [];
    queue.push(task);
    this.#queues.set(agentId, queue);
    this.#options.registry.addQueued(agentId, 1);
    this.#drain(agentId);
  }

  /** The same for a task of an earlier run: what knows its agent may come later than this node, as Redis or another node does. */
  enqueueRecovered(task: ActiveTask): void {
    this.#patient.add(task);
    this.#clock.schedule(this.#options.recoverWaitMs, () => {
      if (this.#patient.delete(task)) this.#drain(task.state.submitted.agentId);
    });
    this.enqueue(task);
  }

  /** Ends a task that is with nobody. */
  fail(task: ActiveTask, problem: ParleyError): void {
    const { contextId } = task.state.submitted;
    task.record(toFailure(problem, { taskId: task.id, contextId, at: this.#clock.now(), createId }));
    task.flush().catch(() => {});
  }

  /** Takes a waiting task out of its queue; false when it does not wait. */
  remove(task: ActiveTask): boolean {
    const { agentId } = task.state.submitted;
    const queue = this.#queues.get(agentId);
    const index = queue?.indexOf(task) ?? -1;
    if (index < 0) return false;
    queue?.splice(index, 1);
    this.#options.registry.addQueued(agentId, -1);
    return true;
  }

  /** Lets runs end until the signal aborts, but for those that wait for their callers; what is left stays as it is journalled. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#unwatch();
    this.#queues.clear();
    while (this.#isWorking() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const run of this.#runs.values()) run.abandon();
  }

  #isWorking(): boolean {
    return [...this.#runs.values()].some(({ task }) => !isInterrupted(task.state.status.state));
  }

  #drain(agentId: string): void {
    const queue = this.#queues.get(agentId);
    if (this.#stopping || !queue || queue.length === 0) return;
    const waiting: ActiveTask[] = [];
    const busy = new Set<string>();
    const taken = queue.splice(0);
    for (const task of taken) {
      if (!task.isOpen) continue;
      if (!this.#dispatch(task, busy)) waiting.push(task);
    }
    queue.unshift(...waiting);
    this.#options.registry.addQueued(agentId, waiting.length - taken.length);
    if (queue.length === 0) this.#queues.delete(agentId);
  }

  /** True when the task is taken care of; false when it must go on waiting. */
  #dispatch(task: ActiveTask, busy: Set<string>): boolean {
    const { agentId, skill, contextId } = task.state.submitted;
    const endpointId = this.#placeOf(task);
    const place = `${endpointId ?? ''} ${skill}`;
    if (busy.has(place)) return false;
    const refused = this.#refused(task);
    if (refused !== undefined) return refused;
    const slot = this.#options.registry.select(agentId, endpointId, { skill, contextId });
    if (slot) {
      this.#patient.delete(task);
      const { dispatched, redriven } = task.state;
      const attempt = (dispatched?.attempt ?? redriven?.attempts ?? 0) + 1;
      const { invocationId } = dispatched ?? redriven ?? { invocationId: undefined };
      task.record(this.createDispatch(slot, { skill, attempt, invocationId }));
      task.flush().then(
        () => this.run(task, slot),
        () => slot.release(),
      );
      return true;
    }
    busy.add(place);
    const problem = this.#unreachable(endpointId ?? agentId);
    if (!problem || (problem.code === 'AGENT_NOT_FOUND' && this.#patient.has(task))) return false;
    this.fail(task, problem);
    return true;
  }

  /** By its agent's breaker: the task has failed, or waits (false) for what a probe brings. Undefined: it is not refused. */
  #refused(task: ActiveTask): boolean | undefined {
    const { breakers } = this.#options.resilience;
    const { agentId } = task.state.submitted;
    const refusal = breakers.refusal(agentId);
    if (refusal === undefined) return undefined;
    if (breakers.isProbing(agentId)) return false;
    this.fail(task, refusal);
    return true;
  }

  /** The deployment that the caller named; else the one that the task began with, or when it is redriven, as long as that takes work. */
  #placeOf({ state }: ActiveTask): string | undefined {
    const { submitted, dispatched, redriven } = state;
    const before = submitted.endpointId ?? dispatched?.endpointId;
    const insists = before === submitted.endpointId && !redriven;
    return insists || !this.#unreachable(before ?? submitted.agentId) ? before : undefined;
  }

  /** Why waiting for the agent is in vain; undefined when a worker may yet come. */
  #unreachable(id: string): ParleyError | undefined {
    try {
      const { status, reason } = this.#options.registry.resolve(id).listing;
      if (status === 'healthy' || status === 'starting') return undefined;
      const problem = `Agent ${id} is ${status}${reason ? `: ${reason}` : ''}.`;
      if (status === 'disabled') return new ParleyError('AGENT_DISABLED', problem);
      return new ParleyError('AGENT_UNAVAILABLE', problem, { retryAfterMs });
    } catch (thrown) {
      if (hasCode(thrown, 'AGENT_NOT_FOUND')) return thrown;
      throw thrown;
    }
  }

  #refuseWhileStopping(): void {
    if (this.#stopping)
      throw new ParleyError('UNAVAILABLE', 'The node stops and takes no more work.', { retryAfterMs });
  }
}
