import { formatTimestamp, type JsonObject } from '../base/index.ts';
import {
  type Artifact,
  isTerminal,
  type Message,
  type Part,
  type StreamItem,
  type Task,
  type TaskState,
  type TaskStatus,
} from '../protocol/index.ts';
import type { SequencedItem, Target } from '../tasks/index.ts';

export interface FakeTaskOptions {
  readonly id: string;
  readonly contextId: string;
  readonly owner: string;
  readonly target: Target;
  readonly message: Message;
}

/** One task of the double: its journal in memory, readers that follow it, and a flood that is made only as it is read. */
export class FakeTask {
  readonly id: string;
  readonly contextId: string;
  readonly owner: string;
  readonly target: Target;
  readonly history: Message[] = [];
  readonly #artifacts = new Map<string, Artifact>();
  readonly #items: StreamItem[] = [];
  readonly #wakers = new Set<() => void>();
  #status: TaskStatus = createStatus('submitted');
  #flood = { chunks: 0, text: '' };

  constructor(options: FakeTaskOptions) {
    this.id = options.id;
    this.contextId = options.contextId;
    this.owner = options.owner;
    this.target = options.target;
    this.history.push(options.message);
  }

  get state(): TaskState {
    return this.#status.state;
  }

  /** The sequence of the newest event; the task's creation is 1. */
  get version(): number {
    return 1 + this.#flood.chunks + this.#items.length;
  }

  get snapshot(): Task {
    const { id, contextId, history } = this;
    return { id, contextId, status: this.#status, artifacts: [...this.#artifacts.values()], history: [...history] };
  }

  setState(state: TaskState, parts?: readonly Part[]): void {
    const message = parts && createAgentMessage(this, parts);
    this.#status = createStatus(state, message);
    this.#publish({ kind: 'status', update: { taskId: this.id, contextId: this.contextId, status: this.#status } });
  }

  addArtifact(artifactId: string, parts: readonly Part[], metadata?: JsonObject): void {
    const artifact = { artifactId, parts, ...(metadata && { metadata }) };
    this.#artifacts.set(artifactId, artifact);
    this.#publish({ kind: 'artifact', update: this.#artifactUpdate(artifact) });
  }

  /** `chunks` events of `chunkBytes` each, as the first of the journal; none of them is kept in memory. */
  startFlood(chunks: number, chunkBytes: number): void {
    this.#flood = { chunks, text: 'x'.repeat(chunkBytes) };
    this.#wake();
  }

  /** The events behind `after`, in order; ends with the task or when the signal aborts. */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly SequencedItem[]> {
    let next = after + 1;
    while (!signal.aborted) {
      if (next <= this.version) {
        const batch = next <= 1 + this.#flood.chunks ? [this.#flooded(next)] : this.#itemsFrom(next);
        next += batch.length;
        yield batch;
      } else if (isTerminal(this.state)) return;
      else await this.#changed(signal);
    }
  }

  /** Resolves when `isDone` answers true. Rejects with the signal's reason. */
  async waitFor(isDone: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isDone()) {
      await this.#changed(signal);
      signal.throwIfAborted();
    }
  }

  #itemsFrom(sequence: number): SequencedItem[] {
    const start = sequence - 2 - this.#flood.chunks;
    return this.#items.slice(Math.max(0, start)).map((item, index) => ({ sequence: sequence + index, item }));
  }

  #flooded(sequence: number): SequencedItem {
    const { text } = this.#flood;
    const artifact = { artifactId: 'flood', parts: [{ text: `${sequence}:${text}` }] };
    return { sequence, item: { kind: 'artifact', update: this.#artifactUpdate(artifact) } };
  }

  #artifactUpdate(artifact: Artifact): Extract<StreamItem, { kind: 'artifact' }>['update'] {
    return { taskId: this.id, contextId: this.contextId, artifact, append: false, lastChunk: true };
  }

  #publish(item: StreamItem): void {
    this.#items.push(item);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

function createStatus(state: TaskState, message?: Message): TaskStatus {
  return { state, timestamp: formatTimestamp(Date.now()), ...(message && { message }) };
}

function createAgentMessage(task: FakeTask, parts: readonly Part[]): Message {
  const messageId = `${task.id}-m${task.version}`;
  return { messageId, role: 'agent', parts, taskId: task.id, contextId: task.contextId };
}
