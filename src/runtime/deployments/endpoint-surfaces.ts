import type { EndpointSurfaces, GrpcSurface } from '../../registry/index.ts';
import type { SurfaceKind } from '../supervisor/worker-socket.ts';
import type { Deployment } from './deployment.ts';

/** What a deployment serves beside A2A, as the front door sees it; before its package is read, only its ports and its name. */
export function createEndpointSurfaces(deployment: Deployment): EndpointSurfaces {
  const { record, agent, served } = deployment;
  const { name, version, description } = agent;
  const take = (kind: SurfaceKind) =>
    deployment.record.settings.enabled ? deployment.workforce?.takeRequest(kind) : undefined;
  return {
    ports: record.spec.ports,
    a2a: agent.skills.length > 0,
    rest: served?.rest === true ? { take: () => take('rest') } : undefined,
    grpc: createGrpcSurface(deployment, () => take('grpc')),
    ui: served?.ui,
    python: deployment.workforce?.python,
    meta: { name, version, description, author: served?.author ?? '', builtAtMs: served?.builtAtMs },
  };
}

function createGrpcSurface({ workforce }: Deployment, take: GrpcSurface['take']): GrpcSurface | undefined {
  const facts = workforce?.grpc;
  return facts && { facts, take };
}
