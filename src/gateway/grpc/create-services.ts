import { a2aMethods, oldA2aMethods } from './a2a-methods.ts';
import { type A2aServiceOptions, createA2aService } from './a2a-service.ts';
import { createAgentService } from './agent-service.ts';
import type { GrpcDoor } from './grpc-door.ts';
import type { GrpcService, NamedService } from './grpc-service.ts';
import { createHealthService } from './health-service.ts';
import { createReflectionServices } from './reflection-services.ts';

const a2a: A2aServiceOptions = {
  file: 'lf/a2a/v1/a2a.proto',
  name: 'lf.a2a.v1.A2AService',
  version: '1.0',
  methods: a2aMethods,
};

const oldA2a: A2aServiceOptions = {
  file: 'a2a/v1/a2a.proto',
  name: 'a2a.v1.A2AService',
  version: '0.3',
  methods: oldA2aMethods,
};

/** All that a gRPC port serves: what it is asked for by name, health, and reflection over both. */
export function createServices(door: GrpcDoor, extra: readonly NamedService[] = []): readonly GrpcService[] {
  const own = [
    { file: 'pixell/agent.proto', name: 'pixell.agent.AgentService', ...createAgentService(door) },
    createA2aService(door, a2a),
    createA2aService(door, oldA2a),
    ...extra,
  ];
  const served = [...own.map(({ name }) => name), 'grpc.health.v1.Health'];
  return [...own, createHealthService({ door, served }), ...createReflectionServices(door, served)];
}
