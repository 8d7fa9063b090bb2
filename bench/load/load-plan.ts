/** What the load generator does; sent to its process as JSON. */
export interface LoadPlan {
  readonly url: string;
  /** Default `POST`. */
  readonly method?: 'GET' | 'POST';
  /** Connects there instead of to the address's host. */
  readonly socketPath?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Every run of twelve zeros in it becomes a number that no other request has. */
  readonly body: string;
  readonly connections: number;
  /** So many requests in all, evenly over the connections; default: each as soon as the one before it was answered. */
  readonly perSecond?: number;
  /** Not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** No more than so many requests in all. */
  readonly maxRequests?: number;
  /** An answer that does not hold this text is an error. */
  readonly expect: string;
}

/** What it saw in the measured time. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  /** The first answer that was wrong. */
  readonly firstError?: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Server-sent events per answer. */
  readonly eventsPerAnswer: number;
}
