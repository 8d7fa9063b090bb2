import type { JsonObject, JsonValue } from '../../base/index.ts';

/**
 * The worker protocol, version 1: every frame that passes the socket between a node and a worker, one union each way.
 * docs/worker-protocol.md is its contract for hosts in other languages; a test holds the two together.
 *
 * On the wire a frame is: u32 big-endian length of what follows, u32 big-endian length of the head, the head as UTF-8 JSON,
 * then the bytes of the head's file parts in order.
 */
export const workerProtocolVersion = 1;

/** A part in a head. `bytes` = how many raw bytes behind the head are this file's. */
export type WirePart =
  | { readonly text: string; readonly metadata?: JsonObject }
  | { readonly data: JsonValue; readonly metadata?: JsonObject }
  | { readonly url: string; readonly filename?: string; readonly mediaType?: string; readonly metadata?: JsonObject }
  | { readonly bytes: number; readonly filename?: string; readonly mediaType?: string; readonly metadata?: JsonObject };

/** How a host finds the code behind a skill (interop.md §1). */
export type HandlerSpec =
  /** `module` is a dotted Python module or a path of a JavaScript module without or with its extension. */
  | { readonly adapter: 'function'; readonly module: string; readonly name: string }
  /** Python module with a class `PixellAdapter`: `process_request(dict)` answers any action. */
  | { readonly adapter: 'pixell'; readonly module: string }
  /** `a2a.service`: a function that returns `.custom_handlers`, a dict with them, or servicers; or that registers services on the server that it gets. */
  | { readonly adapter: 'custom-handlers'; readonly module: string; readonly name: string };

/** A function of the package. */
export interface CodeRef {
  readonly module: string;
  readonly name: string;
}

/** What of a package speaks HTTP. */
export interface HttpSpec {
  /** Python: a function that gets a FastAPI app and adds its routes. Node: one that gets the `http.Server` and may return a listener. */
  readonly mount?: CodeRef;
  /** A function that returns an ASGI application or a request listener, which is served below `/a2a`; or a service, as `custom-handlers`. */
  readonly a2a?: CodeRef;
}

/** The gRPC services that a worker serves. */
export interface GrpcFacts {
  /** Full names. */
  readonly services: readonly string[];
  /** What defines them: each a `google.protobuf.FileDescriptorProto` in base64. Empty when the host cannot tell. */
  readonly descriptors: readonly string[];
}

export interface WireSkill {
  readonly id: string;
  readonly handler: HandlerSpec;
}

export type NodeFrame =
  /** The first frame: what to load. The worker answers `ready` or `load-error`. */
  | {
      readonly type: 'init';
      readonly protocol: number;
      readonly agentId: string;
      readonly deploymentId: string;
      readonly skills: readonly WireSkill[];
      /** Calls at once. */
      readonly concurrency: number;
      /** Longest frame that the node takes; a host fails the call whose answer is longer instead of sending it. */
      readonly maxFrameBytes?: number;
      /** The package's own HTTP: to be served on a Unix socket before `ready` is said. */
      readonly rest?: HttpSpec & { readonly socket: string };
      /** Where gRPC services are to be served that `custom-handlers` brings along. */
      readonly grpc?: { readonly socket: string };
    }
  | {
      readonly type: 'invoke';
      readonly call: string;
      readonly skill: string;
      readonly parts: readonly WirePart[];
      readonly task?: {
        readonly id: string;
        readonly contextId: string;
        readonly messageId: string;
        readonly metadata: JsonObject;
      };
      readonly caller: { readonly id: string; readonly roles: readonly string[]; readonly path: readonly string[] };
      readonly callToken: string;
      readonly deadlineAtMs?: number;
      readonly correlationId: string;
      readonly traceparent?: string;
      /**
       * Bytes of event frames (whole frames, as on the wire) that the worker may send for this call before it needs more. While
       * credit is left a whole frame may go, even if it is longer; what it takes beyond is owed.
       */
      readonly credit: number;
    }
  /** The answer to an `ask`. */
  | { readonly type: 'answer'; readonly call: string; readonly messageId: string; readonly parts: readonly WirePart[] }
  | { readonly type: 'cancel'; readonly call: string; readonly code: string; readonly message: string }
  | { readonly type: 'credit'; readonly call: string; readonly bytes: number }
  /** Take no more calls, finish those in flight, then exit. */
  | { readonly type: 'drain' }
  | { readonly type: 'ping'; readonly id: number };

export type WorkerFrame =
  /**
   * All skills are loaded, calls may come. `skills`: ids that can be called (custom handlers add their own). `rest`: requests
   * may come on the socket that `init` named. `grpc`: so may calls of these services.
   */
  | {
      readonly type: 'ready';
      readonly protocol: number;
      readonly skills: readonly string[];
      readonly rest?: boolean;
      readonly grpc?: GrpcFacts;
    }
  | { readonly type: 'load-error'; readonly message: string; readonly trace?: string }
  | { readonly type: 'event'; readonly call: string; readonly event: WireEvent }
  /** The call is over. `as`: the parts become the task's artifact, or a message instead of a task. */
  | {
      readonly type: 'result';
      readonly call: string;
      readonly as: 'artifact' | 'reply';
      readonly state: 'completed' | 'failed' | 'rejected';
      readonly parts: readonly WirePart[];
    }
  /** The call is over: the handler threw, was cancelled, or there is no such skill. */
  | {
      readonly type: 'error';
      readonly call: string;
      readonly code: 'AGENT_ERROR' | 'CANCELED' | 'SKILL_NOT_FOUND';
      readonly message: string;
    }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly call?: string;
    }
  | { readonly type: 'pong'; readonly id: number };

export type WireEvent =
  | { readonly kind: 'status'; readonly parts: readonly WirePart[] }
  | {
      readonly kind: 'artifact';
      readonly artifactId: string;
      readonly name?: string;
      readonly description?: string;
      readonly metadata?: JsonObject;
      readonly append: boolean;
      readonly lastChunk: boolean;
      readonly parts: readonly WirePart[];
    }
  | { readonly kind: 'ask'; readonly state: 'input-required' | 'auth-required'; readonly parts: readonly WirePart[] };

/** A decoded frame: the head, and the bytes of its file parts in order. */
export interface Decoded<Frame> {
  readonly frame: Frame;
  readonly files: readonly Uint8Array[];
}
