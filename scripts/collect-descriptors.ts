import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import protobuf from 'protobufjs';

const protoFolder = fileURLToPath(new URL('../proto', import.meta.url));
const files = [
  'lf/a2a/v1/a2a.proto',
  'a2a/v1/a2a.proto',
  'pixell/agent.proto',
  'pixell/python_agent.proto',
  'grpc/health/v1/health.proto',
];
/** Of a FileDescriptorProto: comments and positions, half of its bytes. */
const sourceInfo = 9;

/** The files below `proto/` and all that they import as a FileDescriptorSet, made by that grpcurl; the same bytes for the same files. */
export async function collectDescriptors(grpcurl: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-descriptors-'));
  try {
    const out = join(folder, 'set');
    const protos = files.flatMap((file) => ['-proto', file]);
    await promisify(execFile)(grpcurl, ['-import-path', protoFolder, ...protos, '-protoset-out', out, 'list']);
    return withoutSourceInfo(await readFile(out));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function withoutSourceInfo(set: Uint8Array): Buffer {
  const reader = protobuf.Reader.create(set);
  const writer = protobuf.Writer.create();
  while (reader.pos < reader.len) {
    reader.uint32();
    writer.uint32((1 << 3) | 2).bytes(dropField(reader.bytes(), sourceInfo));
  }
  return Buffer.from(writer.finish());
}

function dropField(message: Uint8Array, dropped: number): Buffer {
  const reader = protobuf.Reader.create(message);
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    if (tag >>> 3 !== dropped) kept.push(message.subarray(start, reader.pos));
  }
  return Buffer.concat(kept);
}
