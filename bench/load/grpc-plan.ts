/** What the load generator for gRPC does; sent to its process as JSON. */
export interface GrpcPlan {
  /** `host:port`, or the path of a Unix socket. */
  readonly address: string;
  /** `/service/method`. */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly message: string;
  /** Calls in flight, on one connection. */
  readonly streams: number;
  /** Not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** An answer that does not hold this text is an error. */
  readonly expect: string;
}
