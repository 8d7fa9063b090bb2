import { workerProtocolError } from './worker-protocol-error.ts';

/** One frame as it came: the head's text still undecoded, and what follows it. Both are views of the received bytes. */
export interface RawFrame {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Whole length on the wire. */
  readonly wireBytes: number;
}

/** Cuts a stream of bytes into frames. */
export interface FrameSplitter {
  /** Calls back for each frame that is complete. WORKER_PROTOCOL for lengths that cannot be; it is thrown again from then on. */
  push(chunk: Uint8Array): void;
}

export interface FrameSplitterOptions {
  /** Longest frame on the wire, in bytes. It is refused as soon as its length is known. */
  readonly maxFrameBytes: number;
  readonly onFrame: (frame: RawFrame) => void;
}

const lengthBytes = 4;
const prefixBytes = 2 * lengthBytes;

/** A frame that lies in one chunk is not copied; one that spans chunks is joined once, when its last byte is there. */
export function createFrameSplitter({ maxFrameBytes, onFrame }: FrameSplitterOptions): FrameSplitter {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = prefixBytes;
  let broken: unknown;

  const drain = (): void => {
    if (size < needed) return;
    const [first] = chunks;
    let bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size);
    needed = readWireBytes(bytes, maxFrameBytes);
    while (bytes.length >= needed) {
      const frame = cut(bytes, needed);
      bytes = bytes.subarray(needed);
      onFrame(frame);
      needed = bytes.length < prefixBytes ? prefixBytes : readWireBytes(bytes, maxFrameBytes);
    }
    chunks = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  };

  return {
    push: (chunk) => {
      if (broken !== undefined) throw broken;
      chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      size += chunk.byteLength;
      try {
        drain();
      } catch (error) {
        broken = error;
        chunks = [];
        throw error;
      }
    },
  };
}

function readWireBytes(bytes: Buffer, maxFrameBytes: number): number {
  const wireBytes = lengthBytes + bytes.readUInt32BE(0);
  const headBytes = bytes.readUInt32BE(lengthBytes);
  if (wireBytes > maxFrameBytes) {
    throw workerProtocolError(`a frame of ${wireBytes} bytes is over the limit of ${maxFrameBytes} bytes`);
  }
  if (prefixBytes + headBytes > wireBytes) {
    throw workerProtocolError(`a head of ${headBytes} bytes does not fit into its frame of ${wireBytes} bytes`);
  }
  return wireBytes;
}

function cut(bytes: Buffer, wireBytes: number): RawFrame {
  const headEnd = prefixBytes + bytes.readUInt32BE(lengthBytes);
  return { head: bytes.subarray(prefixBytes, headEnd), tail: bytes.subarray(headEnd, wireBytes), wireBytes };
}
