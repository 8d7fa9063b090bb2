import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** The protos lie beside `src` in the sources and beside `dist` in the published form. */
export const protoFolder: string = fileURLToPath(new URL('../../../proto', import.meta.url));

/** A file is read once: each deployment's own port serves the same services. */
const packages = new Map<string, PackageDefinition>();

/** All that a file below `proto/` defines, by full name. Fields keep their names, 64-bit numbers are numbers. */
function loadPackage(file: string): PackageDefinition {
  const known = packages.get(file);
  if (known !== undefined) return known;
  const loaded = loadSync(file, {
    includeDirs: [protoFolder],
    keepCase: true,
    defaults: true,
    longs: Number,
    bytes: Buffer,
  });
  packages.set(file, loaded);
  return loaded;
}

/** All that a package's own files define, by full name: each a `google.protobuf.FileDescriptorProto` in base64. Nothing when they cannot be read. */
export function loadDescriptors(descriptors: readonly string[]): PackageDefinition {
  // As a FileDescriptorSet has them: field 1, the length, the bytes.
  const entries = descriptors.flatMap((text) => {
    const file = Buffer.from(text, 'base64');
    return [Buffer.from([0x0a, ...toVarint(file.length)]), file];
  });
  try {
    return loadFileDescriptorSetFromBuffer(Buffer.concat(entries), { keepCase: true });
  } catch {
    return {};
  }
}

function toVarint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...toVarint(value >>> 7)];
}

/** A service by its full name, from a file below `proto/`. */
export function loadService(file: string, name: string): ServiceDefinition {
  const definition = loadPackage(file)[name];
  if (definition === undefined || 'format' in definition) throw new TypeError(`${file} has no service ${name}.`);
  return definition as ServiceDefinition;
}
