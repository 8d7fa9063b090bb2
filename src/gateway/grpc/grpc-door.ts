import type { Metadata } from '@grpc/grpc-js';
import { hasCode, ParleyError } from '../../base/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import { readCallContext } from '../a2a/call-context.ts';
import { findTarget } from '../a2a/target.ts';
import { readCorrelationId } from '../edge/correlation.ts';
import type { StreamLimit } from '../edge/stream-limit.ts';
import type { GatewayServices, ResolvedGatewayOptions } from '../options.ts';
import type { GrpcCall } from './methods.ts';
import { readConnection } from './read-connection.ts';

/** What every gRPC service stands on. */
export interface GrpcDoor {
  readonly options: Pick<ResolvedGatewayOptions, 'clock' | 'logger' | 'tls'>;
  /** UNAVAILABLE before the services are admitted and while the node stops. */
  services(): GatewayServices;
  /** The deployment whose own port this is; undefined: the node's port, where the call names the agent. */
  readonly deploymentId: string | undefined;
  readonly streams: StreamLimit;
  /** Aborts when the node stops: streams end then. */
  readonly stopping: AbortSignal;
  /** Where the front door's HTTP is reached. */
  httpUrl(): string;
  /** This port, `host:port`. */
  grpcAddress(): string | undefined;
}

/** The deployment that a call is for, by the port it came in on or its metadata; undefined when neither says one. */
export function readDeploymentId(
  { deploymentId }: GrpcDoor,
  { metadata }: Pick<GrpcCall, 'metadata'>,
): string | undefined {
  if (deploymentId !== undefined) return deploymentId;
  const names = ['x-deployment-id', 'deployment-id', 'deployment_id'];
  const given = names
    .map((name) => metadata.get(name)[0]?.toString())
    .find((value) => value !== undefined && value !== '');
  return given;
}

/** A healthy deployment. AGENT_NOT_FOUND when there is none of that id. */
export function requireDeployment(door: GrpcDoor, id: string): Endpoint {
  const endpoint = findDeployment(door.services(), id);
  if (endpoint?.status === 'healthy') return endpoint;
  throw new ParleyError('AGENT_NOT_FOUND', `Deployment ${id.slice(0, 128)} not found or not ready`);
}

/** The endpoint behind an agent's or a deployment's id, if there is one. */
export function findDeployment({ registry }: Pick<GatewayServices, 'registry'>, id: string): Endpoint | undefined {
  try {
    return findTarget(registry, id);
  } catch (thrown) {
    if (hasCode(thrown, 'AGENT_NOT_FOUND')) return undefined;
    throw thrown;
  }
}

/** Metadata as the headers that they are; of a key that was sent twice, the first. */
export function readHeaders(metadata: Metadata): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

/** Who calls and under which conditions, from the metadata; a deadline of the call itself counts, too. */
export async function readGrpcContext(door: GrpcDoor, call: GrpcCall): Promise<CallContext> {
  const headers = readHeaders(call.metadata);
  const { authenticator } = door.services();
  const nowMs = door.options.clock.now();
  const correlationId = readCorrelationId(headers);
  const connection = readConnection(door.options.tls, call);
  const context = await readCallContext({ headers, connection, correlationId, authenticator, nowMs });
  const limits = [context.deadlineAtMs, call.deadlineAtMs].filter((limit) => limit !== undefined);
  return limits.length === 0 ? context : { ...context, deadlineAtMs: Math.min(...limits) };
}
