import type { ServerHttp2Stream } from 'node:http2';
import type { Telemetry } from '../../base/index.ts';

/** By their numbers. */
const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Counts and times the call when it is over, by service and the status that its caller was sent. */
export function countCall(stream: ServerHttp2Stream, service: string, telemetry: Telemetry): void {
  const startedMs = performance.now();
  stream.on('close', () => {
    telemetry.count('parley_grpc_calls_total', { service, status: readStatus(stream) });
    telemetry.observe('parley_grpc_call_duration_seconds', (performance.now() - startedMs) / 1_000, { service });
  });
}

/** A caller that left was sent none. */
function readStatus({ sentTrailers, sentHeaders }: ServerHttp2Stream): string {
  const sent = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
  if (sent === undefined) return 'CANCELLED';
  return statusNames[Number(sent)] ?? 'UNKNOWN';
}
