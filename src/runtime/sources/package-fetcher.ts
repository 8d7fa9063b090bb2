/** A GET for a package, a signature or an index. */
export interface FetchRequest {
  readonly method: 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxRedirects: number;
}

/** An answer whose body is read once, or discarded. */
export interface FetchResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

/**
 * The way to packages elsewhere. It guards where it may go, redirects included, and drops credentials when the origin changes.
 * Errors, of the call and of reading its body: UNREACHABLE, DEADLINE_EXCEEDED, PERMISSION_DENIED (the address is not allowed),
 * PAYLOAD_TOO_LARGE, CANCELED or the signal's own. A status is never an error. Who made it closes it.
 */
export interface PackageFetcher {
  request(request: FetchRequest): Promise<FetchResponse>;
}
