import { once } from 'node:events';
import { isObject } from '../../src/base/index.ts';
import { createSendBody, send, taskOf } from './a2a-calls.ts';

/** A call whose task did not complete, or that got no answer at all. */
export interface FailedCall {
  readonly agent: string;
  readonly how: 'blocking' | 'streaming';
  readonly why: string;
}

export interface SteadyLoadOptions {
  /** The node's front door. */
  readonly url: string;
  readonly agents: readonly string[];
  /** Callers of each kind, for each agent. */
  readonly callers: number;
}

/** Callers that send one unchanged A2A call after the other to each agent, blocking and streaming, and never a second time. */
export class SteadyLoad {
  readonly failed: FailedCall[] = [];
  /** Versions that have answered, newest last, by agent. */
  readonly answers: Map<string, string[]> = new Map();
  readonly #options: SteadyLoadOptions;
  readonly #stop = new AbortController();
  readonly #arrivals = new EventTarget();
  readonly #callers: readonly Promise<void>[];

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    const kinds = ['blocking', 'streaming'] as const;
    const places = options.agents.flatMap((agent) => kinds.map((how) => ({ agent, how })));
    this.#callers = places.flatMap(({ agent, how }) =>
      Array.from({ length: options.callers }, () => this.#call(agent, how)),
    );
  }

  get done(): number {
    return [...this.answers.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves when each agent has answered so many calls more. */
  async more(count: number): Promise<void> {
    const goals = this.#options.agents.map((agent) => ({ agent, goal: this.#answersOf(agent).length + count }));
    while (!goals.every(({ agent, goal }) => this.#answersOf(agent).length >= goal) && this.failed.length === 0) {
      await once(this.#arrivals, 'call');
    }
  }

  /** Versions of the last `count` answers of the agent. */
  last(agent: string, count: number): readonly string[] {
    return this.#answersOf(agent).slice(-count);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#callers);
  }

  #answersOf(agent: string): string[] {
    const known = this.answers.get(agent) ?? [];
    this.answers.set(agent, known);
    return known;
  }

  async #call(agent: string, how: FailedCall['how']): Promise<void> {
    const url = `${this.#options.url}/a2a/${agent}`;
    while (!this.#stop.signal.aborted) {
      try {
        this.#answersOf(agent).push(how === 'blocking' ? await callBlocking(url) : await callStreaming(url));
      } catch (thrown) {
        this.failed.push({ agent, how, why: thrown instanceof Error ? thrown.message : String(thrown) });
      }
      this.#arrivals.dispatchEvent(new Event('call'));
    }
  }
}

async function callBlocking(url: string): Promise<string> {
  const answer = await send(url);
  const task = taskOf(answer);
  if (task?.status.state !== 'TASK_STATE_COMPLETED') throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return versionIn(JSON.stringify(answer.body));
}

async function callStreaming(url: string): Promise<string> {
  const response = await fetch(`${url}/message:stream`, {
    method: 'POST',
    body: createSendBody({}),
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const items = text.split('\n').flatMap((line) => (line.startsWith('data:') ? [JSON.parse(line.slice(5))] : []));
  const last: unknown = items.at(-1);
  const update = isObject(last) ? (last['statusUpdate'] ?? last['task']) : undefined;
  const isDone = isObject(update) && isObject(update['status']) && update['status']['state'] === 'TASK_STATE_COMPLETED';
  if (response.status !== 200 || !isDone) throw new Error(`${response.status} ${text}`);
  return versionIn(text);
}

function versionIn(text: string): string {
  return /version (\d+)/.exec(text)?.[1] ?? `no version in ${text}`;
}
