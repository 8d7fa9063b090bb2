/** A request to the world. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** From the start to the last byte of the answer. Default: none. */
  readonly timeoutMs?: number;
  /** Until the answer's head; 0 = none. Default 30,000. */
  readonly headTimeoutMs?: number;
  /** Between two chunks of the answer; 0 = none. Default 300,000. */
  readonly idleTimeoutMs?: number;
  /** Default 16 MB; streams of events may give `Infinity`, they are not kept. */
  readonly maxBodyBytes?: number;
  /** Default 0: a redirect is an answer like any other. */
  readonly maxRedirects?: number;
}

/** An answer whose body is read exactly once: by `body`, `bytes`, `text` or `json`, or given up by `discard`. */
export interface HttpResponse {
  /** Where it came from, after redirects. */
  readonly url: string;
  readonly status: number;
  /** Names in lower case; of several values with one name all, joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes as they come; leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  /** INVALID_AGENT_RESPONSE when the body is not JSON. */
  json(): Promise<unknown>;
  discard(): Promise<void>;
}

/**
 * The only way out over HTTP. Errors, of the call and of reading its body: UNREACHABLE, DEADLINE_EXCEEDED,
 * PERMISSION_DENIED (the address is not allowed), PAYLOAD_TOO_LARGE, CANCELED or the signal's own ParleyError. A status is
 * never an error. Connections are pooled; who created the client closes it, which
 * ends what is under way.
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}
