import type {
  MethodDefinition,
  Server,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { GrpcFacts } from '../../registry/index.ts';
import { findReflected } from './find-reflected.ts';
import type { GrpcDoor } from './grpc-door.ts';
import { toGrpcError } from './grpc-error.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadDescriptors, loadPackage } from './load-service.ts';

const method = 'ServerReflectionInfo';
type Call = ServerDuplexStream<unknown, unknown>;

/** What a port tells of itself. */
export interface OwnServices {
  /** Below `proto/`. */
  readonly files: readonly string[];
  /** Full names; nothing else of the files is listed. */
  readonly names: readonly string[];
}

/** By the port's own services, and by what is known of a package's, which is the same as long as its workers say the same. */
const known = new Map<string, WeakMap<object, readonly GrpcService[]>>();
const nothing: GrpcFacts = { services: [], descriptors: [] };

/**
 * Server reflection, v1 and v1alpha: of the port's own services, and those of the package that a call names or whose port it is.
 * What it needs is made with the first question: most nodes are never asked.
 */
export function createReflectionServices(door: GrpcDoor, own: OwnServices): readonly GrpcService[] {
  return ['v1', 'v1alpha'].map((version, index) => createLazyService(version, door, (of) => load(own, of)[index]));
}

function load(own: OwnServices, of: GrpcFacts): readonly GrpcService[] {
  const key = own.names.join(' ');
  const byPackage = known.get(key) ?? new WeakMap<object, readonly GrpcService[]>();
  known.set(key, byPackage);
  const services = byPackage.get(of) ?? collectServices(own, of);
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
function collectServices({ files, names }: OwnServices, of: GrpcFacts): readonly GrpcService[] {
  const collected: GrpcService[] = [];
  const own = files.map(loadPackage);
  const packages = Object.assign({}, ...own, loadDescriptors(of.descriptors)) as ReturnType<typeof loadPackage>;
  const services = [...names, ...of.services.filter((name) => packages[name] !== undefined)];
  const addService = (definition: ServiceDefinition, methods: UntypedServiceImplementation): void => {
    collected.push({ definition, methods });
  };
  new ReflectionService(packages, { services }).addToServer({ addService } as Server);
  return collected;
}
