import type { IncomingHttpHeaders } from 'node:http2';
import { hasCode, ParleyError } from '../../base/index.ts';
import type { Endpoint, Registry, SurfacePlace } from '../../registry/index.ts';
import { findTarget } from '../a2a/target.ts';

const names = ['x-deployment-id', 'deployment-id', 'deployment_id'];

/** The agent or deployment that a call's metadata names. */
export function readNamedDeployment(headers: IncomingHttpHeaders): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** Who is called. AGENT_NOT_FOUND in the words that clients of PAR know. */
export function findCalled(registry: Registry, id: string): Endpoint {
  try {
    return findTarget(registry, id);
  } catch (thrown) {
    if (!hasCode(thrown, 'AGENT_NOT_FOUND')) throw thrown;
    const message = `Deployment ${id.slice(0, 128)} not found or not ready`;
    throw new ParleyError('AGENT_NOT_FOUND', message, { cause: thrown });
  }
}

/** A place for a call of the package's own services, counted until it is released. METHOD_NOT_FOUND without any, AGENT_UNAVAILABLE. */
export function takeCallPlace({ id, surfaces }: Endpoint, service: string): SurfacePlace {
  if (surfaces?.grpc === undefined) {
    const message = `${id} has no gRPC service of its own, so it has no ${service.slice(0, 128)}.`;
    throw new ParleyError('METHOD_NOT_FOUND', message);
  }
  const place = surfaces.grpc.take();
  if (place !== undefined) return place;
  throw callRefused(id, 'none of its workers takes calls');
}

/** AGENT_UNAVAILABLE: another try makes sense in a moment. */
export function callRefused(id: string, reason: string, cause?: unknown): ParleyError {
  const message = `${id} takes no calls now: ${reason}. Try again in a moment.`;
  return new ParleyError('AGENT_UNAVAILABLE', message, { retryAfterMs: 1_000, cause });
}
