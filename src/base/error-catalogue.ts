/** How one error code looks on each wire. */
export interface ErrorEntry {
  /** What happened, in general; a thrown error says what it happened to. */
  readonly summary: string;
  readonly http: number;
  /** JSON-RPC code: the A2A specification's where it has one, else ours between -32050 and -32099. */
  readonly jsonRpc: number;
  /** Canonical gRPC status name. */
  readonly grpc: string;
  /** True when the same call may succeed later without being changed. */
  readonly retryable: boolean;
}

const rows = {
  // The A2A specification's own errors, with its codes (section "Error Handling", 1.0.1).
  PARSE_ERROR: ['The request is not valid JSON.', 400, -32700, 'INVALID_ARGUMENT', false],
  INVALID_REQUEST: ['The request is not a valid JSON-RPC request.', 400, -32600, 'INVALID_ARGUMENT', false],
  METHOD_NOT_FOUND: ['There is no such method or route.', 404, -32601, 'UNIMPLEMENTED', false],
  INVALID_PARAMS: ['A field of the request is missing or wrong.', 400, -32602, 'INVALID_ARGUMENT', false],
  INTERNAL: ['Something failed inside Parley.', 500, -32603, 'INTERNAL', false],
  TASK_NOT_FOUND: ['There is no such task for this caller.', 404, -32001, 'NOT_FOUND', false],
  TASK_NOT_CANCELABLE: ['The task has already ended.', 400, -32002, 'FAILED_PRECONDITION', false],
  PUSH_NOT_SUPPORTED: ['The agent does not support push notifications.', 400, -32003, 'FAILED_PRECONDITION', false],
  UNSUPPORTED_OPERATION: ['The operation is not supported here.', 400, -32004, 'FAILED_PRECONDITION', false],
  CONTENT_TYPE_NOT_SUPPORTED: ['The media type is not supported.', 400, -32005, 'INVALID_ARGUMENT', false],
  INVALID_AGENT_RESPONSE: ['The agent answered with something that is not valid.', 500, -32006, 'INTERNAL', false],
  EXTENDED_CARD_NOT_CONFIGURED: ['The agent has no extended card.', 400, -32007, 'FAILED_PRECONDITION', false],
  EXTENSION_REQUIRED: [
    'The agent requires an extension that the call does not declare.',
    400,
    -32008,
    'FAILED_PRECONDITION',
    false,
  ],
  VERSION_NOT_SUPPORTED: ['The protocol version is not supported.', 400, -32009, 'FAILED_PRECONDITION', false],
  // As A2A 1.1 is going to have it.
  GENERATION_MISMATCH: ['The task is at another generation than the caller expects.', 409, -32010, 'ABORTED', false],

  // The front door.
  UNAUTHENTICATED: ['A credential is needed.', 401, -32050, 'UNAUTHENTICATED', false],
  PERMISSION_DENIED: ['The credential does not allow this.', 403, -32051, 'PERMISSION_DENIED', false],
  FORBIDDEN_ORIGIN: [
    'The request comes from a host or an origin that is not allowed.',
    403,
    -32052,
    'PERMISSION_DENIED',
    false,
  ],
  PAYLOAD_TOO_LARGE: ['The body or a part of it is over the limit.', 413, -32053, 'RESOURCE_EXHAUSTED', false],
  QUEUE_FULL: ['Too much work is waiting.', 429, -32054, 'RESOURCE_EXHAUSTED', true],
  RATE_LIMITED: ['Calls come faster than they may.', 429, -32090, 'RESOURCE_EXHAUSTED', true],
  UNAVAILABLE: ['The service cannot take the call now.', 503, -32055, 'UNAVAILABLE', true],
  NOT_FOUND: ['There is no such thing.', 404, -32056, 'NOT_FOUND', false],
  CONFLICT: ['The request contradicts what is already there.', 409, -32057, 'ABORTED', false],
  IDEMPOTENCY_CONFLICT: ['The idempotency key was used before with another body.', 409, -32058, 'ABORTED', false],
  VALIDATION_FAILED: ['The request does not fit its schema.', 422, -32059, 'INVALID_ARGUMENT', false],

  // Calling an agent.
  AGENT_NOT_FOUND: ['There is no such agent or deployment.', 404, -32060, 'NOT_FOUND', false],
  AGENT_UNAVAILABLE: ['The agent has no healthy worker.', 503, -32061, 'UNAVAILABLE', true],
  BREAKER_OPEN: ['The agent failed too often and gets no calls for a while.', 503, -32088, 'UNAVAILABLE', true],
  AGENT_DISABLED: ['An operator has disabled the agent.', 503, -32068, 'UNAVAILABLE', false],
  SKILL_NOT_FOUND: ['The agent has no such skill.', 400, -32062, 'INVALID_ARGUMENT', false],
  AGENT_ERROR: ['The agent failed.', 502, -32063, 'UNKNOWN', false],
  CANCELED: ['The call was cancelled.', 499, -32064, 'CANCELLED', false],
  DEADLINE_EXCEEDED: ['The deadline passed before the work was done.', 504, -32065, 'DEADLINE_EXCEEDED', false],
  OUTCOME_UNKNOWN: ['The work was handed out and its outcome is not known.', 500, -32066, 'UNKNOWN', false],
  OUTPUT_INVALID: [
    'The agent answered with something that its output schema does not allow.',
    502,
    -32069,
    'INTERNAL',
    false,
  ],
  NO_OFFER: [
    'Nobody has offered to do the work on the terms that were set.',
    409,
    -32094,
    'FAILED_PRECONDITION',
    false,
  ],
  CHAIN_REFUSED: ['The chain of calls has a loop or is too deep.', 400, -32067, 'FAILED_PRECONDITION', false],

  // Packages and workers.
  PACKAGE_INVALID: ['The package is refused.', 400, -32070, 'INVALID_ARGUMENT', false],
  MANIFEST_INVALID: ['agent.yaml is refused.', 400, -32071, 'INVALID_ARGUMENT', false],
  ENVIRONMENT_FAILED: ['What a package depends on could not be installed.', 500, -32078, 'FAILED_PRECONDITION', false],
  WORKER_START_FAILED: ['The worker did not become ready.', 500, -32072, 'INTERNAL', false],
  WORKER_LOST: ['The worker ended before it answered.', 502, -32073, 'UNAVAILABLE', false],
  TOO_MANY_SESSIONS: ['No more Python sessions may be open at once.', 429, -32076, 'RESOURCE_EXHAUSTED', true],
  NO_FREE_PORT: ['No port is free for the deployment.', 503, -32077, 'RESOURCE_EXHAUSTED', false],
  WORKER_PROTOCOL: ['The worker broke the worker protocol.', 502, -32074, 'INTERNAL', false],

  // Store.
  VERSION_CONFLICT: ['The entity was changed by somebody else.', 409, -32080, 'ABORTED', true],
  FENCED: ['The lease was lost to another holder.', 409, -32081, 'ABORTED', false],
  STORE_FULL: ['The disk is full; nothing was written.', 507, -32082, 'RESOURCE_EXHAUSTED', true],
  STORE_DAMAGED: ['The store file is damaged.', 500, -32083, 'DATA_LOSS', false],
  STORE_CLOSED: ['The store is closed.', 503, -32084, 'UNAVAILABLE', true],
  DATA_FOLDER_LOCKED: ['Another process uses the data folder.', 409, -32085, 'FAILED_PRECONDITION', false],
  CONFIG_INVALID: ['The configuration is not valid.', 500, -32086, 'FAILED_PRECONDITION', false],
  UNREACHABLE: ['The other side cannot be reached.', 502, -32087, 'UNAVAILABLE', true],

  // Schemas.
  SCHEMA_INVALID: ['The Avro schema is refused.', 422, -32091, 'INVALID_ARGUMENT', false],
  SCHEMA_INCOMPATIBLE: ['The schema does not get on with earlier versions.', 409, -32092, 'FAILED_PRECONDITION', false],
  RECORD_INVALID: ['The value or the bytes do not fit their schema.', 422, -32093, 'INVALID_ARGUMENT', false],
} as const;

export type ErrorCode = keyof typeof rows;

/** Every error that leaves a room. docs/errors.md lists the same codes; a test compares the two. */
export const errorCatalogue: Readonly<Record<ErrorCode, ErrorEntry>> = Object.freeze(
  Object.fromEntries(
    Object.entries(rows).map(([code, [summary, http, jsonRpc, grpc, retryable]]) => [
      code,
      { summary, http, jsonRpc, grpc, retryable },
    ]),
  ) as Record<ErrorCode, ErrorEntry>,
);
