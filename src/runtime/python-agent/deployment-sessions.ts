import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createShortId, deferred, ParleyError } from '../../base/index.ts';
import type {
  PythonExecution,
  PythonOutcome,
  PythonRetry,
  PythonSessionState,
  PythonSessions,
  PythonSink,
  PythonTier,
} from '../../registry/index.ts';
import type { Guard } from '../supervisor/guard.ts';
import { Session } from './session.ts';
import { type SessionLaunch, SessionProcess } from './session-process.ts';
import type { SessionQuota } from './session-quota.ts';
import { longestTimeoutMs, tierLimits } from './tiers.ts';

export interface DeploymentSessionsOptions {
  readonly deploymentId: string;
  readonly socketPath: string | undefined;
  readonly uid: number | undefined;
  /** Makes the folder of a session, and says how one of that tier is started in it. */
  readonly launch: (folder: string, tier: PythonTier) => Promise<SessionLaunch>;
  readonly removeFolder: (folder: string) => Promise<void>;
  /** Absolute path, for the folders of the sessions; made when the first one begins, gone when all have ended. */
  readonly folder: string;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly quota: SessionQuota;
  /** How long a session lives that nobody uses. */
  readonly idleMs: number;
  readonly readyTimeoutMs: number;
  readonly log: (message: string) => void;
}

interface Open {
  readonly session: Session;
  /** Ends its process; resolves when nothing of it is left, neither process nor folder. */
  end(reason: string): Promise<void>;
  cancelExpiry?: () => void;
}

const longestSessionId = 256;

/** The sessions of one deployment, from its start to its end. */
export class DeploymentSessions implements PythonSessions {
  readonly socketPath: string | undefined;
  readonly uid: number | undefined;
  readonly ended: Promise<void>;
  readonly #ended = deferred<void>();
  readonly #options: DeploymentSessionsOptions;
  readonly #open = new Set<Open>();
  readonly #named = new Map<string, Open>();
  #stopping: string | undefined;

  constructor(options: DeploymentSessionsOptions) {
    this.#options = options;
    this.socketPath = options.socketPath;
    this.uid = options.uid;
    this.ended = this.#ended.promise;
  }

  async execute(execution: PythonExecution, sink: PythonSink): Promise<PythonOutcome> {
    const { sessionId, tier, timeoutMs = tierLimits[tier].timeoutMs } = execution;
    checkTimeout(timeoutMs);
    checkSessionId(sessionId);
    if (sessionId === '') return this.#executeAlone({ ...execution, timeoutMs }, sink);
    const { session } = this.#named.get(sessionId) ?? this.#begin(sessionId, tier);
    return session.execute({ ...execution, timeoutMs }, sink);
  }

  async retry({ sessionId, edits, signal }: PythonRetry, sink: PythonSink): Promise<PythonOutcome> {
    return this.#find(sessionId).retry(edits, signal, sink);
  }

  async readState(sessionId: string, signal: AbortSignal): Promise<PythonSessionState> {
    return this.#find(sessionId).readState(signal);
  }

  /** Ends every session, and takes no more. Resolves when no process is left. */
  async stop(reason: string): Promise<void> {
    this.#stopping ??= reason;
    await Promise.all([...this.#open].map(({ end }) => end(reason)));
    await rmdir(this.#options.folder).catch(() => {});
    this.#ended.resolve();
  }

  async #executeAlone(execution: PythonExecution & { timeoutMs: number }, sink: PythonSink): Promise<PythonOutcome> {
    const { session, end } = this.#begin(undefined, execution.tier);
    try {
      return await session.execute(execution, sink);
    } finally {
      await end('its code has ended');
    }
  }

  #find(id: string): Session {
    const open = this.#named.get(id);
    if (open !== undefined) return open.session;
    const message = `There is no Python session "${id}" here: it was never begun, or it has ended. Execute begins a new one.`;
    throw new ParleyError('NOT_FOUND', message, { details: { sessionId: id } });
  }

  /** Without a name only its beginner can use it. */
  #begin(id: string | undefined, tier: PythonTier): Open {
    const { deploymentId, quota, clock, folder: parent } = this.#options;
    if (this.#stopping !== undefined) throw notOpen(deploymentId, this.#stopping);
    const leave = quota.take(deploymentId);
    const folder = join(parent, createShortId(12));
    const process = this.#start(folder, tier);
    const session = new Session({ id: id ?? '', clock, process });
    const ended = process
      .then((started) => started.ended)
      .catch(() => {})
      .then(() => this.#forget(id, open))
      .finally(leave)
      .then(() => this.#options.removeFolder(folder))
      .catch((cause: unknown) => this.#options.log(`The folder of a Python session stays behind: ${String(cause)}`));
    const end = async (reason: string): Promise<void> => {
      await process.then((started) => started.kill(reason)).catch(() => {});
      await ended;
    };
    const open: Open = { session, end };
    this.#open.add(open);
    if (id !== undefined) this.#keep(id, open);
    return open;
  }

  #keep(id: string, open: Open): void {
    this.#named.set(id, open);
    this.#expire(open);
  }

  #forget(id: string | undefined, open: Open): void {
    this.#open.delete(open);
    open.cancelExpiry?.();
    if (id !== undefined) this.#named.delete(id);
  }

  async #start(folder: string, tier: PythonTier): Promise<SessionProcess> {
    const { launch, guard, clock, readyTimeoutMs } = this.#options;
    return SessionProcess.start({ launch: await launch(folder, tier), guard, clock, readyTimeoutMs });
  }

  /** Looks again whenever the session could have become too old. */
  #expire(open: Open): void {
    const { clock, idleMs } = this.#options;
    const { session } = open;
    const leftMs = session.busy ? idleMs : session.lastAccessedAtMs + idleMs - clock.now();
    open.cancelExpiry = clock.schedule(Math.max(1, leftMs), () => {
      const over = !session.busy && clock.now() - session.lastAccessedAtMs >= idleMs;
      if (over) void open.end('nobody had used it for too long');
      else this.#expire(open);
    });
  }
}

function checkTimeout(timeoutMs: number): void {
  if (timeoutMs > 0 && timeoutMs <= longestTimeoutMs) return;
  const message = `timeout_seconds is ${timeoutMs / 1_000}; it may be 0 for the default, or up to ${longestTimeoutMs / 1_000}.`;
  throw new ParleyError('INVALID_PARAMS', message, { details: { field: 'timeout_seconds' } });
}

function checkSessionId(id: string): void {
  if (id.length <= longestSessionId) return;
  const message = `session_id has more than ${longestSessionId} characters. Use a shorter name.`;
  throw new ParleyError('INVALID_PARAMS', message, { details: { field: 'session_id' } });
}

function notOpen(deploymentId: string, reason: string): ParleyError {
  return new ParleyError('UNAVAILABLE', `Deployment ${deploymentId} takes no more Python sessions: ${reason}.`);
}
