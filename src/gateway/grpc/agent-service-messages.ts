/** Messages of `proto/pixell/agent.proto`, as the loader hands them over: every field is there. */
export type Empty = Readonly<Record<never, never>>;

export interface HealthStatus {
  readonly ok: boolean;
  readonly message: string;
  readonly timestamp: number;
}

export interface Capabilities {
  readonly methods: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ActionRequest {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly request_id: string;
}

export interface ActionResult {
  readonly success: boolean;
  readonly result: string;
  readonly error: string;
  readonly request_id: string;
  readonly duration_ms: number;
}

export interface Pong {
  readonly message: string;
  readonly timestamp: number;
}
