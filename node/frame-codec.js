/**
 * Frames on the wire, as docs/worker-protocol.md has them: u32 length, u32 length of the head, the head as JSON, files.
 *
 * @typedef {Record<string, any> & { type: string }} Frame
 */

const prefixBytes = 8;

/**
 * One frame as bytes. Throws what JSON.stringify throws for a value that is not JSON.
 *
 * @param {Frame} frame
 * @param {readonly Uint8Array[]} [files] in the order of the frame's file parts
 * @returns {Buffer}
 */
export function encodeFrame(frame, files = []) {
  const head = JSON.stringify(frame);
  const headBytes = Buffer.byteLength(head);
  const fileBytes = files.reduce((sum, file) => sum + file.byteLength, 0);
  const buffer = Buffer.allocUnsafe(prefixBytes + headBytes + fileBytes);
  buffer.writeUInt32BE(4 + headBytes + fileBytes, 0);
  buffer.writeUInt32BE(headBytes, 4);
  buffer.write(head, prefixBytes);
  let offset = prefixBytes + headBytes;
  for (const file of files) {
    buffer.set(file, offset);
    offset += file.byteLength;
  }
  return buffer;
}

/**
 * Returns what takes the received chunks and calls `onFrame` for each complete frame. It throws when these are not frames.
 *
 * @param {(frame: Frame, files: Uint8Array[]) => void} onFrame
 * @returns {(chunk: Buffer) => void}
 */
export function createFrameDecoder(onFrame) {
  /** @type {Buffer[]} */
  let chunks = [];
  let size = 0;
  let needed = prefixBytes;

  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, size);
    for (;;) {
      needed = bytes.length < prefixBytes ? prefixBytes : 4 + bytes.readUInt32BE(0);
      if (bytes.length < needed || bytes.length < prefixBytes) break;
      emitFrame(bytes.subarray(0, needed), onFrame);
      bytes = bytes.subarray(needed);
    }
    chunks = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  };
}

/**
 * @param {Buffer} bytes
 * @param {(frame: Frame, files: Uint8Array[]) => void} onFrame
 */
function emitFrame(bytes, onFrame) {
  const headEnd = prefixBytes + (bytes.length < prefixBytes ? 0 : bytes.readUInt32BE(4));
  if (headEnd > bytes.length) throw new Error('the head of a frame is longer than the frame');
  const frame = JSON.parse(bytes.toString('utf8', prefixBytes, headEnd));
  onFrame(frame, sliceFiles(frame.parts ?? [], bytes.subarray(headEnd)));
}

/**
 * @param {readonly { bytes?: number }[]} parts
 * @param {Buffer} tail
 * @returns {Uint8Array[]}
 */
function sliceFiles(parts, tail) {
  const files = [];
  let offset = 0;
  for (const { bytes } of parts) {
    if (bytes === undefined) continue;
    files.push(tail.subarray(offset, offset + bytes));
    offset += bytes;
  }
  if (offset !== tail.length) throw new Error('the files of a frame do not fit its parts');
  return files;
}
