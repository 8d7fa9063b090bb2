import type { JsonObject } from '../../base/index.ts';
import { encodeProtoCard, resolveVersion } from '../../protocol/index.ts';
import type { CardPlace } from '../a2a/card-place.ts';
import { createExtendedCard } from '../a2a/extended-card.ts';
import { signCard } from '../a2a/sign-card.ts';
import { resolveTarget } from '../a2a/target.ts';
import { readTenant } from '../a2a/tenant.ts';
import { type A2aCallSource, requireVersion } from './create-a2a-call.ts';
import { type GrpcDoor, readDeploymentId, readGrpcContext, readHeaders } from './grpc-door.ts';
import type { GrpcCall } from './methods.ts';

/** A2A 1.0's extended card, for its caller. */
export async function getExtendedCard({ door, form, method, request, call }: A2aCallSource): Promise<JsonObject> {
  const codec = requireVersion(form.version, readHeaders(call.metadata)['a2a-version']);
  const context = await readGrpcContext(door, call);
  const services = door.services();
  const tenant = readTenant(codec, { kind: 'json', params: method.toParams(request) });
  const place = findGrpcPlace(door, readDeploymentId(door, call) ?? tenant);
  const card = codec.encodeCard(createExtendedCard({ services, context, place, version: codec.version }));
  return signCard(card, services, place.root);
}

/** The one card that A2A 0.3 has over gRPC: the extended one where callers have an identity, else the public one. */
export async function getOldCard(door: GrpcDoor, call: GrpcCall): Promise<JsonObject> {
  const context = await readGrpcContext(door, call);
  const services = door.services();
  const place = findGrpcPlace(door, readDeploymentId(door, call));
  const card = services.authenticator.requiresIdentity
    ? createExtendedCard({ services, context, place, version: '0.3' })
    : services.createCard(place);
  const { signatures = [] } = signCard(oldCodec.encodeCard(card), services, place.root);
  return { ...encodeProtoCard(card), signatures };
}

const oldCodec = resolveVersion({ header: '0.3', binding: 'rest' });

function findGrpcPlace(door: GrpcDoor, id: string | undefined): CardPlace {
  const { registry, fabricAgentId } = door.services();
  const { record } = resolveTarget(registry, id ?? fabricAgentId).listing;
  const root = door.httpUrl();
  return { record, root, baseUrl: id === undefined ? root : `${root}/a2a/${id}`, grpcAddress: door.grpcAddress() };
}
