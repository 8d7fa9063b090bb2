import type { Worker } from 'node:worker_threads';
import { type Clock, ParleyError, TransientMap } from '../../base/index.ts';
import type { Commit } from '../port.ts';
import { type CommitCell, encodeCommit } from './commit-cells.ts';
import type { CommitsReply, Failure, WriterReply, WriterRequest } from './frames.ts';
import type { NameIds } from './names.ts';

export interface WriterClientOptions {
  readonly worker: Worker;
  readonly ids: NameIds;
  readonly clock: Clock;
  /** Called for every commit that is on the disk, in the order of the log, before its promise resolves. */
  readonly onCommitted: (committed: Committed) => void;
}

/** A commit that is on the disk. */
export interface Committed {
  readonly commit: Commit;
  readonly atMs: number;
  /** Of its first event. */
  readonly position: number;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: ParleyError) => void;
}

interface WaitingCommit extends Waiting<void> {
  readonly commit: Commit;
}

/** The commits of one message to the thread. */
interface Batch {
  readonly commits: readonly WaitingCommit[];
  readonly nowMs: number;
}

type Request<T = WriterRequest> = T extends WriterRequest ? Omit<T, 'id'> : never;
/** What the thread answers to a request that is not a batch of commits. */
export type SingleReply = Exclude<WriterReply, { type: 'ready' | 'refused' | 'committed' | 'failed' }>;

// Small enough that the thread writes while the event loop goes on: with all of a busy turn in one message they take turns.
const maxBatchCommits = 16;
const maxBatchSize = 1024 * 1024;

/** The main side of the writer's thread: all commits of one turn of the event loop go to it in one message. */
export class WriterClient {
  readonly #options: WriterClientOptions;
  readonly #batches = new TransientMap<number, Batch>();
  readonly #requests = new TransientMap<number, Waiting<SingleReply>>();
  #commits: WaitingCommit[] = [];
  #cells: CommitCell[] = [];
  #size = 0;
  #scheduled = false;
  #nextId = 1;
  #isClosing = false;
  #ended: ParleyError | undefined;

  constructor(options: WriterClientOptions) {
    this.#options = options;
    options.worker.on('message', (replies: readonly WriterReply[]) => {
      for (const reply of replies) this.#receive(reply);
      this.#release();
    });
    options.worker.on('error', (cause) => this.#end(threadEnded(cause)));
    options.worker.on('exit', () => this.#end(threadEnded()));
    this.#release();
  }

  commit(commit: Commit): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#size += encodeCommit(commit, this.#options.ids, this.#cells);
      this.#commits.push({ commit, resolve, reject });
      if (this.#commits.length >= maxBatchCommits || this.#size >= maxBatchSize) this.#flush();
      else this.#scheduleFlush();
    });
  }

  request(request: Request): Promise<SingleReply> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#flush();
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#requests.set(id, { resolve, reject });
      this.#post({ ...request, id });
    });
  }

  /** Resolves when everything asked for before is on the disk and the thread has ended. */
  async close(): Promise<void> {
    const exited = new Promise<void>((resolve) => this.#options.worker.once('exit', () => resolve()));
    if (this.#ended) return;
    this.#isClosing = true;
    await this.request({ type: 'close' });
    await exited;
  }

  #scheduleFlush(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const commits = this.#commits;
    if (commits.length === 0) return;
    const id = this.#nextId++;
    const nowMs = this.#options.clock.now();
    this.#batches.set(id, { commits, nowMs });
    this.#post({ type: 'commits', id, nowMs, count: commits.length, size: this.#size, cells: this.#cells });
    this.#commits = [];
    this.#cells = [];
    this.#size = 0;
  }

  #post(request: WriterRequest): void {
    this.#options.worker.ref();
    this.#options.worker.postMessage(request);
  }

  /** The thread keeps the process alive only while it owes an answer. */
  #release(): void {
    if (this.#batches.size + this.#requests.size === 0 && !this.#isClosing) this.#options.worker.unref();
  }

  #receive(reply: WriterReply): void {
    switch (reply.type) {
      case 'committed':
        this.#settle(reply);
        break;
      case 'failed':
        this.#fail(reply.id, toError(reply.failure));
        break;
      case 'ready':
      case 'refused':
        break;
      default:
        this.#requests.get(reply.id)?.resolve(reply);
        this.#requests.delete(reply.id);
    }
  }

  #settle({ id, firstPosition, failures }: CommitsReply): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    this.#batches.delete(id);
    let position = firstPosition;
    for (const [index, { commit, resolve, reject }] of batch.commits.entries()) {
      const failure = failures?.get(index);
      if (failure) {
        reject(toError(failure));
        continue;
      }
      this.#options.onCommitted({ commit, atMs: batch.nowMs, position });
      position += commit.append?.events.length ?? 0;
      resolve();
    }
  }

  #fail(id: number, error: ParleyError): void {
    for (const { reject } of this.#batches.get(id)?.commits ?? []) reject(error);
    this.#batches.delete(id);
    this.#requests.get(id)?.reject(error);
    this.#requests.delete(id);
  }

  #end(error: ParleyError): void {
    this.#ended ??= error;
    for (const { reject } of this.#commits) reject(error);
    this.#commits = [];
    for (const id of [...this.#batches.keys(), ...this.#requests.keys()]) this.#fail(id, error);
  }
}

function toError({ code, message, reason }: Failure): ParleyError {
  return new ParleyError(code, message, reason === undefined ? {} : { cause: new Error(reason) });
}

function threadEnded(cause?: unknown): ParleyError {
  const message = "The store's writer thread has ended; nothing more can be written. Restart the node.";
  return new ParleyError('STORE_CLOSED', message, { cause });
}
