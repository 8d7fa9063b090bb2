import type { Principal } from '../security/index.ts';

/** A request as the front door hands it over: identity is settled, the body is parsed JSON (undefined when there is none). */
export interface ControlRequest {
  /** Values of the path's `{name}` places, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** The bytes of the body as they come, for a route that takes a stream. */
  readonly stream?: AsyncIterable<Uint8Array>;
  readonly principal: Principal;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** One server-sent event; `id` is what a reader resumes after (`Last-Event-ID`). */
export interface ControlEvent {
  readonly id?: string;
  readonly data: string;
}

/** JSON, or a stream of server-sent events that ends with the iteration. */
export type ControlResponse =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: number; readonly events: AsyncIterable<ControlEvent> };

/**
 * One route of the operator's API as data: the front door mounts it, the OpenAPI document is generated from it.
 * `handle` throws ParleyError; the front door renders it as `{ error: { code, message, details } }` with the code's status.
 */
export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/api/v1/`; places are written `{name}`. */
  readonly path: string;
  /** `public`: anybody; `operator`: the operator's credential, on loopback too. */
  readonly access: 'public' | 'operator';
  /** Default `json`; `stream`: the body is a file, which is handed on as it comes. */
  readonly takes?: 'json' | 'stream';
  handle(request: ControlRequest): Promise<ControlResponse>;
}
