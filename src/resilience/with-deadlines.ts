import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { type Clock, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import type { Breakers } from './breakers.ts';

export interface DeadlineOptions {
  readonly clock: Clock;
  /** Without an event for so long, the call is over. Waiting for the caller's input counts for nothing. */
  readonly idleMs: number;
  /** Asked before the call, and told how it went. */
  readonly breakers?: Pick<Breakers, 'enter' | 'leave'> | undefined;
}

/**
 * The executor, with time: when `invocation.deadlineAtMs` passes, or nothing comes for `idleMs`, the work is stopped and
 * iteration throws DEADLINE_EXCEEDED. An abort from outside passes through as it is. With breakers it throws BREAKER_OPEN, and
 * nothing is handed out, while the agent's is open. One loop for all of it: what comes back passes through nothing else.
 */
export function withDeadlines(executor: AgentExecutor, options: DeadlineOptions): AgentExecutor {
  return {
    async *execute(invocation: Invocation): AsyncGenerator<ExecutionEvent> {
      const passage = options.breakers?.enter(invocation.agentId);
      const watch = new DeadlineWatch(invocation, options);
      let outcome: Parameters<Breakers['leave']>[2] = 'left';
      try {
        for await (const event of executor.execute({ ...invocation, signal: watch.signal, answers: watch.answers() })) {
          if (watch.reason) break;
          watch.saw(event);
          yield event;
        }
        if (watch.reason) throw watch.reason;
        outcome = 'answered';
      } catch (thrown) {
        outcome = { thrown: watch.reason ?? thrown };
        throw outcome.thrown;
      } finally {
        watch.close();
        if (passage) options.breakers?.leave(invocation.agentId, passage, invocation.signal.aborted ? 'left' : outcome);
      }
    },
  };
}

class DeadlineWatch {
  readonly #controller = new AbortController();
  readonly #invocation: Invocation;
  readonly #options: DeadlineOptions;
  readonly #passOn = (): void => this.#controller.abort(this.#invocation.signal.reason);
  readonly #cancels: (() => void)[] = [];
  #lastEventMs: number;
  #paused = false;
  #ended = false;
  reason: ParleyError | undefined;

  constructor(invocation: Invocation, options: DeadlineOptions) {
    this.#invocation = invocation;
    this.#options = options;
    this.#lastEventMs = options.clock.now();
    if (invocation.signal.aborted) this.#passOn();
    invocation.signal.addEventListener('abort', this.#passOn, { once: true });
    this.#watchIdle(options.idleMs);
    if (invocation.deadlineAtMs !== undefined) this.#watchTotal(invocation.deadlineAtMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  saw(event: ExecutionEvent): void {
    this.#lastEventMs = this.#options.clock.now();
    this.#paused = event.kind === 'ask';
    this.#ended = event.kind === 'end' || event.kind === 'reply';
  }

  /** The caller's answers; each ends the pause that a question began. */
  async *answers(): AsyncGenerator<Message> {
    for await (const answer of this.#invocation.answers) {
      this.#paused = false;
      this.#lastEventMs = this.#options.clock.now();
      yield answer;
    }
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#invocation.signal.removeEventListener('abort', this.#passOn);
  }

  #watchTotal(deadlineAtMs: number): void {
    const delayMs = deadlineAtMs - this.#options.clock.now();
    this.#cancels[1] = this.#options.clock.schedule(delayMs, () => {
      this.#expire('deadline', 'the deadline of the call passed');
    });
  }

  #watchIdle(delayMs: number): void {
    const { clock, idleMs } = this.#options;
    this.#cancels[0] = clock.schedule(delayMs, () => {
      const quietMs = this.#paused ? 0 : clock.now() - this.#lastEventMs;
      if (quietMs >= idleMs) this.#expire('idle', `there was no event for ${idleMs} ms`);
      else this.#watchIdle(idleMs - quietMs);
    });
  }

  #expire(limit: 'idle' | 'deadline', why: string): void {
    if (this.#ended) return;
    const { agentId, id: invocationId } = this.#invocation;
    this.reason = new ParleyError('DEADLINE_EXCEEDED', `Agent ${agentId} was stopped: ${why}.`, {
      details: { agentId, invocationId, limit },
    });
    this.#controller.abort(this.reason);
  }
}
