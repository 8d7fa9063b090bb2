/** How much a session may use; the backend's table says what each means. */
export type PythonTier = 'SMALL' | 'MEDIUM' | 'LARGE';

/** Values by name, each in MessagePack. */
export type PackedValues = ReadonlyMap<string, Uint8Array>;

/** One piece of code to run. */
export interface PythonExecution {
  readonly code: string;
  /** Variables that the code finds. */
  readonly context: PackedValues;
  readonly files: readonly Uint8Array[];
  /** Empty: a session of its own that ends with the answer. */
  readonly sessionId: string;
  readonly tier: PythonTier;
  /** Undefined: the tier's default. */
  readonly timeoutMs: number | undefined;
  /** Stops the code. */
  readonly signal: AbortSignal;
}

/** One line of a session's last code that is to be another. */
export interface CodeEdit {
  /** The first line has number 1. */
  readonly lineNumber: number;
  readonly oldLine: string;
  readonly newLine: string;
}

/** The session's last code once more, changed. */
export interface PythonRetry {
  readonly sessionId: string;
  readonly edits: readonly CodeEdit[];
  readonly signal: AbortSignal;
}

/** Something the code says while it runs. */
export interface PythonChunk {
  readonly kind: 'stdout' | 'stderr' | 'progress';
  readonly data: Uint8Array;
}

/** Takes chunks in order; while a promise that it gave back is open, the code is held up once its pipes are full. */
export type PythonSink = (chunk: PythonChunk) => Promise<void> | undefined;

/** What became of the code; that it failed is an outcome, too. */
export interface PythonOutcome {
  /** Undefined: it came to its end. Else the traceback, or why it was stopped and what is left of the session. */
  readonly error: string | undefined;
  readonly results: PackedValues;
  readonly timeMs: number;
  /** The most that it used at one time. */
  readonly memoryBytes: number;
  /** 100 is one processor. */
  readonly cpuPercent: number;
}

/** What a session holds. */
export interface PythonSessionState {
  readonly variables: PackedValues;
  readonly createdAtMs: number;
  readonly lastAccessedAtMs: number;
}

/**
 * Python sessions of one deployment; no other deployment sees them. Code of one session runs in the order it came, one at a time.
 * Errors: INVALID_PARAMS, NOT_FOUND (no such session), TOO_MANY_SESSIONS, QUEUE_FULL, WORKER_START_FAILED, CANCELED, UNAVAILABLE
 * (the deployment ends). None of them began to run code.
 */
export interface PythonSessions {
  /** Where the deployment's own processes find the service: in a folder that only its user and the node's can enter. */
  readonly socketPath: string | undefined;
  /** The user that the deployment's processes run as. */
  readonly uid: number | undefined;
  /** All sessions have ended, and none begins any more. */
  readonly ended: Promise<void>;
  execute(execution: PythonExecution, sink: PythonSink): Promise<PythonOutcome>;
  /** With the files, the tier and the time of the last execution, in the state that the session has now. */
  retry(retry: PythonRetry, sink: PythonSink): Promise<PythonOutcome>;
  readState(sessionId: string, signal: AbortSignal): Promise<PythonSessionState>;
}
