import { BoundedQueue, type Clock, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import type { RedisClient } from '../../drivers/redis/index.ts';
import { holdingKey, queueKey } from '../keys.ts';
import { isProgress } from '../messages/from-result.ts';
import { parseTaskMessage, type TaskMessage } from '../messages/task-message.ts';
import { HoldingQueue } from '../queues/holding-queue.ts';
import { bury } from '../queues/letters.ts';
import { removeHeld } from '../queues/remove-held.ts';
import type { Calls } from './calls.ts';

/** Messages about one call that may wait to be taken; news beyond them is dropped, the answer never. */
const maxWaiting = 1_000;

export interface RepliesOptions {
  readonly redis: RedisClient;
  readonly calls: Calls;
  /** Whose queue is read. */
  readonly replyAgent: string;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** What comes to a bridge's own queue: each answer goes to who waits for its call; the rest is kept as letters. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #waiting = new Map<string, BoundedQueue<TaskMessage>>();
  readonly #queues = new Map<string, HoldingQueue>();

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#read(this.#options.replyAgent);
  }

  async stop(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.stop(signal)));
  }

  /** Reads the queue of a bridge that has sent what this one goes on with. */
  adopt(replyAgent: string): void {
    if (!this.#queues.has(replyAgent)) this.#read(replyAgent);
  }

  /** What is said about the call from now on; it ends with the answer. `ignore` it when nobody waits any more. */
  expect(id: string): BoundedQueue<TaskMessage> {
    const queue = this.#waiting.get(id) ?? new BoundedQueue<TaskMessage>(maxWaiting);
    this.#waiting.set(id, queue);
    return queue;
  }

  /** The answer to a call; nothing happens when nobody waits for it here. */
  deliver(id: string, message: TaskMessage): void {
    const waiting = this.#waiting.get(id);
    waiting?.push(message);
    waiting?.end();
  }

  ignore(id: string): void {
    this.#waiting.delete(id);
  }

  #read(replyAgent: string): void {
    const { redis, clock, logger, nodeId } = this.#options;
    const holding = holdingKey(replyAgent, nodeId);
    const queue = new HoldingQueue({
      redis,
      queue: queueKey(replyAgent),
      holding,
      concurrency: 1,
      handle: ({ raw }) => this.#take(raw, { holding, queue: replyAgent }),
      refuse: (raw, problem) => this.#refuse(raw, problem, { holding, queue: replyAgent }),
      clock,
      logger,
    });
    this.#queues.set(replyAgent, queue);
    queue.start();
  }

  async #take(raw: string, place: Place): Promise<void> {
    const { calls, redis, telemetry } = this.#options;
    const message = parseTaskMessage(raw);
    if (message.type !== 'task_result') throw unexpected(message);
    const id = await calls.correlate(message);
    if (isProgress(message)) {
      this.#waiting.get(id)?.push(message);
      return removeHeld(redis, place.holding, raw);
    }
    const settlement = await calls.settle(id, { raw, ...place });
    if (settlement === undefined) return;
    telemetry.count('parley_bridge_answers_total', { outcome: settlement });
    if (settlement === 'answered') this.deliver(id, message);
  }

  async #refuse(raw: string, problem: ParleyError, { holding, queue }: Place): Promise<void> {
    const { redis, clock, telemetry } = this.#options;
    const kind = problem.details['type'] === undefined ? 'invalid' : 'unexpected';
    telemetry.count('parley_bridge_answers_total', { outcome: kind });
    await bury(redis, holding, { kind, queue, reason: problem.message, atMs: clock.now(), raw });
  }
}

interface Place {
  readonly holding: string;
  readonly queue: string;
}

function unexpected({ type, from_agent }: TaskMessage): ParleyError {
  const problem = `A ${type} of ${from_agent || 'an unnamed agent'} came to the queue for answers, where nobody takes it.`;
  return new ParleyError('VALIDATION_FAILED', problem, { details: { type } });
}
