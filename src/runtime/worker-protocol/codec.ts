import { checkWorkerFrame } from './check-worker-frame.ts';
import { encodeRawFrame } from './encode-raw-frame.ts';
import { createFrameSplitter, type RawFrame } from './frame-splitter.ts';
import type { Decoded, NodeFrame, WirePart, WorkerFrame } from './frames.ts';
import { workerProtocolError } from './worker-protocol-error.ts';

export { checkWorkerFrame } from './check-worker-frame.ts';
export { createTurnWriter, type TurnWriter } from './turn-writer.ts';
export { fromWireParts, toWireParts } from './wire-parts.ts';

/** A frame as its bytes on the wire: lengths, head, then `files` in the order of the head's file parts. */
export function encodeFrame(frame: NodeFrame | WorkerFrame, files: readonly Uint8Array[] = []): Buffer {
  return encodeRawFrame(frame, files);
}

/** Reads what a worker sends. */
export interface FrameDecoder {
  /**
   * Takes the next bytes; calls back for each complete frame before it returns.
   * Throws WORKER_PROTOCOL for whatever is not a frame, and goes on throwing it: the connection is of no more use.
   */
  push(chunk: Uint8Array): void;
}

export interface FrameDecoderOptions {
  /** Longest frame on the wire, in bytes. */
  readonly maxFrameBytes: number;
  /** `files` are views of the received bytes. `wireBytes`: what the frame took on the wire, the measure of credit. */
  readonly onFrame: (decoded: Decoded<WorkerFrame>, wireBytes: number) => void;
}

/** A decoder for one worker's connection. Every frame it hands on is checked (checkWorkerFrame). */
export function createFrameDecoder({ maxFrameBytes, onFrame }: FrameDecoderOptions): FrameDecoder {
  return createFrameSplitter({ maxFrameBytes, onFrame: (raw) => onFrame(decode(raw), raw.wireBytes) });
}

function decode({ head, tail }: RawFrame): Decoded<WorkerFrame> {
  const frame = checkWorkerFrame(parseHead(head));
  return { frame, files: sliceFiles(partsOf(frame), tail) };
}

function parseHead(head: Buffer): unknown {
  try {
    return JSON.parse(head.toString('utf8'));
  } catch (cause) {
    throw workerProtocolError('a head is not valid JSON', cause);
  }
}

const noParts: readonly WirePart[] = [];

function partsOf(frame: WorkerFrame): readonly WirePart[] {
  if (frame.type === 'event') return frame.event.parts;
  return frame.type === 'result' ? frame.parts : noParts;
}

function sliceFiles(parts: readonly WirePart[], tail: Buffer): Uint8Array[] {
  const files: Uint8Array[] = [];
  let offset = 0;
  for (const part of parts) {
    if (!('bytes' in part)) continue;
    files.push(tail.subarray(offset, offset + part.bytes));
    offset += part.bytes;
  }
  if (offset !== tail.length) {
    throw workerProtocolError(`the parts announce ${offset} bytes of files, ${tail.length} follow the head`);
  }
  return files;
}
