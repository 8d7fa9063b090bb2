import {
  type AgentExecutor,
  type ExecutionEvent,
  type Invocation,
  type SkillRecord,
  withCheckedResult,
} from '../agents/index.ts';
import { BoundedQueue, type Clock, createId, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import type { Registry, Slot } from '../registry/index.ts';
import {
  type CallResilience,
  decideRetry,
  hedgeAfterOf,
  isOutcomeUnknown,
  retryRuleOf,
  withDeadlines,
  withHedging,
} from '../resilience/index.ts';
import type { CallChain, CallTokens } from '../security/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { TaskBlobs } from './blobs.ts';
import { type EventSource, toFailure, toTaskEvent } from './to-events.ts';

export interface RunOptions {
  readonly clock: Clock;
  readonly blobs: TaskBlobs;
  readonly callTokens: Pick<CallTokens, 'sign'>;
  /** Without an event for so long a call is over, unless its skill says otherwise. */
  readonly idleMs: number;
  readonly resilience: CallResilience;
  /** Has the place of a second attempt. */
  readonly registry: Pick<Registry, 'select'>;
}

/** How a run left its task: ended, to be handed out once more, or as it stands, for the next start of the node. */
export type RunOutcome = 'ended' | 'abandoned' | { readonly againAfterMs: number };

/** So many messages of its caller may wait for an agent. */
export const maxWaitingAnswers = 100;

/** One dispatch of a task to an executor: takes its events into the journal, and ends the task by the rule "Doing it once". */
export class TaskRun {
  readonly task: ActiveTask;
  readonly slot: Slot;
  readonly chain: CallChain;
  readonly #options: RunOptions;
  readonly #controller = new AbortController();
  #abandoned = false;
  readonly #answers: BoundedQueue<Message>;

  constructor(task: ActiveTask, slot: Slot, options: RunOptions) {
    this.task = task;
    this.slot = slot;
    this.#options = options;
    const { submitted, dispatched } = task.state;
    this.chain = {
      origin: submitted.origin,
      ...(submitted.roles && { roles: submitted.roles }),
      path: [...submitted.path, submitted.agentId],
      invocationId: dispatched?.invocationId ?? '',
      taskId: task.state.id,
      ...(submitted.party !== undefined && { party: submitted.party }),
      deadlineAtMs: this.#deadline(),
      correlationId: submitted.correlationId,
    };
    const { answers } = task.state;
    this.#answers = new BoundedQueue<Message>(maxWaitingAnswers + answers.length);
    for (const answer of answers) this.#answers.push(answer);
  }

  /** Stops the work; the run then ends the task. */
  cancel(reason: ParleyError): void {
    this.#controller.abort(reason);
  }

  /** The node stops: whatever happens to the work now, its journal stays as it is. */
  abandon(): void {
    this.#abandoned = true;
    this.#controller.abort(new ParleyError('CANCELED', 'The node stops.', { details: { nodeStops: true } }));
  }

  /** Messages of the caller that the agent has not taken yet. */
  get waitingAnswers(): number {
    return this.#answers.size;
  }

  /** Hands the caller's answer, as it is journalled, to the agent; when the run has just ended, the next one gets it. */
  answer(message: Message): void {
    this.#answers.push(message);
  }

  /** Runs to its end; never throws. */
  async execute(): Promise<RunOutcome> {
    try {
      for await (const event of this.#executor().execute(await this.#invocation())) await this.#take(event);
      if (this.task.isOpen) throw new ParleyError('INVALID_AGENT_RESPONSE', 'The agent ended without a result.');
      await this.task.flush();
      return 'ended';
    } catch (thrown) {
      return await this.#conclude(thrown);
    } finally {
      this.#answers.end();
      this.slot.release();
    }
  }

  #executor(): AgentExecutor {
    const { clock, idleMs, resilience } = this.#options;
    const skill = this.#skill();
    const timed = { clock, idleMs: skill?.timeouts.idleMs ?? idleMs, breakers: resilience.breakers };
    return withDeadlines(withCheckedResult(this.#hedged(skill), skill), timed);
  }

  #hedged(skill: SkillRecord | undefined): AgentExecutor {
    const { executor, record } = this.slot.endpoint;
    const { clock, resilience, registry } = this.#options;
    const afterMs = hedgeAfterOf(resilience.config, record, skill);
    if (afterMs === undefined) return executor;
    const { agentId, endpointId } = this.task.state.submitted;
    const second = (): Slot | undefined => registry.select(agentId, endpointId, { skill: skill?.id });
    return withHedging(executor, { clock, afterMs, second });
  }

  #skill(): SkillRecord | undefined {
    return this.slot.endpoint.record.skills.find(({ id }) => id === this.task.state.submitted.skill);
  }

  #deadline(): number | undefined {
    const { submitted, dispatched, redriven } = this.task.state;
    const skill = this.#skill();
    const own = skill?.timeouts.totalMs === undefined ? undefined : (dispatched?.at ?? 0) + skill.timeouts.totalMs;
    // Of a task that is tried again, its caller's patience has ended long ago.
    const limits = [own, redriven ? undefined : submitted.deadlineAtMs].filter((limit) => limit !== undefined);
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  async #invocation(): Promise<Invocation> {
    const { id, submitted } = this.task.state;
    const { message, contextId, traceparent } = submitted;
    return {
      id: this.chain.invocationId,
      agentId: submitted.agentId,
      skill: submitted.skill,
      parts: await this.#options.blobs.attach(message.parts),
      task: { id, contextId, messageId: message.messageId, metadata: message.metadata ?? {} },
      caller: { id: submitted.origin, roles: submitted.roles ?? [], path: submitted.path },
      ...(submitted.party !== undefined && { party: submitted.party }),
      callToken: this.#options.callTokens.sign(this.chain),
      deadlineAtMs: this.chain.deadlineAtMs,
      signal: this.#controller.signal,
      answers: this.#attachedAnswers(),
      trace: { correlationId: submitted.correlationId, ...(traceparent !== undefined && { traceparent }) },
    };
  }

  async *#attachedAnswers(): AsyncGenerator<Message> {
    for await (const answer of this.#answers) {
      const parts = await this.#options.blobs.attach(answer.parts);
      yield { ...answer, parts };
    }
  }

  async #take(event: ExecutionEvent): Promise<void> {
    if (this.#abandoned) return;
    if (event.kind === 'ask') this.slot.release();
    this.task.record(toTaskEvent(await this.#detach(event), this.#source()));
    await this.task.pressure();
  }

  async #detach(event: ExecutionEvent): Promise<ExecutionEvent> {
    const { blobs } = this.#options;
    if (event.kind === 'artifact') {
      const parts = await blobs.detach(event.artifact.parts);
      return { ...event, artifact: { ...event.artifact, parts } };
    }
    return event.parts ? { ...event, parts: await blobs.detach(event.parts) } : event;
  }

  /** The rule "Doing it once": what was not handed out, or may be handed out twice, is done again; the rest has an end. */
  async #conclude(thrown: unknown): Promise<RunOutcome> {
    if (this.#abandoned) return 'abandoned';
    const error = this.#controller.signal.aborted ? this.#controller.signal.reason : thrown;
    const againAfterMs = this.task.isOpen ? this.#retryDelayMs(error) : undefined;
    if (againAfterMs !== undefined) return { againAfterMs };
    this.task.record(toFailure(isOutcomeUnknown(error) ? outcomeUnknown(error) : error, this.#source()));
    return await this.task.flush().then(
      () => 'ended',
      () => 'ended',
    );
  }

  #retryDelayMs(thrown: unknown): number | undefined {
    const { config } = this.#options.resilience;
    const { dispatched, redriven } = this.task.state;
    const attempt = {
      thrown,
      retries: (dispatched?.attempt ?? 1) - 1 - (redriven?.attempts ?? 0),
      idempotent: dispatched?.idempotent === true,
      nowMs: this.#options.clock.now(),
      deadlineAtMs: this.chain.deadlineAtMs,
      chance: Math.random(),
    };
    return decideRetry(attempt, retryRuleOf(config, this.slot.endpoint.record, this.#skill()));
  }

  #source(): EventSource {
    const { id, submitted } = this.task.state;
    return { taskId: id, contextId: submitted.contextId, at: this.#options.clock.now(), createId };
  }
}

/** The failure of a task whose work was handed out and may or may not have been done. */
export function outcomeUnknown(cause: unknown): ParleyError {
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  return new ParleyError(
    'OUTCOME_UNKNOWN',
    `The work was handed out and its outcome is not known.${why} Send it again if it may be done twice.`,
    { cause },
  );
}
