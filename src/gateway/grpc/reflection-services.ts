import type {
  MethodDefinition,
  Server,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { GrpcFacts } from '../../registry/index.ts';
import { findReflected } from './find-reflected.ts';
import type { GrpcDoor } from './grpc-door.ts';
import { toGrpcError } from './grpc-error.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadDescriptors } from './load-service.ts';
import { readOwnDescriptors } from './own-descriptors.ts';

const method = 'ServerReflectionInfo';
type Call = ServerDuplexStream<unknown, unknown>;

/** By the port's own services, and by what is known of a package's, which is the same as long as its workers say the same. */
const known = new Map<string, WeakMap<object, readonly GrpcService[]>>();
const nothing: GrpcFacts = { services: [], descriptors: [] };

/**
 * Server reflection, v1 and v1alpha: of the port's own services, and those of the package that a call names or whose port it is.
 * What it needs is made with the first question: most nodes are never asked.
 */
export function createReflectionServices(door: GrpcDoor, names: readonly string[]): readonly GrpcService[] {
  return ['v1', 'v1alpha'].map((version, index) => createLazyService(version, door, (of) => load(names, of)[index]));
}

function load(names: readonly string[], of: GrpcFacts): readonly GrpcService[] {
  const key = names.join(' ');
  const byPackage = known.get(key) ?? new WeakMap<object, readonly GrpcService[]>();
  known.set(key, byPackage);
  const services = byPackage.get(of) ?? collectServices(names, of);
  byPackage.set(of, services);
  return services;
}

type Find = (of: GrpcFacts) => GrpcService | undefined;

function createLazyService(version: string, door: GrpcDoor, find: Find): GrpcService {
  const codec = (): MethodDefinition<unknown, unknown> => requireMethod(find(nothing)?.definition[method]);
  const definition: MethodDefinition<unknown, unknown> = {
    path: `/grpc.reflection.${version}.ServerReflection/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: (value) => codec().requestSerialize(value),
    requestDeserialize: (bytes) => codec().requestDeserialize(bytes),
    responseSerialize: (value) => codec().responseSerialize(value),
    responseDeserialize: (bytes) => codec().responseDeserialize(bytes),
  };
  const handle = async (call: Call): Promise<void> => {
    try {
      const of = (await findReflected(door, call)) ?? nothing;
      const handler = requireMethod(find(of)?.methods[method]) as (call: Call) => void;
      handler(call);
    } catch (thrown) {
      call.emit('error', toGrpcError(thrown, door.options.logger));
    }
  };
  const start = (call: Call): void => void handle(call);
  return { definition: { [method]: definition }, methods: { [method]: start as UntypedHandleCall } };
}

function requireMethod<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError(`Reflection has no method ${method}.`);
  return value;
}

/** In the order in which the package adds them: v1, then v1alpha. */
function collectServices(names: readonly string[], of: GrpcFacts): readonly GrpcService[] {
  const collected: GrpcService[] = [];
  // Read as they are: what the loader makes of them again, others cannot read (maps, imports).
  const isReadable = Object.keys(loadDescriptors(of.descriptors)).length > 0;
  const added = isReadable ? of.descriptors.map((text) => Buffer.from(text, 'base64')) : [];
  const packages = {
    files: { fileDescriptorProtos: [...readOwnDescriptors(), ...added] },
  } as unknown as PackageDefinition;
  const services = [...names, ...(isReadable ? of.services : [])];
  const addService = (definition: ServiceDefinition, methods: UntypedServiceImplementation): void => {
    collected.push({ definition, methods });
  };
  new ReflectionService(packages, { services }).addToServer({ addService } as Server);
  return collected;
}
