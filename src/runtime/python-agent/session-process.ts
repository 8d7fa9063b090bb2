import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import { type Clock, deferred, ParleyError, sleep, withTimeout } from '../../base/index.ts';
import type { PackedValues, PythonSink } from '../../registry/index.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { Guard } from '../supervisor/guard.ts';
import { type ProcessExit, ProcessGroup } from '../supervisor/process-group.ts';
import { createFrameSplitter } from '../worker-protocol/frame-splitter.ts';
import { OutputPump } from './output-pump.ts';
import { decodeAnswer, encodeRequest, type SessionAnswer } from './session-frames.ts';

/** How a session's process is started. */
export interface SessionLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
}

export interface SessionProcessOptions {
  readonly launch: SessionLaunch;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly readyTimeoutMs: number;
}

/** Code with all that it is given. */
export interface CodeRun {
  readonly code: string;
  readonly context: PackedValues;
  readonly files: readonly Uint8Array[];
}

type Done = Extract<SessionAnswer, { type: 'done' }>;
type Answer = Exclude<SessionAnswer, { type: 'progress' }>;

/** The process has ended instead of answering; `message`: why, in words that go on after "it". */
export class SessionLost extends Error {}

const mebibyte = 1024 * 1024;
/** All that may come in one message, and a head. */
const maxFrameBytes = 104 * mebibyte;
const maxResultBytes = 64 * mebibyte;
/** For output whose end does not come, because the code has closed it or moved it elsewhere. */
const outputPatienceMs = 500;

/** The Python process of one session, in a group of its own. It runs one request at a time, and is never started again. */
export class SessionProcess {
  /** No process of it is left; why, in words that go on after "it". Never rejects. */
  readonly ended: Promise<string>;
  readonly #clock: Clock;
  readonly #group: ProcessGroup;
  readonly #socket: Duplex;
  readonly #pumps: Readonly<Record<'stdout' | 'stderr', OutputPump>>;
  #asked: PromiseWithResolvers<Answer> | undefined;
  #onProgress: ((text: string) => void) | undefined;
  #killedBecause: string | undefined;
  #isEnded = false;

  private constructor(group: ProcessGroup, clock: Clock) {
    this.#group = group;
    this.#clock = clock;
    this.#socket = group.child.stdio[3] as Duplex;
    const { stdout, stderr } = group.child as { stdout: Readable; stderr: Readable };
    this.#pumps = { stdout: new OutputPump(stdout), stderr: new OutputPump(stderr) };
    const splitter = createFrameSplitter({ maxFrameBytes, onFrame: (raw) => this.#onAnswer(decodeAnswer(raw)) });
    this.#socket.on('data', (chunk: Buffer) => this.#read(() => splitter.push(chunk)));
    this.#socket.on('error', () => {});
    this.ended = this.#waitForEnd();
  }

  /** Resolves when it takes requests; WORKER_START_FAILED when it does not get there in time. */
  static async start({ launch, guard, clock, readyTimeoutMs }: SessionProcessOptions): Promise<SessionProcess> {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const;
    const group = await ProcessGroup.start({ ...launch, stdio, guard, clock });
    const session = new SessionProcess(group, clock);
    const lastWords: Buffer[] = [];
    void session.#pumps.stderr.read('\0', (data) => void (lastWords.length < 16 && lastWords.push(data)));
    const ready = await withTimeout(clock, session.#listen(), readyTimeoutMs).catch(() => undefined);
    if (ready?.type === 'ready') return session;
    const reason = await session.kill(`it was not ready within ${readyTimeoutMs / 1_000} s`);
    throw startFailure(reason, Buffer.concat(lastWords).toString());
  }

  /** Memory of all its processes, as last sampled. */
  get usedBytes(): number {
    return this.#group.usedBytes ?? 0;
  }

  /** Resolves when the code has ended and all that it printed was handed on. SessionLost; INVALID_PARAMS for what it is given. */
  async execute({ code, context, files }: CodeRun, sink: PythonSink): Promise<Done> {
    const marker = `\0${randomBytes(16).toString('hex')}\0`;
    this.#onProgress = (text) => this.#hold(sink({ kind: 'progress', data: Buffer.from(text) }));
    const output = (['stdout', 'stderr'] as const).map((kind) => {
      return this.#pumps[kind].read(marker, (data) => sink({ kind, data }));
    });
    try {
      const request = { type: 'execute', code, marker, maxBytes: maxResultBytes } as const;
      const answer = await this.#ask(encodeRequest(request, context, files));
      if (answer.type !== 'refused') return this.#expect(answer, 'done');
      this.#pumps.stdout.drop();
      this.#pumps.stderr.drop();
      throw new ParleyError('INVALID_PARAMS', `${answer.message}. Nothing was run.`);
    } finally {
      await this.#drain(Promise.all(output));
      this.#onProgress = undefined;
    }
  }

  /** What the session holds. SessionLost. */
  async readVariables(): Promise<PackedValues> {
    const answer = await this.#ask(encodeRequest({ type: 'state', maxBytes: maxResultBytes }));
    return this.#expect(answer, 'state').variables;
  }

  /** As Ctrl-C does: the code sees KeyboardInterrupt, its own processes SIGINT. */
  interrupt(): void {
    this.#group.signal('SIGINT');
  }

  /** Ends it at once. Resolves, when nothing of it is left, with why it has ended: the first reason counts. */
  kill(reason: string): Promise<string> {
    this.#killedBecause ??= reason;
    this.#group.signal('SIGKILL');
    return this.ended;
  }

  async #waitForEnd(): Promise<string> {
    const exit = await this.#group.exited;
    await this.#group.gone;
    this.#isEnded = true;
    const { overMemory } = this.#group;
    const reason = overMemory === undefined ? (this.#killedBecause ?? describeExit(exit)) : `it ${overMemory}`;
    this.#asked?.reject(new SessionLost(reason));
    this.#socket.destroy();
    return reason;
  }

  #ask(request: Buffer): Promise<Answer> {
    const answer = this.#listen();
    this.#socket.write(request);
    return answer;
  }

  async #listen(): Promise<Answer> {
    if (this.#isEnded) throw new SessionLost(await this.ended);
    this.#asked = deferred<Answer>();
    return this.#asked.promise;
  }

  #onAnswer(answer: SessionAnswer): void {
    if (answer.type === 'progress') this.#onProgress?.(answer.text);
    else this.#asked?.resolve(answer);
  }

  /** Code that tells its progress faster than it is taken has to wait. */
  #hold(held: Promise<void> | undefined): void {
    if (held === undefined) return;
    this.#socket.pause();
    void held.finally(() => this.#socket.resume());
  }

  #read(push: () => void): void {
    try {
      push();
    } catch (thrown) {
      void this.kill(`it sent what no session sends: ${ParleyError.from(thrown).message}`);
    }
  }

  #expect<Kind extends Answer['type']>(answer: Answer, type: Kind): Extract<Answer, { type: Kind }> {
    if (answer.type === type) return answer as Extract<Answer, { type: Kind }>;
    const reason = 'it sent an answer that nobody had asked for';
    void this.kill(reason);
    throw new SessionLost(reason);
  }

  /** A reader that takes its time is waited for; output that nobody holds up and that still does not end is given up. */
  async #drain(output: Promise<unknown>): Promise<void> {
    let over = false;
    void output.then(() => {
      over = true;
    });
    do {
      await Promise.race([output, sleep(this.#clock, outputPatienceMs)]);
    } while (!over && (this.#pumps.stdout.held || this.#pumps.stderr.held));
  }
}

function describeExit({ code, signal }: ProcessExit): string {
  return signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
}

function startFailure(reason: string, lastWords: string): ParleyError {
  const said = lastWords.trim() === '' ? '' : ` It said:\n${lastWords.trim().slice(-2_000)}`;
  return new ParleyError('WORKER_START_FAILED', `No Python session could be started: ${reason}.${said}`);
}
