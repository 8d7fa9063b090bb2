import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** The protos lie beside `src` in the sources and beside `dist` in the published form. */
export const protoFolder: string = fileURLToPath(new URL('../../../proto', import.meta.url));

/** A file is read once: each deployment's own port serves the same services. */
const packages = new Map<string, PackageDefinition>();

/** All that a file below `proto/` defines, by full name. Fields keep their names, 64-bit numbers are numbers. */
export function loadPackage(file: string): PackageDefinition {
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

/** A service by its full name, from a file below `proto/`. */
export function loadService(file: string, name: string): ServiceDefinition {
  const definition = loadPackage(file)[name];
  if (definition === undefined || 'format' in definition) throw new TypeError(`${file} has no service ${name}.`);
  return definition as ServiceDefinition;
}
