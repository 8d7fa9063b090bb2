import { type Clock, ParleyError } from '../../base/index.ts';
import type { CodeEdit, PythonOutcome, PythonSessionState, PythonSink } from '../../registry/index.ts';
import { applyEdits } from './apply-edits.ts';
import { watchRun } from './run-watch.ts';
import { type CodeRun, SessionLost, type SessionProcess } from './session-process.ts';
import { createTurns } from './turns.ts';

export interface SessionOptions {
  readonly id: string;
  readonly clock: Clock;
  /** Rejects with WORKER_START_FAILED. */
  readonly process: Promise<SessionProcess>;
}

/** Code, its time, and who waits for it. */
export interface TimedRun extends CodeRun {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const maxWaiting = 16;

/** One session: its process, whose turn it is, and what was run last. */
export class Session {
  readonly createdAtMs: number;
  readonly #options: SessionOptions;
  readonly #turns = createTurns(maxWaiting);
  #lastAccessedAtMs: number;
  /** Its context is in the variables and its files are in the folder: neither is needed a second time. */
  #last: Pick<TimedRun, 'code' | 'timeoutMs'> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.createdAtMs = options.clock.now();
    this.#lastAccessedAtMs = this.createdAtMs;
  }

  get lastAccessedAtMs(): number {
    return this.#lastAccessedAtMs;
  }

  get busy(): boolean {
    return this.#turns.busy;
  }

  /** Runs code when its turn has come. */
  execute(run: TimedRun, sink: PythonSink): Promise<PythonOutcome> {
    return this.#take(run.signal, (process) => this.#run(process, run, sink));
  }

  /** The last code once more with lines replaced: in the state that the session has when its turn has come. */
  retry(edits: readonly CodeEdit[], signal: AbortSignal, sink: PythonSink): Promise<PythonOutcome> {
    return this.#take(signal, (process) => {
      if (this.#last === undefined) throw nothingRun(this.#options.id);
      const code = applyEdits(this.#last.code, edits);
      const { timeoutMs } = this.#last;
      return this.#run(process, { code, context: new Map(), files: [], timeoutMs, signal }, sink);
    });
  }

  readState(signal: AbortSignal): Promise<PythonSessionState> {
    return this.#take(signal, async (process) => {
      const variables = await process.readVariables().catch((thrown: unknown) => {
        throw thrown instanceof SessionLost ? gone(this.#options.id, thrown.message) : ParleyError.from(thrown);
      });
      return { variables, createdAtMs: this.createdAtMs, lastAccessedAtMs: this.lastAccessedAtMs };
    });
  }

  async #take<T>(signal: AbortSignal, work: (process: SessionProcess) => Promise<T>): Promise<T> {
    this.#touch();
    return this.#turns.take(signal, async () => work(await this.#options.process)).finally(() => this.#touch());
  }

  #touch(): void {
    this.#lastAccessedAtMs = this.#options.clock.now();
  }

  async #run(process: SessionProcess, run: TimedRun, sink: PythonSink): Promise<PythonOutcome> {
    const { clock } = this.#options;
    const startedAtMs = clock.now();
    const watch = watchRun({ process, clock, timeoutMs: run.timeoutMs, signal: run.signal });
    try {
      const done = await process.execute(run, sink);
      const { error, variables: results, timeMs, cpuPercent } = done;
      this.#last = { code: run.code, timeoutMs: run.timeoutMs };
      const memoryBytes = Math.max(done.memoryBytes, process.usedBytes);
      return { error: explain(error, watch.reason), results, timeMs, memoryBytes, cpuPercent };
    } catch (thrown) {
      if (!(thrown instanceof SessionLost)) throw ParleyError.from(thrown);
      const error = `The code did not end: ${thrown.message}. Session "${this.#options.id}" and its variables are gone.`;
      const timeMs = clock.now() - startedAtMs;
      return { error, results: new Map(), timeMs, memoryBytes: process.usedBytes, cpuPercent: 0 };
    } finally {
      watch.end();
    }
  }
}

function explain(error: string | undefined, stoppedBecause: string | undefined): string | undefined {
  if (error === undefined || stoppedBecause === undefined) return error;
  return `The code was stopped: ${stoppedBecause}. The session goes on.\n${error}`;
}

function nothingRun(id: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', `Session "${id}" has run no code yet that could be patched.`);
}

function gone(id: string, reason: string): ParleyError {
  return new ParleyError('NOT_FOUND', `Session "${id}" is gone: ${reason}.`);
}
