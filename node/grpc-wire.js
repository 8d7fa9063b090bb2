/** Of gRPC's wire what calls need: messages behind five bytes, status in trailers. */

const headBytes = 5;

/** @param {Uint8Array} message */
export function frameMessage(message) {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/**
 * The messages in a stream of bytes. Reads on only when the next one is wanted.
 *
 * @param {AsyncIterable<Buffer>} chunks
 * @returns {AsyncGenerator<Buffer>}
 */
export async function* readMessages(chunks) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = endOf(rest); end <= rest.length; end = endOf(rest)) {
      if (rest[0] !== 0) throw new Error('a message is compressed, which nobody asked for');
      yield rest.subarray(headBytes, end);
      rest = rest.subarray(end);
    }
  }
}

/** @param {Buffer} bytes */
function endOf(bytes) {
  return bytes.length < headBytes ? Number.POSITIVE_INFINITY : headBytes + bytes.readUInt32BE(1);
}

const names = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/**
 * How a call ended: the name of its status, its message, and the fabric's code when the node said it.
 *
 * @param {Readonly<Record<string, any>>} trailers
 */
export function readStatus(trailers) {
  const { 'grpc-status': status, 'grpc-message': message = '', 'parley-code': code } = trailers;
  return { status: names[Number(status)] ?? 'UNKNOWN', message: decodeText(message), code };
}

/** @param {string} text */
function decodeText(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
