import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

/** A service and what answers its methods, by their names in the proto file. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly methods: UntypedServiceImplementation;
}

/** The same with its full name, and its file below `proto/`. */
export interface NamedService extends GrpcService {
  readonly file: string;
  readonly name: string;
}
