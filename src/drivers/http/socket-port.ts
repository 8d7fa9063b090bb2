import type { Duplex } from 'node:stream';
import type { ParleyError } from '../../base/index.ts';

/** One request to the HTTP server behind a Unix socket. */
export interface SocketRequest {
  readonly socketPath: string;
  readonly method: string;
  /** With its query, as it goes on the wire. */
  readonly path: string;
  /** Names and values in turn; those of the connection itself are not among them. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Asks for a web socket; the other side may give an answer instead. */
  readonly upgrade: boolean;
}

/** Told what comes back: `onHead` and `onData`, then one of `onEnd`, `onUpgrade`, `onError`; nothing after that. */
export interface SocketHandler {
  onHead(status: number, headers: SocketHeaders): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onUpgrade(headers: SocketHeaders, socket: Duplex): void;
  /** UNREACHABLE: nothing was sent; WORKER_LOST: broken off; DEADLINE_EXCEEDED; AGENT_ERROR: not HTTP; or what the body threw. */
  onError(error: ParleyError): void;
}

export type SocketHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request under way. */
export interface RunningRequest {
  /** No `onData` until `resume`; the other side notices. */
  pause(): void;
  resume(): void;
  /** Breaks it off; the handler is told nothing any more. */
  abort(): void;
}

export interface SocketClientOptions {
  readonly connectTimeoutMs: number;
  /** Until the head of an answer; 0: for ever. */
  readonly headTimeoutMs: number;
}

/** Requests over Unix sockets, with a pool of connections for each; one that is not used for a while is closed. */
export interface SocketClient {
  send(request: SocketRequest, handler: SocketHandler): RunningRequest;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}
