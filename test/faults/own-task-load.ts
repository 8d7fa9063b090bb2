import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { send, taskOf } from './a2a-calls.ts';

/** Callers that send one task after the other to the fabric's own agent, whatever happens to the node. */
export class OwnTaskLoad {
  /** Tasks that an answer has named. */
  readonly acknowledged: Set<string> = new Set();
  readonly #stop = new AbortController();
  readonly #arrivals = new EventTarget();
  #url: string | undefined;
  readonly #callers: readonly Promise<void>[];

  readonly #pauseMs: number;

  /** So many callers, each of which rests between two tasks. */
  constructor(callers: number = 6, pauseMs: number = 0) {
    this.#pauseMs = pauseMs;
    this.#callers = Array.from({ length: callers }, () => this.#call());
  }

  /** From now on the node is there. */
  turnTo(url: string): void {
    this.#url = url;
  }

  /** Resolves when so many more tasks have been acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    while (this.acknowledged.size < goal) await once(this.#arrivals, 'task');
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#callers);
  }

  async #call(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const answer = this.#url === undefined ? undefined : await this.#send(this.#url);
      if (answer === undefined || this.#pauseMs > 0) await delay(Math.max(20, this.#pauseMs));
    }
  }

  async #send(url: string): Promise<true | undefined> {
    const answer = await send(`${url}/a2a/parley`, { skill: 'agent_discovery' }).catch(() => undefined);
    const task = answer?.status === 200 ? taskOf(answer) : undefined;
    if (task === undefined) return undefined;
    this.acknowledged.add(task.id);
    this.#arrivals.dispatchEvent(new Event('task'));
    return true;
  }
}
