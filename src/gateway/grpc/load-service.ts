import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** The protos lie beside `src` in the sources and beside `dist` in the published form. */
const protoFolder = fileURLToPath(new URL('../../../proto', import.meta.url));

/** A service by its full name, from a file below `proto/`. Fields keep their names, 64-bit numbers are numbers. */
export function loadService(file: string, name: string): ServiceDefinition {
  const definitions = loadSync(file, {
    includeDirs: [protoFolder],
    keepCase: true,
    defaults: true,
    longs: Number,
    bytes: Buffer,
  });
  const definition = definitions[name];
  if (definition === undefined || 'format' in definition) throw new TypeError(`${file} has no service ${name}.`);
  return definition as ServiceDefinition;
}
