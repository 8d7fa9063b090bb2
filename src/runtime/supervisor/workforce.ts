import type { AgentExecutor } from '../../agents/index.ts';
import type { PythonSessions, SurfacePlace } from '../../registry/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import type { GrpcFacts } from '../worker-protocol/frames.ts';
import type { SurfaceKind } from './worker-socket.ts';

/**
 * How long calls under way may go on in workers that take no more of them: `finish`, as long as they are wanted, questions to
 * their callers included, up to `replaceGraceMs`; `soon`, up to `drainGraceMs`.
 */
export type DrainPace = 'finish' | 'soon';

/** What does the work of one deployment: worker processes, or a program that is started for each call. */
export interface Workforce {
  readonly executor: AgentExecutor;
  /** Calls it takes at once now. */
  readonly capacity: number;
  readonly views: readonly WorkerView[];
  /** Where its workers have Python code run, when the package asks for it. */
  readonly python?: PythonSessions;
  /** The package's own gRPC services, as its workers said last; undefined when it has none. */
  readonly grpc?: GrpcFacts | undefined;
  start(): void;
  /** Renews all workers, one after the other, without a gap. Rejects with WORKER_START_FAILED, the old ones then go on. */
  restart(): Promise<void>;
  /** So many of it from now on. Those that are too many finish their calls first; nothing changes when there are as many. */
  resize(replicas: number): void;
  /** A place in the least busy worker for one request to a server of the package's own; undefined while there is none. */
  takeRequest(kind: SurfaceKind): SurfacePlace | undefined;
  /** Takes no more calls, drains, resolves when no process is left. Again, with `soon`: those under way get less time. */
  stop(pace: DrainPace): Promise<void>;
  /** Ends every process at once, without grace. */
  kill(reason: string): Promise<void>;
}

/** What a workforce tells the deployment it works for. */
export interface WorkforceReport {
  /** All of it is ready for calls; `skills`: ids that can be called. */
  ready(skills: readonly string[]): void;
  /** None of it takes calls for now; what happens next, in a sentence. */
  lost(message: string): void;
  /** It has given up. */
  failed(message: string): void;
  /** Capacity or views changed. */
  changed(): void;
}
