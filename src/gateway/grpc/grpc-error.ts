import { Metadata, type ServerErrorResponse, status } from '@grpc/grpc-js';
import { type Logger, ParleyError } from '../../base/index.ts';
import { encodeStatusDetails } from './status-details.ts';

const codes: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(status).filter((entry): entry is [string, status] => typeof entry[1] === 'number'),
);
/** A header of more than 8 kB is refused by many clients. */
const longestMessage = 2_000;

/**
 * What was thrown as the end of a call: the catalogue's status, the message, and trailers `parley-code` and, where there is
 * one, `retry-after-ms`. What is our own fault is logged, and its message is not shown.
 */
export function toGrpcError(thrown: unknown, logger: Logger): Partial<ServerErrorResponse> {
  const error = ParleyError.from(thrown);
  const metadata = new Metadata();
  metadata.set('parley-code', error.code);
  if (error.retryAfterMs !== undefined) metadata.set('retry-after-ms', String(error.retryAfterMs));
  if (error.code === 'INTERNAL') logger.error('A gRPC call failed.', { cause: thrown });
  const code = codes[error.entry.grpc] ?? status.UNKNOWN;
  const rich = encodeStatusDetails(error, code);
  if (rich !== undefined) metadata.set('grpc-status-details-bin', rich);
  const details = error.code === 'INTERNAL' ? error.entry.summary : error.message.slice(0, longestMessage);
  return { code, details, metadata };
}
