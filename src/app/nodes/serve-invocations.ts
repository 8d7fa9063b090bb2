import type { ExecutionEvent, Invocation } from '../../agents/index.ts';
import { BoundedQueue, type Clock, ParleyError } from '../../base/index.ts';
import { createTakePlace } from '../../control/index.ts';
import type { Message } from '../../protocol/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { CallChain, CallTokens, ChainsInFlight } from '../../security/index.ts';
import type { InnerCall, InnerHandler } from './inner-door.ts';
import {
  chainHeader,
  fromWireError,
  innerPaths,
  mapEvent,
  packParts,
  unpackParts,
  type WireAnswer,
  type WireCancel,
  type WireInvocation,
  type WireLine,
} from './wire.ts';

export interface ServeOptions {
  readonly registry: Registry;
  readonly callTokens: CallTokens;
  readonly chains: ChainsInFlight;
  readonly clock: Clock;
  /** Calls that may wait for one agent. */
  readonly maxWaiting: number;
  /** Cancels what an invocation has started in other agents. */
  readonly cancelStarted: (invocationId: string, by: string) => void;
}

/** An invocation that another node has given to a worker of this one. */
interface Running {
  readonly from: string;
  readonly answers: BoundedQueue<Message>;
  readonly controller: AbortController;
}

const maxAnswers = 1_000;

/**
 * The handlers by which other nodes use the workers of this one. The work ends when the calling node leaves: that one has the task,
 * and decides what becomes of it.
 */
export function createInvocationHandlers(options: ServeOptions): Readonly<Record<string, InnerHandler>> {
  const running = new Map<string, Running>();
  const takePlace = createTakePlace(options);
  const find = ({ from }: InnerCall, id: string): Running => {
    const known = running.get(id);
    if (known?.from === from) return known;
    throw new ParleyError('NOT_FOUND', `There is no invocation ${id} of node ${from} here.`);
  };
  return {
    [innerPaths.invoke]: (call) => serve(call, { ...options, running, takePlace }),
    [innerPaths.answer]: async (call) => {
      const { id, message } = call.body as WireAnswer;
      if (find(call, id).answers.push({ ...message, parts: unpackParts(message.parts) })) return;
      throw new ParleyError('QUEUE_FULL', `Invocation ${id} has ${maxAnswers} messages that its agent has not taken.`);
    },
    [innerPaths.cancel]: async (call) => {
      const { id, reason } = call.body as WireCancel;
      find(call, id).controller.abort(fromWireError(reason));
    },
  };
}

interface Service extends ServeOptions {
  readonly running: Map<string, Running>;
  readonly takePlace: ReturnType<typeof createTakePlace>;
}

async function* serve(call: InnerCall, service: Service): AsyncGenerator<WireLine, void, undefined> {
  const wire = call.body as WireInvocation;
  const token = call.headers[chainHeader];
  const callToken = typeof token === 'string' ? token : '';
  const chain = service.callTokens.verify(callToken);
  const controller = new AbortController();
  const leave = (): void => controller.abort(call.signal.reason);
  call.signal.addEventListener('abort', leave, { once: true });
  const answers = new BoundedQueue<Message>(maxAnswers);
  service.running.set(wire.id, { from: call.from, answers, controller });
  const cancelStarted = (): void => service.cancelStarted(wire.id, chain.origin);
  controller.signal.addEventListener('abort', cancelStarted, { once: true });
  try {
    const invocation = toInvocation(wire, { chain, callToken, answers, signal: controller.signal });
    for await (const event of runHere(wire, { invocation, chain, service }))
      yield { event: mapEvent(event, packParts) };
  } finally {
    call.signal.removeEventListener('abort', leave);
    answers.end();
    service.running.delete(wire.id);
    controller.signal.removeEventListener('abort', cancelStarted);
    controller.abort(new ParleyError('CANCELED', 'The call is over.'));
  }
}

interface Work {
  readonly invocation: Invocation;
  readonly chain: CallChain;
  readonly service: Service;
}

async function* runHere(
  { agentId, endpointId, skill, deadlineAtMs }: WireInvocation,
  { invocation, chain, service }: Work,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const { signal } = invocation;
  const slot = await service
    .takePlace({ agentId, endpointId, skill: skill ?? '', deadlineAtMs, signal })
    .catch((thrown: unknown) => {
      throw toUnavailable(thrown);
    });
  const forget = service.chains.add(endpointId, chain);
  try {
    yield* slot.endpoint.executor.execute(invocation);
  } finally {
    forget();
    slot.release();
  }
}

/** What is not here any more may be elsewhere: nothing was handed out. */
function toUnavailable(thrown: unknown): ParleyError {
  const error = ParleyError.from(thrown);
  if (error.code !== 'AGENT_NOT_FOUND') return error;
  return new ParleyError('AGENT_UNAVAILABLE', error.message, { cause: thrown, retryAfterMs: 1_000 });
}

interface Surroundings {
  readonly chain: CallChain;
  readonly callToken: string;
  readonly answers: AsyncIterable<Message>;
  readonly signal: AbortSignal;
}

function toInvocation(wire: WireInvocation, { chain, callToken, answers, signal }: Surroundings): Invocation {
  const { id, agentId, skill, parts, task, deadlineAtMs, trace } = wire;
  return {
    ...{ id, agentId, skill, task, deadlineAtMs, trace, callToken, answers, signal },
    parts: unpackParts(parts),
    caller: { id: chain.origin, roles: chain.roles ?? [], path: chain.path.slice(0, -1) },
  };
}
