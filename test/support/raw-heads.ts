/** Fields as an HTTP/2 HEADERS frame says them, in the order and number given: what a library would refuse to send. Names and values have at most 126 bytes. */
export function formatHeads(
  streamId: number,
  fields: readonly (readonly [name: string, value: string])[],
  isEnd = false,
): Buffer {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [literal, formatText(name), formatText(value)]));
  const head = Buffer.alloc(9);
  head.writeUIntBE(block.length, 0, 3);
  head[3] = headersFrame;
  head[4] = isEnd ? endHeaders | endStream : endHeaders;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, block]);
}

const headersFrame = 1;
const endHeaders = 4;
const endStream = 1;
/** RFC 7541, 6.2.2: a field that no index knows, before or after. */
const literal = Buffer.from([0]);

function formatText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}
