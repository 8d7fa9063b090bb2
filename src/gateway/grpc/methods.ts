import type { EventEmitter } from 'node:events';
import {
  Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { type Logger, ParleyError } from '../../base/index.ts';
import { toGrpcError } from './grpc-error.ts';

/** What a method knows of its call beside the message. */
export interface GrpcCall {
  readonly metadata: Metadata;
  /** Address and port of the caller; `unknown` on a Unix socket. */
  readonly peer: string;
  /** The certificate that the caller has proved to have, in its binary form. */
  readonly peerCertificate: () => Buffer | undefined;
  /** Ms since the epoch; undefined when the caller waits for ever. */
  readonly deadlineAtMs: number | undefined;
  /** Goes out in the head of the answer; only before its first message. */
  readonly answerWith: (name: string, value: string) => void;
  /** Aborts when the caller leaves, its deadline passes, or the server is stopped. */
  readonly signal: AbortSignal;
}

/** Answers one message with one. What it throws becomes the call's status. */
export type UnaryMethod<Request, Response> = (request: Request, call: GrpcCall) => Promise<Response>;

/** Sends one message. While the promise that it gives back is open, the caller's side is full; it never rejects. */
export type Send<Response> = (message: Response) => Promise<void> | undefined;

/** Answers one message with several; the stream ends when the promise resolves. */
export type StreamMethod<Request, Response> = (request: Request, call: GrpcCall, send: Send<Response>) => Promise<void>;

/** The method as grpc-js calls it. */
export function handleUnary<Request, Response>(
  method: UnaryMethod<Request, Response>,
  logger: Logger,
): UntypedHandleCall {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>): void => {
    const described = describeCall(call);
    void method(call.request, described).then(
      (response) => answer(null, response),
      (thrown: unknown) => answer(toGrpcError(thrown, logger)),
    );
  };
}

/** The method as grpc-js calls it. */
export function handleStream<Request, Response>(
  method: StreamMethod<Request, Response>,
  logger: Logger,
): UntypedHandleCall {
  return (call: ServerWritableStream<Request, Response>): void => {
    const described = describeCall(call);
    const send: Send<Response> = (message) => {
      if (described.signal.aborted || call.write(message)) return undefined;
      return untilWritable(call, described.signal);
    };
    void method(call.request, described, send).then(
      () => call.end(),
      (thrown: unknown) => void call.emit('error', toGrpcError(thrown, logger)),
    );
  };
}

/** A call as grpc-js has it. */
export type ServedCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** What methods are told of it. */
export function describeCall(call: ServedCall): GrpcCall {
  const deadlineMs = Number(call.getDeadline());
  const deadlineAtMs = Number.isFinite(deadlineMs) ? deadlineMs : undefined;
  const peerCertificate = (): Buffer | undefined => call.getAuthContext().sslPeerCertificate?.raw;
  const answerWith = (name: string, value: string): void => call.sendMetadata(createMetadata(name, value));
  const signal = followCall(call);
  return { metadata: call.metadata, peer: call.getPeer(), peerCertificate, answerWith, deadlineAtMs, signal };
}

function createMetadata(name: string, value: string): Metadata {
  const metadata = new Metadata();
  metadata.set(name, value);
  return metadata;
}

function followCall(call: ServedCall): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new ParleyError('CANCELED', 'The caller left.'));
  const events: EventEmitter = call;
  events.once('cancelled', leave);
  if (call.cancelled) leave();
  return controller.signal;
}

function untilWritable(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
