import type { ExecutionEvent } from '../../agents/index.ts';
import type { ParleyError } from '../../base/index.ts';

interface Queued {
  readonly event: ExecutionEvent;
  readonly wireBytes: number;
}

export interface WorkerCallOptions {
  readonly id: string;
  /** Bytes of events that may be on their way or waiting here. */
  readonly windowBytes: number;
  /** Lets the worker send so many bytes more. */
  readonly grant: (bytes: number) => void;
}

/** One call in a worker: what the worker has said and the reader has not taken yet. */
export class WorkerCall {
  readonly id: string;
  readonly #options: WorkerCallOptions;
  #items: Queued[] = [];
  #head = 0;
  #waitingBytes = 0;
  #takenBytes = 0;
  #over = false;
  #failure: ParleyError | undefined;
  #abandoned = false;
  #wake: (() => void) | undefined;
  /** Nobody waits for the outcome any more, or the caller has cancelled. */
  canceled = false;

  constructor(options: WorkerCallOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** True when the worker has said its last word, or can't say one any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Why the call ended without an outcome. */
  get failure(): ParleyError | undefined {
    return this.#failure;
  }

  /** Bytes of events that wait to be taken. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  push(event: ExecutionEvent, wireBytes: number): void {
    if (this.#abandoned) {
      this.#replenish(wireBytes);
      return;
    }
    this.#items.push({ event, wireBytes });
    this.#waitingBytes += wireBytes;
    this.#wake?.();
  }

  /** The last word. `events` cost no credit. */
  finish(events: readonly ExecutionEvent[], failure?: ParleyError): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    for (const event of events) this.#items.push({ event, wireBytes: 0 });
    this.#wake?.();
  }

  /** The next event that is there already. */
  take(): ExecutionEvent | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    if (item.wireBytes > 0) {
      this.#waitingBytes -= item.wireBytes;
      this.#replenish(item.wireBytes);
    }
    return item.event;
  }

  /** Resolves when there is something to take or the call is over. */
  wait(): Promise<void> {
    if (this.#head < this.#items.length || this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Nobody reads any more: what still comes is dropped. */
  abandon(): void {
    this.#abandoned = true;
    while (this.take() !== undefined);
  }

  #replenish(bytes: number): void {
    if (this.#over) return;
    this.#takenBytes += bytes;
    if (this.#takenBytes < this.#options.windowBytes / 2) return;
    const granted = this.#takenBytes;
    this.#takenBytes = 0;
    this.#options.grant(granted);
  }
}
