/** A MessagePack map of values that are packed already. */
export function packMap(values: ReadonlyMap<string, Uint8Array>): Buffer {
  const chunks: Uint8Array[] = [packHead(values.size, { short: 0x80, shortest: 16, codes: [0xde, 0xdf] })];
  for (const [name, value] of values) {
    const text = Buffer.from(name);
    chunks.push(packHead(text.length, { short: 0xa0, shortest: 32, codes: [0xda, 0xdb] }), text, value);
  }
  return Buffer.concat(chunks);
}

interface HeadForm {
  /** Code to which a length below `shortest` is added. */
  readonly short: number;
  readonly shortest: number;
  /** Before a length in 16 and in 32 bits. */
  readonly codes: readonly [number, number];
}

function packHead(length: number, { short, shortest, codes }: HeadForm): Buffer {
  if (length < shortest) return Buffer.from([short + length]);
  const wide = length > 0xffff;
  const head = Buffer.alloc(wide ? 5 : 3);
  head[0] = codes[wide ? 1 : 0];
  if (wide) head.writeUInt32BE(length, 1);
  else head.writeUInt16BE(length, 1);
  return head;
}
