import type { Duplex } from 'node:stream';
import type { ParleyError } from '../../base/index.ts';
import type { RequestBody } from './limited-body.ts';

/** One request to the HTTP server of a worker. */
export interface UpstreamRequest {
  readonly socketPath: string;
  readonly method: string;
  /** With its query, as it goes on the wire. */
  readonly path: string;
  /** Names and values in turn; those of the connection itself are not among them. */
  readonly headers: readonly string[];
  readonly body: RequestBody;
  /** Asks for a web socket; the worker may give an answer instead. */
  readonly upgrade: boolean;
}

/** Names in lower case; one that came several times has all its values. */
export type UpstreamHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Told what comes back: `onHead` and `onData`, then one of `onEnd`, `onUpgrade`, `onError`; nothing after that. */
export interface UpstreamHandler {
  onHead(status: number, headers: UpstreamHeaders): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onUpgrade(headers: UpstreamHeaders, socket: Duplex): void;
  onError(error: ParleyError): void;
}

/** A request under way. */
export interface UpstreamExchange {
  /** No `onData` until `resume`; the worker notices. */
  pause(): void;
  resume(): void;
  /** Breaks it off; the handler is told nothing any more. */
  abort(): void;
}

/**
 * The way to the workers' own HTTP servers. Guarantees: the body is read only as fast as the worker takes it. Errors, by
 * `onError`: UNREACHABLE when nothing was sent, WORKER_LOST, DEADLINE_EXCEEDED, AGENT_ERROR, or what the body threw. Who
 * made it closes it.
 */
export interface Upstream {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange;
}
