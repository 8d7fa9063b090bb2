import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { GrpcService } from './grpc-server.ts';
import { loadPackage } from './load-service.ts';

const known = new Map<string, readonly GrpcService[]>();

/** Server reflection, v1 and v1alpha, over these files below `proto/`; it lists only the services that are named. */
export function createReflectionServices(files: readonly string[], names: readonly string[]): readonly GrpcService[] {
  const key = names.join(' ');
  const services = known.get(key) ?? collectServices(files, names);
  known.set(key, services);
  return services;
}

function collectServices(files: readonly string[], names: readonly string[]): readonly GrpcService[] {
  const services: GrpcService[] = [];
  const packages = Object.assign({}, ...files.map(loadPackage)) as ReturnType<typeof loadPackage>;
  const addService = (definition: ServiceDefinition, methods: UntypedServiceImplementation): void => {
    services.push({ definition, methods });
  };
  new ReflectionService(packages, { services: [...names] }).addToServer({ addService } as Server);
  return services;
}
