import type {
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { GrpcService } from './grpc-service.ts';
import { loadPackage } from './load-service.ts';

const method = 'ServerReflectionInfo';
const known = new Map<string, readonly GrpcService[]>();

/**
 * Server reflection, v1 and v1alpha, over these files below `proto/`; it lists only the services that are named. What it needs is
 * made with the first question: most nodes are never asked.
 */
export function createReflectionServices(files: readonly string[], names: readonly string[]): readonly GrpcService[] {
  return ['v1', 'v1alpha'].map((version, index) => createLazyService(version, () => load(files, names)[index]));
}

function load(files: readonly string[], names: readonly string[]): readonly GrpcService[] {
  const key = names.join(' ');
  const services = known.get(key) ?? collectServices(files, names);
  known.set(key, services);
  return services;
}

function createLazyService(version: string, find: () => GrpcService | undefined): GrpcService {
  const codec = (): MethodDefinition<unknown, unknown> => requireMethod(find()?.definition[method]);
  const definition: MethodDefinition<unknown, unknown> = {
    path: `/grpc.reflection.${version}.ServerReflection/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: (value) => codec().requestSerialize(value),
    requestDeserialize: (bytes) => codec().requestDeserialize(bytes),
    responseSerialize: (value) => codec().responseSerialize(value),
    responseDeserialize: (bytes) => codec().responseDeserialize(bytes),
  };
  const handle = (call: never): void => {
    const handler = requireMethod(find()?.methods[method]) as (call: never) => void;
    handler(call);
  };
  return { definition: { [method]: definition }, methods: { [method]: handle as UntypedHandleCall } };
}

function requireMethod<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError(`Reflection has no method ${method}.`);
  return value;
}

/** In the order in which the package adds them: v1, then v1alpha. */
function collectServices(files: readonly string[], names: readonly string[]): readonly GrpcService[] {
  const services: GrpcService[] = [];
  const packages = Object.assign({}, ...files.map(loadPackage)) as ReturnType<typeof loadPackage>;
  const addService = (definition: ServiceDefinition, methods: UntypedServiceImplementation): void => {
    services.push({ definition, methods });
  };
  new ReflectionService(packages, { services: [...names] }).addToServer({ addService } as Server);
  return services;
}
