import { hasCode, ParleyError } from '../../base/index.ts';
import type { Endpoint, SurfacePlace } from '../../registry/index.ts';

/** AGENT_UNAVAILABLE, with when to come back, or AGENT_DISABLED, unless the deployment takes requests. */
export function requireServing({ id, status, reason }: Endpoint): void {
  if (status === 'healthy') return;
  if (status === 'disabled')
    throw new ParleyError('AGENT_DISABLED', `${id} is disabled: ${reason ?? 'it takes no requests'}.`);
  throw unavailable(id, reason === undefined ? `it is ${status}` : `it is ${status}: ${reason}`);
}

/** A place for a request to the package's own routes, counted until it is released. NOT_FOUND without such routes, AGENT_UNAVAILABLE. */
export function takePlace(endpoint: Endpoint): SurfacePlace {
  const { id, surfaces } = endpoint;
  if (surfaces?.rest === undefined) throw servesNothing(endpoint);
  const place = surfaces.rest.take();
  if (place) return place;
  throw unavailable(id, 'none of its workers takes requests');
}

/** There is nothing at the address that was asked for. */
export function servesNothing({ id }: Endpoint): ParleyError {
  return new ParleyError('NOT_FOUND', `${id} serves nothing at this address. GET /meta beside it lists what it has.`);
}

/** What those hear whose requests the node no longer waits for. */
export function nodeStops(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The node is stopping. Try again in a moment.', { retryAfterMs: 1_000 });
}

/** What a failed request to a worker is to the caller: one that nothing was sent of may be sent again. */
export function toCallerError(error: ParleyError, { id }: Endpoint): ParleyError {
  if (!hasCode(error, 'UNREACHABLE')) return error;
  return unavailable(id, 'its worker cannot be reached', error);
}

function unavailable(id: string, reason: string, cause?: ParleyError): ParleyError {
  const message = `${id} takes no requests now: ${reason}. Try again in a moment.`;
  return new ParleyError('AGENT_UNAVAILABLE', message, { retryAfterMs: 1_000, ...(cause && { cause }) });
}
