import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { type Clock, deferred, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';

/** Where a second attempt can go. */
export interface SecondPlace {
  readonly endpoint: { readonly executor: AgentExecutor };
  release(): void;
}

export interface HedgingOptions {
  readonly clock: Clock;
  /** Without a word for so long, a second attempt begins beside the first. */
  readonly afterMs: number;
  /** A free place for it; undefined: none, and the first goes on alone. */
  readonly second: () => SecondPlace | undefined;
}

/**
 * The executor, doing the work twice when it is silent for too long: whoever says the first word is listened to, the other is stopped.
 * For work alone that may be done twice. Once the first word is said, nothing is hedged any more.
 */
export function withHedging(executor: AgentExecutor, options: HedgingOptions): AgentExecutor {
  return {
    async *execute(invocation): AsyncGenerator<ExecutionEvent> {
      const race = new Race(invocation, options);
      try {
        const { attempt, result } = await race.run(executor);
        if (result.done) return;
        yield result.value;
        yield* { [Symbol.asyncIterator]: () => attempt.events };
      } finally {
        race.close();
      }
    },
  };
}

interface Attempt {
  readonly events: AsyncIterator<ExecutionEvent>;
  readonly controller: AbortController;
  readonly listened: PromiseWithResolvers<void>;
}

interface FirstWord {
  readonly attempt: Attempt;
  readonly result: IteratorResult<ExecutionEvent>;
}

class Race {
  readonly #invocation: Invocation;
  readonly #options: HedgingOptions;
  readonly #attempts: Attempt[] = [];
  readonly #passOn = (): void => {
    for (const { controller } of this.#attempts) controller.abort(this.#invocation.signal.reason);
  };
  #place: SecondPlace | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(invocation: Invocation, options: HedgingOptions) {
    this.#invocation = invocation;
    this.#options = options;
    invocation.signal.addEventListener('abort', this.#passOn, { once: true });
  }

  /** The first word of the first that says one. Throws what the last one threw. */
  async run(executor: AgentExecutor): Promise<FirstWord> {
    const first = this.#start(executor, this.#invocation.id);
    const second = this.#secondLater();
    const winner = await firstOf(first, second.word, () => second.isBegun);
    this.#cancelTimer?.();
    winner.attempt.listened.resolve();
    this.#stopAll(new ParleyError('CANCELED', 'Another attempt was faster.'), winner.attempt);
    return winner;
  }

  close(): void {
    this.#cancelTimer?.();
    this.#invocation.signal.removeEventListener('abort', this.#passOn);
    this.#stopAll(new ParleyError('CANCELED', 'The call is over.'));
    this.#place?.release();
  }

  /** The second attempt's first word; it never comes when there is no second attempt. */
  #secondLater(): { readonly word: Promise<FirstWord>; readonly isBegun: boolean } {
    const word = deferred<FirstWord>();
    const second = { word: word.promise, isBegun: false };
    this.#cancelTimer = this.#options.clock.schedule(this.#options.afterMs, () => {
      this.#place = this.#options.second();
      if (!this.#place) return;
      second.isBegun = true;
      this.#start(this.#place.endpoint.executor, `${this.#invocation.id}.2`).then(word.resolve, word.reject);
    });
    return second;
  }

  async #start(executor: AgentExecutor, id: string): Promise<FirstWord> {
    const controller = new AbortController();
    if (this.#invocation.signal.aborted) controller.abort(this.#invocation.signal.reason);
    const listened = deferred<void>();
    const answers = answersOnce(this.#invocation.answers, listened.promise);
    const events = executor
      .execute({ ...this.#invocation, id, signal: controller.signal, answers })
      [Symbol.asyncIterator]();
    const attempt = { events, controller, listened };
    this.#attempts.push(attempt);
    return { attempt, result: await events.next() };
  }

  #stopAll(reason: unknown, except?: Attempt): void {
    for (const attempt of this.#attempts) {
      if (attempt === except) continue;
      attempt.controller.abort(reason);
      attempt.events.return?.().catch(() => {});
    }
  }
}

/** While only one is begun, its failure is the failure; of two, the other may still do it. */
async function firstOf(
  first: Promise<FirstWord>,
  second: Promise<FirstWord>,
  isHedged: () => boolean,
): Promise<FirstWord> {
  const lone = first.catch((thrown: unknown) => {
    if (isHedged()) return second;
    throw thrown;
  });
  return Promise.race([lone, second.catch(() => first)]);
}

/** The caller's answers, for the one attempt that is listened to. */
async function* answersOnce(answers: AsyncIterable<Message>, listened: Promise<void>): AsyncGenerator<Message> {
  await listened;
  yield* answers;
}
