import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type Clock, deferred, ParleyError, sleep, withTimeout } from '../../base/index.ts';
import type { SurfacePlace } from '../../registry/index.ts';
import type { WorkerCall } from '../executor/worker-call.ts';
import { type ControlFrame, WorkerConnection } from '../executor/worker-connection.ts';
import type { CallPlace } from '../executor/worker-executor.ts';
import type { GrpcFacts, HttpSpec, NodeFrame } from '../worker-protocol/frames.ts';
import type { Activity } from './activity.ts';
import type { Confinement } from './confinement.ts';
import type { Guard } from './guard.ts';
import { type Liveness, startLiveness } from './liveness.ts';
import type { LogEntry } from './log-ring.ts';
import { type ProcessExit, ProcessGroup } from './process-group.ts';
import type { WorkerEnding } from './restart-policy.ts';
import type { SocketFolders } from './socket-folders.ts';
import { readOutput } from './worker-output.ts';
import type { WorkerSettings } from './worker-settings.ts';
import { type SurfaceKind, WorkerSocket } from './worker-socket.ts';
import type { DrainPace } from './workforce.ts';

/** How the host of a worker is started, and its first frame. */
export interface WorkerLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly init: Extract<NodeFrame, { type: 'init' }>;
  readonly confinement?: Confinement;
  /** What of the package speaks HTTP. */
  readonly http?: HttpSpec | undefined;
  /** True: it may have gRPC services of its own. */
  readonly grpc?: boolean;
  /** Where sockets lie, for a package that serves anything on one. */
  readonly sockets: SocketFolders;
}

export interface WorkerProcessOptions {
  readonly launch: WorkerLaunch;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  readonly activity: Activity;
  readonly log: (entry: Omit<LogEntry, 'workerId'>) => void;
  /** A cancelled call goes on: this worker is to be replaced. */
  readonly onStuck: () => void;
  /** Its state changed. */
  readonly onChange: () => void;
}

export type WorkerState = 'starting' | 'ready' | 'draining' | 'stopped';

/** How a worker process ended, with a sentence for people. */
export interface WorkerEnd extends WorkerEnding {
  readonly description: string;
}

const outputPatienceMs = 500;
const exitPatienceMs = 1_000;

/** One process of a worker, from its start until its whole process group is gone. It is never used again. */
export class WorkerProcess implements CallPlace {
  readonly startedAtMs: number;
  /** The skills the worker can call; rejects with WORKER_START_FAILED. */
  readonly ready: Promise<readonly string[]>;
  /** No process of it is left, and each of its calls has ended. Never rejects. */
  readonly ended: Promise<WorkerEnd>;
  readonly #options: WorkerProcessOptions;
  readonly #ready = deferred<readonly string[]>();
  /** It drains, and nobody waits for a call in it any more. */
  readonly #idle = deferred<void>();
  readonly #surfaces: Readonly<Record<SurfaceKind, WorkerSocket>>;
  #lastLines: readonly string[] = [];
  #state: WorkerState = 'starting';
  #group: ProcessGroup | undefined;
  #connection: WorkerConnection | undefined;
  #liveness: Liveness | undefined;
  #killedBecause: string | undefined;
  #loadError: string | undefined;
  #broken: ParleyError | undefined;
  #grpc: GrpcFacts | undefined;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    const { http, grpc, sockets } = options.launch;
    const create = (wanted: boolean): WorkerSocket =>
      new WorkerSocket(wanted ? sockets : undefined, () => this.#onWorkEnded());
    this.#surfaces = { rest: create(http !== undefined), grpc: create(grpc === true) };
    this.startedAtMs = options.clock.now();
    this.ready = this.#ready.promise;
    this.ended = this.#run().catch((thrown: unknown) => this.#end(describeFailure(thrown), false));
  }

  get state(): WorkerState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#state === 'stopped' ? undefined : this.#group?.pid;
  }

  /** Memory of all its processes together, as last sampled. */
  get memoryBytes(): number | undefined {
    return this.#state === 'stopped' ? undefined : this.#group?.usedBytes;
  }

  get inFlight(): number {
    return (this.#connection?.inFlight ?? 0) + this.#requests;
  }

  /** Its own gRPC services; undefined when it has none, or is not ready yet. */
  get grpc(): GrpcFacts | undefined {
    return this.#grpc;
  }

  /** A place for one request to a server of the package's own; undefined when it has none, or takes none now. */
  takeRequest(kind: SurfaceKind): SurfacePlace | undefined {
    if (this.#state !== 'ready') return undefined;
    this.#options.activity.touch();
    return this.#surfaces[kind].take();
  }

  get #requests(): number {
    return this.#surfaces.rest.inFlight + this.#surfaces.grpc.inFlight;
  }

  /** Only a worker that was ready has one. */
  get connection(): WorkerConnection {
    if (this.#connection === undefined) throw new ParleyError('INTERNAL', 'The worker has no connection yet.');
    return this.#connection;
  }

  watchCanceled(call: WorkerCall): void {
    const { clock, settings, onStuck } = this.#options;
    clock.schedule(settings.cancelGraceMs, () => {
      if (call.over) return;
      onStuck();
      this.#checkIdle();
    });
  }

  /** Takes no more calls, lets those in it end at this pace, then ends the process. Called again, the shorter pace counts. */
  async drain(pace: DrainPace): Promise<void> {
    if (this.#state === 'stopped') return;
    if (this.#state === 'starting') return this.kill('it was stopped before it was ready');
    const { drainGraceMs, replaceGraceMs } = this.#options.settings;
    const graceMs = pace === 'soon' ? drainGraceMs : replaceGraceMs;
    if (this.#state === 'ready') {
      this.#setState('draining');
      void this.#tellDrain(graceMs / 2);
    }
    await this.#waitUntilIdle(graceMs);
    await Promise.race([this.ended, this.#sleep(this.inFlight > 0 ? 0 : exitPatienceMs)]);
    await this.#terminate(this.#options.settings.termGraceMs);
  }

  /** SIGTERM, grace, SIGKILL, without waiting for calls. `reason` is told to whoever asks why it ended. */
  async kill(reason: string, graceMs: number = this.#options.settings.termGraceMs): Promise<void> {
    this.#killedBecause ??= reason;
    this.#refuseCalls();
    await this.#terminate(graceMs);
  }

  async #run(): Promise<WorkerEnd> {
    const { rest, grpc } = this.#surfaces;
    const owner = this.#options.launch.confinement ?? {};
    await Promise.all([rest.open(owner), grpc.open(owner)]);
    try {
      return await this.#runGroup();
    } finally {
      await Promise.all([rest.close(), grpc.close()]);
    }
  }

  async #runGroup(): Promise<WorkerEnd> {
    const { launch, guard, clock } = this.#options;
    const { command, args, cwd, environment, confinement } = launch;
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const;
    const group = await ProcessGroup.start({ command, args, cwd, environment, stdio, guard, clock, confinement });
    this.#group = group;
    const closed = once(group.child, 'close');
    this.#lastLines = readOutput(group.child, this.#options.log);
    this.#connect(group);
    if (this.#killedBecause !== undefined) group.signal('SIGKILL');
    const stopTimer = this.#watchStart();
    const exit = await group.exited;
    await group.gone;
    await Promise.race([closed, this.#sleep(outputPatienceMs)]);
    stopTimer();
    const reason = this.#reasonOf(group);
    // Its host may leave in good order once its socket is closed on it: that it had to be ended is what counts.
    return this.#end(reason ?? describeExit(exit), reason === undefined && exit.code === 0);
  }

  /** What it was killed for; that it used too much memory explains all else. */
  #reasonOf({ overMemory }: ProcessGroup): string | undefined {
    return overMemory === undefined ? this.#killedBecause : `it ${overMemory}`;
  }

  #connect(group: ProcessGroup): void {
    const { settings, launch } = this.#options;
    const socket = group.child.stdio[3] as Duplex;
    this.#connection = new WorkerConnection({
      socket,
      maxFrameBytes: settings.maxFrameBytes,
      windowBytes: settings.windowBytes,
      onControl: (frame) => this.#onControl(frame),
      onBroken: (error) => this.#onBroken(error),
      onCallsEnded: () => this.#onWorkEnded(),
    });
    socket.once('end', () => this.#onHangUp());
    this.#connection.send({ ...launch.init, ...this.#sockets() });
  }

  /** Where the host is to serve what. */
  #sockets(): Pick<WorkerLaunch['init'], 'rest' | 'grpc'> {
    const { path: rest } = this.#surfaces.rest;
    const { path: grpc } = this.#surfaces.grpc;
    const http = rest !== undefined && { rest: { ...this.#options.launch.http, socket: rest } };
    return { ...http, ...(grpc !== undefined && { grpc: { socket: grpc } }) };
  }

  #onControl(frame: ControlFrame): void {
    switch (frame.type) {
      case 'pong':
        this.#liveness?.answer(frame.id);
        break;
      case 'log':
        this.#options.log({ stream: 'log', level: frame.level, message: frame.message });
        break;
      case 'ready':
        this.#surfaces.rest.setServed(frame.rest === true);
        this.#surfaces.grpc.setServed(frame.grpc !== undefined);
        this.#grpc = frame.grpc;
        this.#onReady(frame.skills);
        break;
      case 'load-error':
        this.#loadError = frame.message;
        if (frame.trace !== undefined) this.#say(frame.trace, 'error');
        void this.kill(frame.message);
    }
  }

  #onReady(skills: readonly string[]): void {
    if (this.#state !== 'starting') return;
    const { clock, settings } = this.#options;
    this.#liveness = startLiveness({
      clock,
      intervalMs: settings.pingIntervalMs,
      timeoutMs: settings.pingTimeoutMs,
      ping: (id) => this.connection.send({ type: 'ping', id }),
      onSilent: () => this.#onSilent(),
    });
    this.#ready.resolve(skills);
    this.#setState('ready');
  }

  #onSilent(): void {
    this.#killedBecause ??= `it did not answer for ${this.#options.settings.pingTimeoutMs / 1_000} s`;
    this.#say(`The worker is killed: ${this.#killedBecause}.`, 'error');
    this.#refuseCalls();
    this.#group?.signal('SIGKILL');
  }

  /** It is about to end: calls that come now go elsewhere. */
  #refuseCalls(): void {
    if (this.#state === 'ready') this.#setState('draining');
  }

  #onBroken(error: ParleyError): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    this.#say(error.message, 'error');
    this.#connection?.close(error);
    void this.kill('it broke the worker protocol');
  }

  /** A worker that closes its socket is of no more use; one that drains is about to exit. */
  #onHangUp(): void {
    if (this.#state === 'draining' || this.#group === undefined) return;
    void Promise.race([this.ended, this.#sleep(exitPatienceMs)]).then(() => this.kill('it closed its socket'));
  }

  #watchStart(): () => void {
    const { clock, settings } = this.#options;
    return clock.schedule(settings.readyTimeoutMs, () => {
      if (this.#state === 'starting') void this.kill(`it was not ready within ${settings.readyTimeoutMs / 1_000} s`);
    });
  }

  async #waitUntilIdle(graceMs: number): Promise<void> {
    this.#checkIdle();
    await withTimeout(this.#options.clock, Promise.race([this.#idle.promise, this.ended]), graceMs);
  }

  /** Requests may be on their way to the socket, so the host listens on; those that do not end are told to after a while. */
  async #tellDrain(patienceMs: number): Promise<void> {
    const { rest, grpc } = this.#surfaces;
    const idle = Promise.all([rest.idle(), grpc.idle()]);
    if (this.#requests > 0) await withTimeout(this.#options.clock, idle, patienceMs);
    this.connection.send({ type: 'drain' });
  }

  #onWorkEnded(): void {
    this.#options.activity.touch();
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#state !== 'draining' || this.#requests > 0) return;
    if (this.#connection?.wanted === 0) this.#idle.resolve();
  }

  async #terminate(graceMs: number): Promise<void> {
    await this.#group?.end(graceMs);
    await this.ended;
  }

  #end(description: string, clean: boolean): WorkerEnd {
    this.#liveness?.stop();
    const reason = `The worker ended before it answered: ${description}.`;
    this.#connection?.close(this.#broken ?? new ParleyError('WORKER_LOST', reason));
    this.#ready.reject(this.#startFailure(description));
    this.#setState('stopped');
    return { atMs: this.#options.clock.now(), clean, hopeless: this.#loadError !== undefined, description };
  }

  #startFailure(description: string): ParleyError {
    const lines = this.#lastLines.length === 0 ? '' : ` Its last lines were:\n${this.#lastLines.join('\n')}`;
    return new ParleyError('WORKER_START_FAILED', `The worker did not become ready: ${description}.${lines}`);
  }

  #setState(state: WorkerState): void {
    this.#state = state;
    this.#options.onChange();
  }

  #say(message: string, level: LogEntry['level']): void {
    this.#options.log({ stream: 'supervisor', level, message });
  }

  /** A pause that does not hold up a test's end: the longest is the drain grace. */
  #sleep(delayMs: number): Promise<void> {
    return sleep(this.#options.clock, delayMs);
  }
}

function describeExit({ code, signal }: ProcessExit): string {
  return signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
}

function describeFailure(thrown: unknown): string {
  return ParleyError.from(thrown).message;
}
