import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import type { PackedValues, PythonExecution, PythonOutcome, PythonSessions, PythonTier } from '../../registry/index.ts';
import { createCollectedOutput } from './collected-output.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import { type GrpcCall, handleStream, handleUnary, type StreamMethod, type UnaryMethod } from './methods.ts';
import { packMap } from './pack-map.ts';
import type {
  ExecuteRequest,
  ExecuteResponse,
  RetryRequest,
  SessionStateRequest,
  SessionStateResponse,
  StreamChunk,
} from './python-agent-messages.ts';

export interface PythonAgentServiceOptions {
  /** The sessions of the deployment that was dialled, for this caller. Throws when it may not use them, or there are none. */
  readonly admit: (call: GrpcCall) => Promise<PythonSessions>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const tiers: readonly PythonTier[] = ['SMALL', 'MEDIUM', 'LARGE'];
const chunkTypes = { stdout: 'STDOUT', stderr: 'STDERR', progress: 'PROGRESS' } as const;
/** Of each output in an answer that comes in one piece. */
const maxOutputBytes = 4 * 1024 * 1024;

/** `pixell.python_agent.PythonAgent`: runs Python code in sessions of the deployment that was dialled. */
export function createPythonAgentService(options: PythonAgentServiceOptions): GrpcService {
  const { logger } = options;
  return {
    definition: loadService('pixell/python_agent.proto', 'pixell.python_agent.PythonAgent'),
    methods: {
      Execute: handleUnary(createExecute(options), logger),
      StreamExecute: handleStream(createStreamExecute(options), logger),
      GetSessionState: handleUnary(createGetSessionState(options), logger),
      RetryWithPatch: handleUnary(createRetryWithPatch(options), logger),
    },
  };
}

function createExecute({ admit }: PythonAgentServiceOptions): UnaryMethod<ExecuteRequest, ExecuteResponse> {
  return async (request, call) => {
    const sessions = await admit(call);
    const output = createCollectedOutput(maxOutputBytes);
    const outcome = await sessions.execute(toExecution(request, call.signal), (chunk) => void output.add(chunk));
    return toResponse(outcome, output);
  };
}

function createStreamExecute({ admit, clock }: PythonAgentServiceOptions): StreamMethod<ExecuteRequest, StreamChunk> {
  return async (request, call, send) => {
    const sessions = await admit(call);
    const emit = (type: StreamChunk['type'], data: Uint8Array): Promise<void> | undefined =>
      send({ type, data, timestamp: clock.now() });
    const execution = toExecution(request, call.signal);
    const { error, results } = await sessions.execute(execution, ({ kind, data }) => emit(chunkTypes[kind], data));
    if (error === undefined) void emit('RESULT', packMap(results));
    else void emit('ERROR', Buffer.from(error));
  };
}

function createGetSessionState({
  admit,
}: PythonAgentServiceOptions): UnaryMethod<SessionStateRequest, SessionStateResponse> {
  return async ({ session_id }, call) => {
    const sessions = await admit(call);
    const { variables, createdAtMs, lastAccessedAtMs } = await sessions.readState(session_id, call.signal);
    return { variables: toMessage(variables), created_at: createdAtMs, last_accessed: lastAccessedAtMs };
  };
}

function createRetryWithPatch({ admit }: PythonAgentServiceOptions): UnaryMethod<RetryRequest, ExecuteResponse> {
  return async ({ session_id: sessionId, patch }, call) => {
    const sessions = await admit(call);
    const output = createCollectedOutput(maxOutputBytes);
    const edits = (patch?.edits ?? []).map((edit) => ({
      lineNumber: edit.line_number,
      oldLine: edit.old_line,
      newLine: edit.new_line,
    }));
    const outcome = await sessions.retry({ sessionId, edits, signal: call.signal }, (chunk) => void output.add(chunk));
    return toResponse(outcome, output);
  };
}

function toExecution(request: ExecuteRequest, signal: AbortSignal): PythonExecution {
  return {
    code: request.code,
    context: new Map(Object.entries(request.context)),
    files: request.files,
    sessionId: request.session_id,
    tier: readTier(request.resource_tier),
    timeoutMs: request.timeout_seconds === 0 ? undefined : request.timeout_seconds * 1_000,
    signal,
  };
}

function readTier(value: number): PythonTier {
  const tier = tiers[value];
  if (tier !== undefined) return tier;
  const message = `resource_tier is ${value}; there are SMALL (0), MEDIUM (1) and LARGE (2).`;
  throw new ParleyError('INVALID_PARAMS', message, { details: { field: 'resource_tier' } });
}

function toResponse(outcome: PythonOutcome, output: ReturnType<typeof createCollectedOutput>): ExecuteResponse {
  return {
    success: outcome.error === undefined,
    stdout: output.read('stdout'),
    stderr: output.read('stderr'),
    results: toMessage(outcome.results),
    error: outcome.error ?? '',
    metrics: {
      execution_time_ms: outcome.timeMs,
      memory_used_bytes: outcome.memoryBytes,
      cpu_percent: outcome.cpuPercent,
    },
  };
}

function toMessage(values: PackedValues): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries(values);
}
