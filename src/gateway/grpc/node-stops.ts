import { ParleyError } from '../../base/index.ts';

/** What streams are told when the node stops. */
export function nodeStops(): ParleyError {
  const message = 'The node is stopping. The task goes on; ask for it again in a moment.';
  return new ParleyError('UNAVAILABLE', message, { retryAfterMs: 1_000 });
}
