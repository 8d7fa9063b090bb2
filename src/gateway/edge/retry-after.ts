import { errorCatalogue, type ParleyError } from '../../base/index.ts';

/** What `Retry-After` says, in seconds; undefined where another try by itself is of no use. */
export function retryAfterSeconds({ code, retryAfterMs }: ParleyError, status: number): number | undefined {
  const mayPass = (status === 429 || status === 503) && errorCatalogue[code].retryable;
  const delayMs = retryAfterMs ?? (mayPass ? 1_000 : undefined);
  return delayMs === undefined ? undefined : Math.max(1, Math.ceil(delayMs / 1_000));
}
