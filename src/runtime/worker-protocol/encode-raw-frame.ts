/** A frame as its bytes on the wire: lengths, the head as JSON, then `files`, one after the other. */
export function encodeRawFrame(head: object, files: readonly Uint8Array[] = []): Buffer {
  const text = JSON.stringify(head);
  const headBytes = Buffer.byteLength(text);
  const fileBytes = files.reduce((sum, file) => sum + file.byteLength, 0);
  const buffer = Buffer.allocUnsafe(8 + headBytes + fileBytes);
  buffer.writeUInt32BE(4 + headBytes + fileBytes, 0);
  buffer.writeUInt32BE(headBytes, 4);
  buffer.write(text, 8);
  let offset = 8 + headBytes;
  for (const file of files) {
    buffer.set(file, offset);
    offset += file.byteLength;
  }
  return buffer;
}
