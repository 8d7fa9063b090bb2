import type { ExecutionEvent, Invocation } from '../../agents/index.ts';
import { BoundedQueue, type Clock, ParleyError } from '../../base/index.ts';
import { createTakePlace } from '../../control/index.ts';
import type { Message } from '../../protocol/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { CallChain, CallTokens, ChainsInFlight } from '../../security/index.ts';
import type { TaskNodeDuties, WebhookOrder } from '../../tasks/index.ts';
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
}

/** An invocation that another node has given to a worker of this one. */
interface Running {
  readonly from: string;
  readonly answers: BoundedQueue<Message>;
  readonly controller: AbortController;
  /** It waits for its caller. */
  asks: boolean;
}

const maxAnswers = 1_000;

/**
 * What other nodes have this one's workers do. The work ends when the calling node leaves: that one has the task, and decides what
 * becomes of it. Nothing is taken before `admit` and behind `stop`.
 */
export class InvocationService {
  readonly #options: ServeOptions;
  readonly #running = new Map<string, Running>();
  readonly #takePlace: ReturnType<typeof createTakePlace>;
  #duties: Pick<TaskNodeDuties, 'cancelStarted' | 'obey'> | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#takePlace = createTakePlace(options);
  }

  /** By path of the inner address. */
  get handlers(): Readonly<Record<string, InnerHandler>> {
    return {
      [innerPaths.invoke]: (call) => this.#invoke(call),
      [innerPaths.order]: async (call) => this.#requireDuties().obey(call.body as WebhookOrder),
      [innerPaths.answer]: async (call) => this.#answer(call),
      [innerPaths.cancel]: async (call) => {
        const { id, reason } = call.body as WireCancel;
        this.#find(call, id).controller.abort(fromWireError(reason));
      },
    };
  }

  admit(duties: Pick<TaskNodeDuties, 'cancelStarted' | 'obey'>): void {
    this.#duties = duties;
  }

  /** Lets the work of other nodes end until the signal aborts, but for what waits for its caller. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#duties = undefined;
    while (!signal.aborted && [...this.#running.values()].some(({ asks }) => !asks)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const reason = new ParleyError('WORKER_LOST', 'The node that did the work stops.');
    for (const { controller } of this.#running.values()) controller.abort(reason);
  }

  async *#invoke(call: InnerCall): AsyncGenerator<WireLine, void, undefined> {
    const duties = this.#requireDuties();
    const service = { ...this.#options, ...duties, running: this.#running, takePlace: this.#takePlace };
    yield* serve(call, service);
  }

  #requireDuties(): Pick<TaskNodeDuties, 'cancelStarted' | 'obey'> {
    if (this.#duties) return this.#duties;
    throw new ParleyError('UNAVAILABLE', 'The node starts or stops.', { retryAfterMs: 1_000 });
  }

  #answer(call: InnerCall): void {
    const { id, message } = call.body as WireAnswer;
    const invocation = this.#find(call, id);
    invocation.asks = false;
    if (invocation.answers.push({ ...message, parts: unpackParts(message.parts) })) return;
    throw new ParleyError('QUEUE_FULL', `Invocation ${id} has ${maxAnswers} messages that its agent has not taken.`);
  }

  #find({ from }: InnerCall, id: string): Running {
    const known = this.#running.get(id);
    if (known?.from === from) return known;
    throw new ParleyError('NOT_FOUND', `There is no invocation ${id} of node ${from} here.`);
  }
}

interface Service extends ServeOptions {
  /** Cancels what an invocation has started in other agents. */
  readonly cancelStarted: TaskNodeDuties['cancelStarted'];
  readonly running: Map<string, Running>;
  readonly takePlace: ReturnType<typeof createTakePlace>;
}

async function* serve(call: InnerCall, service: Service): AsyncGenerator<WireLine, void, undefined> {
  const { wire, chain, callToken } = readInvocation(call, service);
  const controller = new AbortController();
  const leave = (): void => controller.abort(call.signal.reason);
  call.signal.addEventListener('abort', leave, { once: true });
  const answers = new BoundedQueue<Message>(maxAnswers);
  const running: Running = { from: call.from, answers, controller, asks: false };
  service.running.set(wire.id, running);
  const cancelStarted = (): void => service.cancelStarted(wire.id, chain.origin);
  controller.signal.addEventListener('abort', cancelStarted, { once: true });
  try {
    const invocation = toInvocation(wire, { chain, callToken, answers, signal: controller.signal });
    for await (const event of runHere(wire, { invocation, chain, service }))
      yield { event: mapEvent(event, packParts) };
  } catch (thrown) {
    throw controller.signal.aborted ? controller.signal.reason : thrown;
  } finally {
    call.signal.removeEventListener('abort', leave);
    answers.end();
    service.running.delete(wire.id);
    controller.signal.removeEventListener('abort', cancelStarted);
    controller.abort(new ParleyError('CANCELED', 'The call is over.'));
  }
}

interface ReadInvocation {
  readonly wire: WireInvocation;
  readonly chain: CallChain;
  readonly callToken: string;
}

/** The work as this node's clock has it: a deadline is as far away as the caller meant, however the clocks of the two differ. */
function readInvocation({ body, headers, aheadMs }: InnerCall, { callTokens }: Service): ReadInvocation {
  const token = headers[chainHeader];
  const sent = callTokens.verify(typeof token === 'string' ? token : '');
  const wire = shift(body as WireInvocation, aheadMs);
  const chain = shift(sent, aheadMs);
  return { wire, chain, callToken: callTokens.sign(chain) };
}

function shift<Timed extends { readonly deadlineAtMs?: number | undefined }>(timed: Timed, byMs: number): Timed {
  return timed.deadlineAtMs === undefined ? timed : { ...timed, deadlineAtMs: timed.deadlineAtMs + byMs };
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

/** What is not here any more may be elsewhere: nothing was handed out, and the agent is not to blame. */
function toUnavailable(thrown: unknown): ParleyError {
  const error = ParleyError.from(thrown);
  if (error.code !== 'AGENT_NOT_FOUND' && error.code !== 'AGENT_UNAVAILABLE') return error;
  return new ParleyError('UNAVAILABLE', error.message, { cause: thrown, retryAfterMs: 1_000 });
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
