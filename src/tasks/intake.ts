import { checkArguments, type SkillRecord, selectSkill } from '../agents/index.ts';
import { type Clock, createId, hasCode, ParleyError } from '../base/index.ts';
import { isInterrupted, type Message, type SendRequest } from '../protocol/index.ts';
import type { Registry, Slot } from '../registry/index.ts';
import { type CallChain, type ChainsInFlight, requireSkill, seesPrivateSkill } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { ActiveTasks } from './active-tasks.ts';
import type { TaskBlobs } from './blobs.ts';
import type { CallContext, Target } from './call-context.ts';
import { chooseKey } from './choose-key.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { TasksElsewhere } from './elsewhere.ts';
import type { SubmittedEvent } from './events.ts';
import type { TaskState } from './fold.ts';
import { checkFollowUp, followUpEvents, refuseOver } from './follow-up.ts';
import { claimKey } from './idempotency.ts';
import type { Webhooks } from './push/webhooks.ts';
import { requireGeneration } from './require-generation.ts';
import { type NodeSeat, toRefusal } from './seat.ts';
import type { TaskSettings } from './settings.ts';
import { createSubmission } from './submission.ts';

export interface IntakeOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly chains: ChainsInFlight;
  readonly settings: Pick<TaskSettings, 'dedupe'>;
  readonly seat?: NodeSeat | undefined;
  readonly clock: Clock;
  readonly blobs: TaskBlobs;
  readonly dispatcher: Dispatcher;
  readonly active: ActiveTasks;
  readonly webhooks: Webhooks;
  /** Undefined: the node is alone. */
  readonly elsewhere: TasksElsewhere | undefined;
  /** The task, if the caller may see it. */
  readonly find: (target: Target, id: string, context: CallContext) => Promise<TaskState>;
}

/** A message that is in the journal of its task. */
export interface Accepted {
  readonly task: string;
  /** Behind which the task's next settling counts. */
  readonly version: number;
}

/** What comes in becomes a task, or goes on with one: durable before anything is handed out, once for one idempotency key. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** The task that the request makes, or that it goes on with. UNAVAILABLE while this node has lost its lease. */
  async accept(target: Target, request: SendRequest, context: CallContext): Promise<Accepted> {
    try {
      return await this.#accept(target, request, context);
    } catch (thrown) {
      throw toRefusal(thrown);
    }
  }

  async #accept(target: Target, request: SendRequest, context: CallContext): Promise<Accepted> {
    const { message } = request;
    if (message.taskId !== undefined) return this.#continue(target, message.taskId, request, context);
    const nowMs = this.#options.clock.now();
    const fresh = createId(nowMs);
    const key = chooseKey(message, context, this.#options.settings.dedupe);
    if (key === undefined) return this.#submit(target, request, context, fresh);
    const claim = { owner: context.principal.id, agentId: target.agentId, key, request, taskId: fresh, nowMs };
    const taskId = await claimKey(this.#options.store, claim, () => this.#check(target, request, context));
    if (taskId === fresh || !(await this.#options.active.load(taskId)))
      return this.#submit(target, request, context, taskId);
    return { task: taskId, version: 0 };
  }

  async #submit(target: Target, request: SendRequest, context: CallContext, taskId: string): Promise<Accepted> {
    if (this.#options.active.get(taskId)) return this.#join(taskId);
    const skill = this.#check(target, request, context);
    const detached = await this.#detachMessage(request.message);
    const submission = {
      taskId,
      target,
      skill,
      context,
      chain: this.#chainOf(context),
      nowMs: this.#options.clock.now(),
      node: this.#options.seat?.life(),
    };
    const submitted = createSubmission({ ...submission, request: { ...request, message: detached } });
    const { push } = request.configuration;
    if (push === undefined) return this.#begin(taskId, submitted, this.#reserve(target, submitted));
    const { agentId, contextId } = submitted;
    const attached = await this.#options.webhooks.attach({ taskId, agentId, contextId }, push);
    try {
      const begun = await this.#begin(taskId, submitted, this.#reserve(target, submitted));
      attached.begin();
      return begun;
    } catch (thrown) {
      await attached.discard();
      throw thrown;
    }
  }

  /** The skill that is asked for. Throws for what no task can come of, whenever it is sent. */
  #check(target: Target, { message, configuration }: SendRequest, { principal, chain }: CallContext): SkillRecord {
    const { record } = this.#options.registry.resolve(target.endpointId ?? target.agentId).listing;
    const skill = selectSkill(record, message, (id) => seesPrivateSkill(principal, target.agentId, id));
    requireSkill(principal, { agentId: target.agentId, skill, chain });
    checkArguments(skill, message.parts);
    if (configuration.push) this.#options.webhooks.check(configuration.push);
    return skill;
  }

  #reserve({ agentId, endpointId }: Target, { skill, contextId }: SubmittedEvent): Slot | undefined {
    return this.#options.dispatcher.reserve(agentId, endpointId, { skill, contextId });
  }

  /** The task that another send with the same key has just made. */
  async #join(taskId: string): Promise<Accepted> {
    await this.#options.active
      .get(taskId)
      ?.flush()
      .catch((thrown: unknown) => this.#requireMadeElsewhere(thrown));
    return { task: taskId, version: 0 };
  }

  /** Throws it, unless it says that another node has just made the task, from a send with the same key. */
  #requireMadeElsewhere(thrown: unknown): void {
    if (!this.#options.elsewhere || !hasCode(thrown, 'VERSION_CONFLICT')) throw thrown;
  }

  async #begin(taskId: string, submitted: SubmittedEvent, slot: Slot | undefined): Promise<Accepted> {
    if (this.#options.active.get(taskId)) {
      slot?.release();
      return this.#join(taskId);
    }
    const task = this.#options.active.add(taskId);
    task.record(submitted);
    if (slot)
      task.record(
        this.#options.dispatcher.createDispatch(slot, { skill: submitted.skill, attempt: 1, invocationId: undefined }),
      );
    try {
      await task.flush();
    } catch (thrown) {
      slot?.release();
      this.#requireMadeElsewhere(thrown);
      return { task: taskId, version: 0 };
    }
    if (slot) this.#options.dispatcher.run(task, slot);
    else this.#options.dispatcher.enqueue(task);
    return { task: taskId, version: 0 };
  }

  async #continue(target: Target, taskId: string, request: SendRequest, context: CallContext): Promise<Accepted> {
    const state = await this.#options.find(target, taskId, context);
    const task = this.#options.active.get(taskId);
    checkFollowUp(state, request.message, this.#options.elsewhere !== undefined || task?.isOpen === true);
    requireGeneration(context, taskId, task?.recordedVersion ?? state.version);
    const { contextId } = state.submitted;
    const message = { ...(await this.#detachMessage(request.message)), taskId, contextId };
    if (task) this.#refuseCrowd(task);
    const { push } = request.configuration;
    if (push) await this.#options.webhooks.create(target, { taskId, config: push }, context);
    if (!task) return this.#continueElsewhere(state, message, context);
    requireGeneration(context, taskId, task.recordedVersion);
    task.record(...followUpEvents(state, message, this.#options.clock.now()));
    const version = task.recordedVersion;
    await task.flush();
    this.#options.dispatcher.runOf(taskId)?.answer(message);
    return { task: taskId, version };
  }

  /** The node that has the task hands the message to the agent. */
  async #continueElsewhere({ id }: TaskState, message: Message, context: CallContext): Promise<Accepted> {
    if (!this.#options.elsewhere) throw new ParleyError('TASK_NOT_FOUND', `There is no task ${id}.`);
    const { version } = await this.#options.elsewhere.command(id, (latest) => {
      checkFollowUp(latest, message, true);
      requireGeneration(context, id, latest.version);
      if (!isInterrupted(latest.status.state)) refuseOver(latest.answers.length, id);
      return followUpEvents(latest, message, this.#options.clock.now());
    });
    return { task: id, version };
  }

  #refuseCrowd(task: ActiveTask): void {
    refuseOver(this.#options.dispatcher.runOf(task.id)?.waitingAnswers ?? task.state.answers.length, task.id);
  }

  /** An agent's call without a token counts as made by the deepest chain in flight in that deployment. */
  #chainOf({ chain, principal }: CallContext): CallChain | undefined {
    if (chain || principal.kind !== 'worker') return chain;
    return this.#options.chains.deepestAt(principal.deploymentId);
  }

  async #detachMessage(message: Message): Promise<Message> {
    const parts = await this.#options.blobs.detach(message.parts);
    return parts === message.parts ? message : { ...message, parts };
  }
}
