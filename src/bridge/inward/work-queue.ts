import { type Clock, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import { createRedisScript, type RedisClient } from '../../drivers/redis/index.ts';
import { isInterrupted, type StreamItem } from '../../protocol/index.ts';
import type { CallContext, TaskService } from '../../tasks/index.ts';
import { holdingKey, queueKey } from '../keys.ts';
import { type IncomingWork, readAssignment } from '../messages/from-assignment.ts';
import { formatTaskMessage, parseTaskMessage, type TaskMessage } from '../messages/task-message.ts';
import { createFailure, createResult } from '../messages/to-result.ts';
import { type HeldMessage, HoldingQueue } from '../queues/holding-queue.ts';
import { bury } from '../queues/letters.ts';

export interface WorkQueueOptions {
  readonly redis: RedisClient;
  /** The agent of the fabric whose queue is served. */
  readonly agentId: string;
  readonly nodeId: string;
  readonly tasks: Pick<TaskService, 'send' | 'cancel'>;
  /** Assignments that are worked on at once; the others stay in the queue. */
  readonly concurrency: number;
  /** How long an assignment waits for an agent that takes no work, when its producer does not say. */
  readonly taskTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** The work leaves the holding list and its answer goes to the producer, both or neither. */
const answerScript = createRedisScript(`
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1`);

/**
 * Serves the queue of an agent to producers in Redis: each assignment becomes one task, also when it is taken again after a
 * crash or sent twice, and is answered once.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #holding: string;
  readonly #queue: HoldingQueue;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    const { agentId, nodeId, redis, concurrency, clock, logger } = options;
    this.#holding = holdingKey(agentId, nodeId);
    this.#queue = new HoldingQueue({
      ...{ redis, concurrency, clock, logger },
      queue: queueKey(agentId),
      holding: this.#holding,
      handle: (held, signal) => this.#handle(held, signal),
      refuse: (raw, problem) =>
        this.#bury(raw, problem, problem.details['type'] === undefined ? 'invalid' : 'unexpected'),
    });
  }

  start(): void {
    this.#queue.start();
  }

  stop(signal: AbortSignal): Promise<void> {
    return this.#queue.stop(signal);
  }

  async #handle({ raw, takenAtMs }: HeldMessage, signal: AbortSignal): Promise<void> {
    const { agentId, redis, telemetry } = this.#options;
    const assignment = parseTaskMessage(raw);
    if (assignment.type !== 'task_assignment') throw unexpected(assignment, agentId);
    const answer = await this.#work(assignment, takenAtMs, signal);
    telemetry.count('parley_bridge_served_total', { agent: agentId, status: String(answer.payload['status']) });
    if (assignment.from_agent === '') {
      const problem = `The work is done, but the assignment does not say who it is from: ${formatTaskMessage(answer)}`;
      return this.#bury(raw, new ParleyError('VALIDATION_FAILED', problem), 'unanswerable');
    }
    const keys = [this.#holding, queueKey(assignment.from_agent)];
    await redis.script({ script: answerScript, keys, args: [raw, formatTaskMessage(answer)] });
  }

  /** Throws what passes while the producer still waits. */
  async #work(assignment: TaskMessage, takenAtMs: number, signal: AbortSignal): Promise<TaskMessage> {
    const { agentId, clock, taskTimeoutMs } = this.#options;
    const work = readAssignment(assignment);
    const origin = { assignment, agentId };
    try {
      const item = await this.#send(work, assignment, takenAtMs, signal);
      return createResult(item, { ...origin, nowMs: clock.now() });
    } catch (thrown) {
      const nowMs = clock.now();
      const isLate = nowMs - takenAtMs >= (work.timeoutMs ?? taskTimeoutMs);
      if (signal.aborted || (ParleyError.from(thrown).entry.retryable && !isLate)) throw thrown;
      return createFailure(thrown, { ...origin, nowMs });
    }
  }

  async #send(
    { request, timeoutMs, correlationId }: IncomingWork,
    { id, from_agent }: TaskMessage,
    takenAtMs: number,
    signal: AbortSignal,
  ): Promise<StreamItem> {
    const { agentId, tasks } = this.#options;
    const target = { agentId, endpointId: undefined };
    const context: CallContext = {
      principal: createPrincipal(from_agent, agentId),
      idempotencyKey: id,
      ...(timeoutMs !== undefined && { deadlineAtMs: takenAtMs + timeoutMs }),
      trace: { correlationId: correlationId ?? id },
    };
    const item = await tasks.send(target, request, context, signal);
    if (item.kind === 'task' && isInterrupted(item.task.status.state)) {
      await tasks.cancel(target, { id: item.task.id }, context).catch(() => {});
    }
    return item;
  }

  #bury(raw: string, problem: ParleyError, kind: 'invalid' | 'unexpected' | 'unanswerable'): Promise<void> {
    const { agentId, redis, clock } = this.#options;
    return bury(redis, this.#holding, { kind, queue: agentId, reason: problem.message, atMs: clock.now(), raw });
  }
}

/** Who sends through Redis is who the message says; it may call this agent, which was switched on for that, and nothing else. */
function createPrincipal(sender: string, agentId: string): CallContext['principal'] {
  const rights = [{ agents: [agentId], skills: ['*'], operations: ['call', 'read', 'cancel'] as const }];
  return { kind: 'user', id: `redis:${sender}`, roles: [], rights };
}

function unexpected({ type, from_agent }: TaskMessage, agentId: string): ParleyError {
  const problem = `A ${type} of ${from_agent || 'an unnamed agent'} came to ${agentId}, which takes assignments only.`;
  return new ParleyError('VALIDATION_FAILED', problem, { details: { type } });
}
