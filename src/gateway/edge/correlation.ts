import type { IncomingHttpHeaders } from 'node:http';
import { createId } from '../../base/index.ts';

const usable = /^[\x21-\x7e]{1,128}$/;

/** The caller's id for this exchange (`x-correlation-id`, else `x-request-id`), or a new one when there is none that can be kept. */
export function readCorrelationId(headers: IncomingHttpHeaders): string {
  const given = headers['x-correlation-id'] ?? headers['x-request-id'];
  return typeof given === 'string' && usable.test(given) ? given : createId();
}
