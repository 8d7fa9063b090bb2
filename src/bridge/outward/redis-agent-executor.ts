import type { AgentExecutor, ExecutionEvent, Invocation } from '../../agents/index.ts';
import {
  abortable,
  type BoundedQueue,
  type Clock,
  hasCode,
  type Logger,
  ParleyError,
  sleep,
  type Telemetry,
} from '../../base/index.ts';
import { readResult } from '../messages/from-result.ts';
import { parseTaskMessage, type TaskMessage } from '../messages/task-message.ts';
import { createAssignment } from '../messages/to-assignment.ts';
import type { Calls, OpenedCall } from './calls.ts';
import type { Replies } from './replies.ts';

export interface RedisAgentExecutorOptions {
  readonly agentId: string;
  readonly calls: Calls;
  readonly replies: Replies;
  readonly replyAgent: string;
  /** For calls that have no deadline of their own. */
  readonly taskTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** How often is looked for an answer that another bridge may take. */
const lookMs = 250;
/** By then the answer is in the task's journal. */
const forgetAfterMs = 5_000;
const withdrawRetryMs = 1_000;
const maxWithdrawTries = 600;

/**
 * Calls a Redis agent: the work goes into its queue, the answer comes to the bridge's. The same invocation is sent once,
 * also when it is executed again after a crash. Aborted, it is taken out of the queue if the agent has not taken it;
 * otherwise its answer is kept as a late letter: such agents cannot be stopped.
 */
export function createRedisAgentExecutor(options: RedisAgentExecutorOptions): AgentExecutor {
  return { execute: (invocation) => execute(invocation, options) };
}

async function* execute(
  invocation: Invocation,
  options: RedisAgentExecutorOptions,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const { signal } = invocation;
  signal.throwIfAborted();
  const { call, messages } = await open(invocation, options);
  const stop = (): void => messages.end(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const looking = call.replyAgent === options.replyAgent ? undefined : look(call, messages, options);
  try {
    for await (const message of messages) yield* readResult(message);
    forgetLater(call.id, options);
  } catch (thrown) {
    if (signal.aborted) void withdraw(call.id, options);
    throw thrown;
  } finally {
    looking?.();
    signal.removeEventListener('abort', stop);
    options.replies.ignore(call.id);
  }
}

interface Expected {
  readonly call: OpenedCall;
  /** What is said about the call; ends with its answer. */
  readonly messages: BoundedQueue<TaskMessage>;
}

async function open(invocation: Invocation, options: RedisAgentExecutorOptions): Promise<Expected> {
  const { agentId, calls, replies, replyAgent, taskTimeoutMs, clock } = options;
  const nowMs = clock.now();
  const timeoutMs = invocation.deadlineAtMs === undefined ? taskTimeoutMs : invocation.deadlineAtMs - nowMs;
  const address = { replyAgent, agentId, nowMs, timeoutMs };
  const tried: string[] = [];
  const opening = calls.open({
    invocationId: invocation.id,
    agentId,
    timeoutMs,
    create: (id) => createAssignment(invocation, { id, ...address }),
    onId: (id) => {
      tried.push(id);
      replies.expect(id);
    },
  });
  try {
    const call = await abortable(opening, invocation.signal);
    const messages = replies.expect(call.id);
    if (call.answer !== undefined) replies.deliver(call.id, parseTaskMessage(call.answer));
    return { call, messages };
  } catch (thrown) {
    for (const id of tried) replies.ignore(id);
    if (!invocation.signal.aborted) throw unavailable(thrown, agentId);
    // Redis may have it, or get it yet: nobody waits for what comes of it.
    void opening.catch(() => {}).finally(() => withdraw(tried.at(-1) ?? '', options));
    throw invocation.signal.reason;
  }
}

/** Whether it was sent is found out by opening it again, so nothing is lost or done twice by trying. */
function unavailable(thrown: unknown, agentId: string): unknown {
  if (!hasCode(thrown, 'UNAVAILABLE')) return thrown;
  const message = `The Redis agent ${agentId} cannot be reached: ${thrown.message}`;
  return new ParleyError('AGENT_UNAVAILABLE', message, { cause: thrown, retryAfterMs: 1_000 });
}

/** Another bridge has sent the call, and may take its answer: it is looked for, and the queue of that bridge is read. */
function look(
  { id, replyAgent }: OpenedCall,
  messages: BoundedQueue<TaskMessage>,
  { calls, replies, clock }: RedisAgentExecutorOptions,
): () => void {
  replies.adopt(replyAgent);
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.schedule(lookMs, () => void calls.look(id).then(found, next));
  };
  const found = (answer: string | undefined): void => {
    if (answer !== undefined) {
      messages.push(parseTaskMessage(answer));
      messages.end();
    } else next();
  };
  next();
  return () => cancel();
}

/** While Redis is away, it goes on trying: what was given up must not be taken. */
async function withdraw(id: string, options: RedisAgentExecutorOptions): Promise<void> {
  const { agentId, calls, clock, logger, telemetry } = options;
  for (let tries = 0; tries < maxWithdrawTries; tries++) {
    try {
      const outcome = (await calls.withdraw(id, agentId)) ? 'withdrawn' : 'taken';
      telemetry.count('parley_bridge_given_up_total', { outcome });
      return;
    } catch (thrown) {
      if (tries === 0) logger.warn('a call could not be withdrawn yet', { agentId, id, error: String(thrown) });
      await sleep(clock, withdrawRetryMs);
    }
  }
}

/** Not at once: a node that dies before its journal has the answer finds it here. */
function forgetLater(id: string, { calls, clock, logger }: RedisAgentExecutorOptions): void {
  clock.schedule(forgetAfterMs, () => {
    calls.forget(id).catch((thrown: unknown) => logger.debug('a call is kept longer', { id, error: String(thrown) }));
  });
}
