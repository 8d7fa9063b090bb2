import type { JsonObject } from '../../base/index.ts';
import { resolveVersion } from '../../protocol/index.ts';
import { resolveTarget } from '../a2a/target.ts';
import { type GrpcDoor, readDeploymentId, readGrpcContext } from './grpc-door.ts';
import type { GrpcCall } from './methods.ts';

/** The agent's public card as A2A 0.3 has it. Security schemes have another form in the proto and are left out: HTTP's card has them. */
export async function getOldCard(door: GrpcDoor, call: GrpcCall): Promise<JsonObject> {
  await readGrpcContext(door, call);
  const { registry, fabricAgentId, createCard } = door.services();
  const id = readDeploymentId(door, call);
  const { listing } = resolveTarget(registry, id ?? fabricAgentId);
  const root = door.httpUrl();
  const baseUrl = id === undefined ? root : `${root}/a2a/${id}`;
  const card = createCard({ record: listing.record, baseUrl, grpcAddress: door.grpcAddress() });
  const {
    security: _security,
    securitySchemes: _schemes,
    ...shown
  } = resolveVersion({ header: '0.3', binding: 'rest' }).encodeCard(card);
  return shown;
}
