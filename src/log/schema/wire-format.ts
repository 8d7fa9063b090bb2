/** The first byte of a framed message. */
const magicByte = 0;
const headBytes = 5;

/** A message of Confluent's wire format, taken apart. */
export interface FramedMessage {
  readonly schemaId: number;
  readonly body: Uint8Array;
}

/** Confluent's wire format: a zero byte, the schema's id in four bytes (big endian), the Avro bytes. */
export function frameMessage(schemaId: number, body: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headBytes + body.length);
  framed[0] = magicByte;
  framed.writeUInt32BE(schemaId, 1);
  framed.set(body, headBytes);
  return framed;
}

/** Takes a message apart; undefined when it has no such head. */
export function parseFrame(bytes: Uint8Array): FramedMessage | undefined {
  if (bytes.length < headBytes || bytes[0] !== magicByte) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  return { schemaId: view.getUint32(1), body: bytes.subarray(headBytes) };
}
