import type { AgentExecutor, ExecutionEvent, Invocation } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import { toWireParts } from '../worker-protocol/codec.ts';
import type { NodeFrame } from '../worker-protocol/frames.ts';
import type { WorkerCall } from './worker-call.ts';
import { describeAbort, type WorkerConnection } from './worker-connection.ts';

/** A worker that takes calls. */
export interface CallPlace {
  readonly connection: WorkerConnection;
  /** The call was cancelled and may take so long to end; after that the worker is replaced. */
  watchCanceled(call: WorkerCall): void;
}

export interface WorkerExecutorOptions {
  /** The ready worker with the fewest calls; undefined when there is none. */
  readonly pick: () => CallPlace | undefined;
  /** Where calls go that come while this deployment ends, because they were given their place a moment before. */
  readonly successor: () => AgentExecutor | undefined;
  /** The skill of a call that names none. */
  readonly defaultSkill: () => string | undefined;
  readonly deploymentId: string;
}

/** An executor over the workers of one deployment. */
export function createWorkerExecutor(options: WorkerExecutorOptions): AgentExecutor {
  return {
    execute(invocation) {
      const place = options.pick();
      if (place !== undefined) return runCall(options, place, invocation);
      const successor = options.successor();
      if (successor !== undefined) return successor.execute(invocation);
      throw new ParleyError(
        'AGENT_UNAVAILABLE',
        `Deployment ${options.deploymentId} has no worker that takes calls now; try again in a moment.`,
      );
    },
  };
}

async function* runCall(
  options: WorkerExecutorOptions,
  place: CallPlace,
  invocation: Invocation,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const { signal } = invocation;
  if (signal.aborted) return yield { kind: 'end', state: 'canceled' };
  const call = openCall(options, place, invocation);
  const cancel = (): void => cancelCall(place, call, signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  // Before the first turn ends: answers from before a crash travel with the invocation.
  if (invocation.task !== undefined) void forwardAnswers(place, call, invocation);
  try {
    while (true) {
      const event = call.take();
      if (event === undefined) {
        if (call.over) break;
        await call.wait();
        continue;
      }
      yield event;
    }
    if (call.failure !== undefined) yield afterFailure(call, call.failure);
  } finally {
    signal.removeEventListener('abort', cancel);
    call.abandon();
    if (!call.over) cancelCall(place, call, undefined);
  }
}

/** A cancelled call whose process is gone has really stopped. */
function afterFailure(call: WorkerCall, failure: ParleyError): ExecutionEvent {
  if (call.canceled && failure.code === 'WORKER_LOST') return { kind: 'end', state: 'canceled' };
  throw failure;
}

function openCall(options: WorkerExecutorOptions, place: CallPlace, invocation: Invocation): WorkerCall {
  const skill = invocation.skill ?? options.defaultSkill();
  if (skill === undefined) {
    throw new ParleyError('SKILL_NOT_FOUND', `Agent ${invocation.agentId} has no default skill: name one.`);
  }
  const { parts, files } = toWireParts(invocation.parts);
  const { task, deadlineAtMs, trace } = invocation;
  const frame: Omit<Extract<NodeFrame, { type: 'invoke' }>, 'credit' | 'type'> = {
    call: invocation.id,
    skill,
    parts,
    ...(task === undefined ? {} : { task }),
    caller: invocation.caller,
    callToken: invocation.callToken,
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
    correlationId: trace.correlationId,
    ...(trace.traceparent === undefined ? {} : { traceparent: trace.traceparent }),
  };
  return place.connection.open(frame, files);
}

function cancelCall(place: CallPlace, call: WorkerCall, reason: unknown): void {
  if (call.over || call.canceled) return;
  call.canceled = true;
  place.connection.send({ type: 'cancel', call: call.id, ...describeAbort(reason) });
  place.watchCanceled(call);
}

/** Each answer to the worker as it comes. */
async function forwardAnswers(place: CallPlace, call: WorkerCall, invocation: Invocation): Promise<void> {
  try {
    for await (const { messageId, parts } of invocation.answers) {
      if (call.over) return;
      const wire = toWireParts(parts);
      place.connection.send({ type: 'answer', call: call.id, messageId, parts: wire.parts }, wire.files);
    }
  } catch (thrown) {
    cancelCall(place, call, thrown);
  }
}
