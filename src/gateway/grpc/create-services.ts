import { createAgentService } from './agent-service.ts';
import type { GrpcDoor } from './grpc-door.ts';
import type { GrpcService } from './grpc-server.ts';
import { createHealthService } from './health-service.ts';
import { createReflectionServices } from './reflection-services.ts';

/** A service that a port has beside those of every port. */
export interface ExtraService extends GrpcService {
  readonly file: string;
  readonly name: string;
}

/** All that a gRPC port serves: what it is asked for by name, health, and reflection over both. */
export function createServices(door: GrpcDoor, extra: readonly ExtraService[] = []): readonly GrpcService[] {
  const own = [
    { file: 'pixell/agent.proto', name: 'pixell.agent.AgentService', ...createAgentService(door) },
    ...extra,
  ];
  const served = [...own.map(({ name }) => name), 'grpc.health.v1.Health'];
  const files = [...own.map(({ file }) => file), 'grpc/health/v1/health.proto'];
  return [...own, createHealthService({ door, served }), ...createReflectionServices(files, served)];
}
