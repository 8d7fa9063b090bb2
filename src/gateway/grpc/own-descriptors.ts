import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { protoFolder } from './load-service.ts';

let read: readonly Buffer[] | undefined;

/** The files of this node's own services and all that they import, each a `google.protobuf.FileDescriptorProto`, as a compiler made them. */
export function readOwnDescriptors(): readonly Buffer[] {
  read ??= splitSet(readFileSync(join(protoFolder, 'descriptors.binpb')));
  return read;
}

/** A FileDescriptorSet has its files in field 1, and nothing else. */
function splitSet(set: Uint8Array): readonly Buffer[] {
  const reader = protobuf.Reader.create(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    reader.uint32();
    files.push(Buffer.from(reader.bytes()));
  }
  return files;
}
