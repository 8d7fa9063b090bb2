import type { GrpcFacts } from '../../registry/index.ts';
import { mayReach } from '../../security/index.ts';
import { findDeployment, type GrpcDoor, readDeploymentId, readGrpcContext } from './grpc-door.ts';
import { describeCall, type ServedCall } from './methods.ts';

/** The services of the package that a call names or whose port it is; undefined when it has none, or the caller may not call it. */
export async function findReflected(door: GrpcDoor, call: ServedCall): Promise<GrpcFacts | undefined> {
  const described = describeCall(call);
  const id = readDeploymentId(door, described);
  if (id === undefined) return undefined;
  const { principal } = await readGrpcContext(door, described);
  const endpoint = findDeployment(door.services(), id);
  if (endpoint === undefined || !mayReach(principal, endpoint.agentId)) return undefined;
  return endpoint.surfaces?.grpc?.facts;
}
