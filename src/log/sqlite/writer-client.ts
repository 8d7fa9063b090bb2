import type { Worker } from 'node:worker_threads';
import { ParleyError, TransientMap } from '../../base/index.ts';
import type { LogFailure, LogReply, LogRequest, NumberedRequest } from './frames.ts';

interface Waiting {
  readonly resolve: (reply: LogReply) => void;
  readonly reject: (error: ParleyError) => void;
}

/** The main side of the writer's thread. */
export class LogWriterClient {
  readonly #worker: Worker;
  readonly #waiting = new TransientMap<number, Waiting>();
  #nextId = 1;
  #ended: ParleyError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (replies: readonly LogReply[]) => {
      for (const reply of replies) this.#receive(reply);
      // The thread keeps the process alive only while it owes an answer.
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on('error', (cause) => this.#end(cause));
    worker.on('exit', () => this.#end());
    worker.unref();
  }

  request(request: LogRequest): Promise<LogReply> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, request } satisfies NumberedRequest);
    });
  }

  /** Resolves when everything asked for before is on the disk and the thread has ended. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    await this.request({ type: 'close' });
    this.#worker.ref();
    await exited;
  }

  #receive(reply: LogReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.failure === undefined) waiting?.resolve(reply);
    else waiting?.reject(toLogError(reply.failure));
  }

  #end(cause?: unknown): void {
    const message = "The log's writer thread has ended; nothing more can be published. Restart the node.";
    this.#ended ??= new ParleyError('STORE_CLOSED', message, { cause });
    for (const { reject } of [...this.#waiting.values()]) reject(this.#ended);
    this.#waiting.clear();
  }
}

/** The error that the thread told of. */
export function toLogError({ code, message, reason }: LogFailure): ParleyError {
  return new ParleyError(code, message, reason === undefined ? {} : { cause: new Error(reason) });
}
