import type { FastifyRequest } from 'fastify';
import type { AgentListing } from '../../registry/index.ts';
import type { Door } from '../door.ts';
import { isLoopbackHost } from '../edge/host-name.ts';
import { schemeOf } from '../edge/scheme.ts';
import { isGrpcOpen } from '../grpc/grpc-tls.ts';
import { resolveTarget } from './target.ts';

/** An agent, and where it is reached by who asks for its card. */
export interface CardPlace {
  readonly record: AgentListing['record'];
  /** Where the node is reached, without a slash at the end. */
  readonly root: string;
  /** Where the agent is called. */
  readonly baseUrl: string;
  /** `host:port` where the agent alone answers gRPC; undefined: nowhere. */
  readonly grpcAddress: string | undefined;
}

/** The place of an agent for a request over HTTP; `id` undefined: the fabric's own. AGENT_NOT_FOUND. */
export function findCardPlace(door: Door, request: FastifyRequest, id: string | undefined): CardPlace {
  const { registry, fabricAgentId } = door.services();
  const { record } = resolveTarget(registry, id ?? fabricAgentId).listing;
  const root = door.options.publicUrl ?? `${schemeOf(request.raw)}://${request.headers.host}`;
  const baseUrl = id === undefined ? root : `${root}/a2a/${id}`;
  return { record, root, baseUrl, grpcAddress: findGrpcAddress(door, root, id ?? fabricAgentId) };
}

/** In plain text gRPC is reached on loopback alone: who came another way is not told of it. */
function findGrpcAddress(door: Door, root: string, id: string): string | undefined {
  const address = door.grpcAddress(id);
  const hostname = URL.parse(root)?.hostname;
  if (address === undefined || hostname === undefined) return undefined;
  if (isGrpcOpen(door.options)) return `${hostname}${address.slice(address.lastIndexOf(':'))}`;
  return isLoopbackHost(hostname) ? address : undefined;
}
