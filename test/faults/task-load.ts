import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, isEnded, type SendOptions, send, taskOf } from './a2a-calls.ts';

/** A task that the node has answered for. */
export interface AcknowledgedTask {
  readonly agent: string;
  readonly id: string;
}

const agents = ['once', 'again', 'program'];

/** Callers that send one task after the other, blocking and not, whatever happens to the node. */
export class TaskLoad {
  /** Each task that an answer with status 200 has named, by id. */
  readonly acknowledged: Map<string, AcknowledgedTask> = new Map();
  /** States that ended tasks had when they were last seen. */
  readonly ended: Map<string, string> = new Map();
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #arrivals = new EventTarget();
  #url: Promise<string> | undefined;
  #callers: readonly Promise<void>[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  start(url: Promise<string>): void {
    this.#url = url;
    this.#callers = agents.flatMap((agent) => [this.#call(agent, true), this.#call(agent, false)]);
  }

  /** From now on the node is there. */
  turnTo(url: Promise<string>): void {
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

  async #call(agent: string, returnImmediately: boolean): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const options = { returnImmediately, data: { ms: Math.floor(this.#random() * 40) } };
      const answer = await this.#send(agent, options).catch(() => undefined);
      if (answer) this.#note(agent, answer);
      // Without an answer the node is gone; who does not wait for the work would otherwise pile it up.
      if (!answer || returnImmediately) await delay(20);
    }
  }

  async #send(agent: string, options: SendOptions): Promise<Answer> {
    return send(`${await this.#url}/a2a/${agent}`, options);
  }

  #note(agent: string, answer: Answer): void {
    const task = taskOf(answer);
    if (answer.status !== 200 || !task) return;
    this.acknowledged.set(task.id, { agent, id: task.id });
    if (isEnded(task)) this.ended.set(task.id, task.status.state);
    this.#arrivals.dispatchEvent(new Event('task'));
  }
}
