import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, isEnded, type SendOptions, send, taskOf } from './a2a-calls.ts';

/** A task that the node has answered for. */
export interface AcknowledgedTask {
  readonly agent: string;
  readonly id: string;
}

/** Sends one task after the other to one agent. */
export interface LoadCaller {
  readonly agent: string;
  /** Of the next task. */
  readonly next: () => SendOptions;
  /** How long it rests between two. Default: not at all. */
  readonly pauseMs?: number;
}

/** Callers of the counting agents, blocking and not. Who does not wait for the work rests, not to pile it up. */
export function countingCallers(random: () => number): readonly LoadCaller[] {
  const data = (): { ms: number } => ({ ms: Math.floor(random() * 40) });
  return ['once', 'again', 'program'].flatMap((agent) => [
    { agent, next: () => ({ returnImmediately: false, data: data() }) },
    { agent, next: () => ({ returnImmediately: true, data: data() }), pauseMs: 20 },
  ]);
}

/** So many callers of the fabric's own agent. */
export function ownCallers(count: number, pauseMs: number = 0): readonly LoadCaller[] {
  const next = (): SendOptions => ({ skill: 'agent_discovery' });
  return Array.from({ length: count }, () => ({ agent: 'parley', next, pauseMs }));
}

/** Callers that send one task after the other, whatever happens to the node; from the first `turnTo` on. */
export class TaskLoad {
  /** Each task that an answer with status 200 has named, by id. */
  readonly acknowledged: Map<string, AcknowledgedTask> = new Map();
  /** States that ended tasks had when they were last seen. */
  readonly ended: Map<string, string> = new Map();
  readonly #stop = new AbortController();
  readonly #arrivals = new EventTarget();
  readonly #callers: readonly LoadCaller[];
  #url: Promise<string> | undefined;
  #calling: readonly Promise<void>[] = [];

  constructor(callers: readonly LoadCaller[]) {
    this.#callers = callers;
  }

  /** From now on the node is there. */
  turnTo(url: Promise<string>): void {
    const isFirst = this.#url === undefined;
    this.#url = url;
    if (isFirst) this.#calling = this.#callers.map((caller) => this.#call(caller));
  }

  /** Resolves when so many more tasks have been acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    while (this.acknowledged.size < goal) await once(this.#arrivals, 'task');
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#calling);
  }

  async #call({ agent, next, pauseMs = 0 }: LoadCaller): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const answer = await this.#send(agent, next()).catch(() => undefined);
      const isTaken = answer !== undefined && this.#note(agent, answer);
      // Without an answer the node is gone.
      if (!isTaken || pauseMs > 0) await delay(Math.max(20, pauseMs));
    }
  }

  async #send(agent: string, options: SendOptions): Promise<Answer> {
    return send(`${await this.#url}/a2a/${agent}`, options);
  }

  /** False when it is no task. */
  #note(agent: string, answer: Answer): boolean {
    const task = taskOf(answer);
    if (answer.status !== 200 || !task) return false;
    this.acknowledged.set(task.id, { agent, id: task.id });
    if (isEnded(task)) this.ended.set(task.id, task.status.state);
    this.#arrivals.dispatchEvent(new Event('task'));
    return true;
  }
}
