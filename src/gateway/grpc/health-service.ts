import { ParleyError } from '../../base/index.ts';
import { anonymous, mayReach } from '../../security/index.ts';
import { findDeployment, type GrpcDoor, readDeploymentId, readGrpcContext } from './grpc-door.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import { type GrpcCall, handleStream, handleUnary, type Send } from './methods.ts';

interface HealthRequest {
  readonly service: string;
}

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

interface HealthAnswer {
  readonly status: ServingStatus;
}

interface HealthOptions {
  readonly door: GrpcDoor;
  /** Full names of the services on the same port. */
  readonly served: readonly string[];
}

/**
 * `grpc.health.v1.Health`: of the node (no name), of a service (its full name), of an agent or a deployment (its id); of a service of
 * the package that the call names or whose port it is. What is no service of the port's own is for callers that may call at all.
 */
export function createHealthService(options: HealthOptions): GrpcService {
  const { logger } = options.door.options;
  return {
    definition: loadService('grpc/health/v1/health.proto', 'grpc.health.v1.Health'),
    methods: {
      Check: handleUnary((request: HealthRequest, call) => check(options, request, call), logger),
      List: handleUnary((_: Readonly<Record<never, never>>, call) => list(options, call), logger),
      Watch: handleStream(
        (request: HealthRequest, call, send: Send<HealthAnswer>) => watch(options, request, { call, send }),
        logger,
      ),
    },
  };
}

async function check(options: HealthOptions, { service }: HealthRequest, call: GrpcCall): Promise<HealthAnswer> {
  await admit(options, service, call);
  const status = judge(options, service, readDeploymentId(options.door, call));
  if (status !== 'SERVICE_UNKNOWN') return { status };
  throw new ParleyError('NOT_FOUND', `There is no service, agent or deployment "${service.slice(0, 128)}".`);
}

async function list(options: HealthOptions, call: GrpcCall): Promise<{ statuses: Record<string, HealthAnswer> }> {
  const { principal } = await readGrpcContext(options.door, call);
  const ids = options.door
    .services()
    .registry.endpoints()
    .filter(({ agentId, record }) => principal.kind === 'operator' || (!record.private && mayReach(principal, agentId)))

    .map(({ id }) => id);
  const id = readDeploymentId(options.door, call);
  const names = ['', ...options.served, ...(options.door.deploymentId === undefined ? ids : listOwn(options, id))];
  return { statuses: Object.fromEntries(names.map((name) => [name, { status: judge(options, name, id) }])) };
}

interface WatchCall {
  readonly call: GrpcCall;
  readonly send: Send<HealthAnswer>;
}

/** Says how it is, then each change, until the caller leaves. */
async function watch(options: HealthOptions, { service }: HealthRequest, { call, send }: WatchCall): Promise<void> {
  const release = options.door.streams.take(await admit(options, service, call));
  const id = readDeploymentId(options.door, call);
  let last: ServingStatus | undefined;
  const tell = (): void => {
    const status = judge(options, service, id);
    if (status !== last) void send({ status });
    last = status;
  };
  const unwatch = options.door.services().registry.watch(tell);
  tell();
  const over = AbortSignal.any([call.signal, options.door.stopping]);
  await new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
  unwatch();
  release();
}

/** The caller's name; that of nobody where anybody may ask. */
async function admit({ door, served }: HealthOptions, service: string, call: GrpcCall): Promise<string> {
  if (service === '' || served.includes(service)) return anonymous.id;
  return (await readGrpcContext(door, call)).principal.id;
}

/** The services of the package that is meant. */
function listOwn({ door }: HealthOptions, id: string | undefined): readonly string[] {
  const endpoint = id === undefined ? undefined : findDeployment(door.services(), id);
  return endpoint?.surfaces?.grpc?.facts.services ?? [];
}

/** `id`: the deployment that the call is for, whose own services count, too. */
function judge(options: HealthOptions, service: string, id: string | undefined): ServingStatus {
  const { door, served } = options;
  const { deploymentId } = door;
  const isOwn = service === '' || served.includes(service);
  try {
    const services = door.services();
    if (isOwn && deploymentId === undefined) return 'SERVING';
    const isPackages = !isOwn && id !== undefined && listOwn(options, id).includes(service);
    const endpoint = findDeployment(services, isPackages ? id : isOwn ? (deploymentId ?? '') : service);
    if (endpoint === undefined) return isOwn ? 'NOT_SERVING' : 'SERVICE_UNKNOWN';
    return endpoint.status === 'healthy' ? 'SERVING' : 'NOT_SERVING';
  } catch {
    return 'NOT_SERVING';
  }
}
