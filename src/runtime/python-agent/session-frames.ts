import { isObject, type JsonObject } from '../../base/index.ts';
import type { PackedValues } from '../../registry/index.ts';
import { encodeRawFrame } from '../worker-protocol/encode-raw-frame.ts';
import type { RawFrame } from '../worker-protocol/frame-splitter.ts';
import { workerProtocolError } from '../worker-protocol/worker-protocol-error.ts';

/** What the node sends to a session's process. */
export type SessionRequest =
  | {
      readonly type: 'execute';
      readonly code: string;
      /** Written to both outputs behind all that the code has printed. */
      readonly marker: string;
      /** Of all results together. */
      readonly maxBytes: number;
    }
  | { readonly type: 'state'; readonly maxBytes: number };

/** What the process answers. */
export type SessionAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly text: string }
  /** The code was not run: its context or files are wrong. */
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'done';
      readonly error: string | undefined;
      readonly timeMs: number;
      readonly memoryBytes: number;
      readonly cpuPercent: number;
      readonly variables: PackedValues;
    }
  | { readonly type: 'state'; readonly variables: PackedValues };

/** A request with the variables and the files that go with it, as the bytes that the process reads. */
export function encodeRequest(
  request: SessionRequest,
  context: PackedValues = new Map(),
  files: readonly Uint8Array[] = [],
): Buffer {
  const named = [...context].map(([name, { byteLength }]) => ({ name, bytes: byteLength }));
  const parts = [...named, ...files.map(({ byteLength }) => ({ bytes: byteLength }))];
  return encodeRawFrame({ ...request, parts }, [...context.values(), ...files]);
}

/** An answer that was checked: the code in the process may write to its socket. WORKER_PROTOCOL for whatever is none. */
export function decodeAnswer({ head, tail }: RawFrame): SessionAnswer {
  const frame = parseHead(head);
  switch (frame['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'progress':
      return { type: 'progress', text: readText(frame, 'text') };
    case 'refused':
      return { type: 'refused', message: readText(frame, 'message') };
    case 'state':
      return { type: 'state', variables: readVariables(frame, tail) };
    case 'done':
      return {
        type: 'done',
        error: frame['success'] === true ? undefined : readText(frame, 'error'),
        timeMs: readCount(frame, 'timeMs'),
        memoryBytes: readCount(frame, 'memoryBytes'),
        cpuPercent: readCount(frame, 'cpuPercent'),
        variables: readVariables(frame, tail),
      };
    default:
      throw workerProtocolError('a session sent a frame of an unknown type');
  }
}

function parseHead(head: Buffer): JsonObject {
  try {
    const frame: unknown = JSON.parse(head.toString('utf8'));
    if (isObject(frame)) return frame as JsonObject;
  } catch (cause) {
    throw workerProtocolError('a session sent a head that is not JSON', cause);
  }
  throw workerProtocolError('a session sent a head that is not an object');
}

function readText(frame: JsonObject, name: string): string {
  const value = frame[name];
  if (typeof value === 'string') return value;
  throw workerProtocolError(`a session sent a frame without the text ${name}`);
}

function readCount(frame: JsonObject, name: string): number {
  const value = frame[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw workerProtocolError(`a session sent a frame without the number ${name}`);
}

function readVariables(frame: JsonObject, tail: Buffer): PackedValues {
  const parts = frame['parts'];
  if (!Array.isArray(parts)) throw workerProtocolError('a session sent a frame without parts');
  const variables = new Map<string, Uint8Array>();
  let offset = 0;
  for (const part of parts as readonly unknown[]) {
    if (!isObject(part)) throw workerProtocolError('a session sent a part that is not an object');
    const bytes = readCount(part as JsonObject, 'bytes');
    variables.set(readText(part as JsonObject, 'name'), tail.subarray(offset, offset + bytes));
    offset += bytes;
  }
  if (offset === tail.length) return variables;
  throw workerProtocolError(`a session announced ${offset} bytes of variables and sent ${tail.length}`);
}
