/** Messages of `proto/pixell/python_agent.proto`, as the loader hands them over: every field is there. */
export interface ExecuteRequest {
  readonly code: string;
  readonly context: Readonly<Record<string, Buffer>>;
  readonly files: readonly Buffer[];
  readonly session_id: string;
  readonly resource_tier: number;
  readonly timeout_seconds: number;
}

export interface ExecuteResponse {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly results: Readonly<Record<string, Uint8Array>>;
  readonly error: string;
  readonly metrics: {
    readonly execution_time_ms: number;
    readonly memory_used_bytes: number;
    readonly cpu_percent: number;
  };
}

export interface StreamChunk {
  readonly type: 'STDOUT' | 'STDERR' | 'RESULT' | 'PROGRESS' | 'ERROR';
  readonly data: Uint8Array;
  readonly timestamp: number;
}

export interface SessionStateRequest {
  readonly session_id: string;
}

export interface SessionStateResponse {
  readonly variables: Readonly<Record<string, Uint8Array>>;
  readonly created_at: number;
  readonly last_accessed: number;
}

export interface RetryRequest {
  readonly session_id: string;
  readonly patch: {
    readonly edits: readonly {
      readonly line_number: number;
      readonly old_line: string;
      readonly new_line: string;
    }[];
  } | null;
}
