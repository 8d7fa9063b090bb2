import { type JsonObject, ParleyError } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';
import type { WirePart } from './frames.ts';
import { workerProtocolError } from './worker-protocol-error.ts';

/** Parts as a head has them, and the bytes that follow the head, in the order of the file parts. */
export interface WireParts {
  readonly parts: WirePart[];
  readonly files: Uint8Array[];
}

/** Parts on their way to the wire. Bytes are not copied. INTERNAL for a blob part: its bytes must be read before. */
export function toWireParts(parts: readonly Part[]): WireParts {
  const files: Uint8Array[] = [];
  return { parts: parts.map((part) => toWirePart(part, files)), files };
}

function toWirePart(part: Part, files: Uint8Array[]): WirePart {
  const metadata = part.metadata === undefined ? {} : { metadata: part.metadata };
  if ('text' in part) return { text: part.text, ...metadata };
  if ('data' in part) return { data: part.data, ...metadata };
  const named = { ...fileNames(part), ...metadata };
  if ('url' in part) return { url: part.url, ...named };
  if ('raw' in part) return announceFile(part.raw, named, files);
  if ('base64' in part) return announceFile(Buffer.from(part.base64, 'base64'), named, files);
  throw new ParleyError(
    'INTERNAL',
    `A part refers to blob ${part.blob.sha256}, whose bytes are not in memory: read the blob before the part goes to a worker.`,
  );
}

function announceFile(bytes: Uint8Array, named: FileFields, files: Uint8Array[]): WirePart {
  files.push(bytes);
  return { bytes: bytes.byteLength, ...named };
}

/** Parts of a decoded frame. `files`: the frame's bytes in order. WORKER_PROTOCOL when their number does not fit. */
export function fromWireParts(parts: readonly WirePart[], files: readonly Uint8Array[]): Part[] {
  const rest = files.values();
  const result = parts.map((part) => fromWirePart(part, rest));
  if (!rest.next().done) throw workerProtocolError('a frame carries more files than its parts announce');
  return result;
}

function fromWirePart(part: WirePart, files: Iterator<Uint8Array>): Part {
  const metadata = part.metadata === undefined ? {} : { metadata: part.metadata };
  if ('text' in part) return { text: part.text, ...metadata };
  if ('data' in part) return { data: part.data, ...metadata };
  const named = { ...fileNames(part), ...metadata };
  if ('url' in part) return { url: part.url, ...named };
  const file = files.next();
  if (file.done || file.value.byteLength !== part.bytes) {
    throw workerProtocolError(`a part announces a file of ${part.bytes} bytes that does not follow its frame`);
  }
  return { raw: file.value, ...named };
}

interface FileFields {
  readonly filename?: string;
  readonly mediaType?: string;
  readonly metadata?: JsonObject;
}

function fileNames(part: FileFields): FileFields {
  return {
    ...(part.filename === undefined ? {} : { filename: part.filename }),
    ...(part.mediaType === undefined ? {} : { mediaType: part.mediaType }),
  };
}
