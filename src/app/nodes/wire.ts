import type { ExecutionEvent, Invocation } from '../../agents/index.ts';
import { type ErrorCode, errorCatalogue, ParleyError } from '../../base/index.ts';
import type { Message, Part } from '../../protocol/index.ts';

/** Headers between nodes: who calls, what proves the answer, and the original caller with its chain, signed. */
export const nodeCallHeader = 'x-parley-node-call';
export const nodeAnswerHeader = 'x-parley-node-answer';
export const chainHeader = 'x-parley-call-token';

/** Paths of a node's inner address. */
export const innerPaths = { invoke: '/invoke', answer: '/answer', cancel: '/cancel', order: '/order' } as const;

/** Work for an agent on the called node. The original caller and its chain are in the signed header. */
export interface WireInvocation extends Pick<Invocation, 'id' | 'agentId' | 'parts' | 'trace'> {
  readonly endpointId: string;
  readonly skill?: string | undefined;
  readonly task?: Invocation['task'];
  readonly deadlineAtMs?: number | undefined;
}

/** One line of the answer; an empty line says that the node lives. */
export type WireLine = { readonly event: ExecutionEvent } | { readonly error: WireError };

/** An error as it goes from node to node. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number | undefined;
}

/** A further message of the caller, for an invocation that is under way. */
export interface WireAnswer {
  readonly id: string;
  readonly message: Message;
}

/** The work of an invocation is to stop. */
export interface WireCancel {
  readonly id: string;
  readonly reason: WireError;
}

/** Parts as JSON has them: bytes as base64. */
export function packParts(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) => {
    if (!('raw' in part)) return part;
    const { raw, ...rest } = part;
    return { ...rest, base64: Buffer.from(raw).toString('base64') };
  });
}

/** The same parts with their bytes in memory. */
export function unpackParts(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) => {
    if (!('base64' in part)) return part;
    const { base64, ...rest } = part;
    return { ...rest, raw: Buffer.from(base64, 'base64') };
  });
}

/** The event with its parts as `change` gives them. */
export function mapEvent(event: ExecutionEvent, change: (parts: readonly Part[]) => readonly Part[]): ExecutionEvent {
  if (event.kind === 'artifact') {
    return { ...event, artifact: { ...event.artifact, parts: change(event.artifact.parts) } };
  }
  return event.parts === undefined ? event : { ...event, parts: change(event.parts) };
}

/** Any error, for another node. */
export function toWireError(thrown: unknown): WireError {
  const { code, message, details, retryAfterMs } = ParleyError.from(thrown);
  return { code, message, details, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** An error that another node has sent. */
export function fromWireError({ code, message, details, retryAfterMs }: WireError): ParleyError {
  const known = code in errorCatalogue ? (code as ErrorCode) : 'INTERNAL';
  return new ParleyError(known, message, {
    ...(details && { details }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
