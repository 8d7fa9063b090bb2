import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Logger } from '../../base/index.ts';
import { letGo } from './let-go.ts';

/**
 * Ends a call with the status of what was thrown, as every other gRPC call ends: with its details in trailers. Once a head is sent
 * they come behind it. Never rejects.
 */
export async function endWithError(stream: ServerHttp2Stream, thrown: unknown, logger: Logger): Promise<void> {
  // It brings gRPC's own code along: most nodes refuse nobody.
  const { toGrpcError } = await import('./grpc-error.ts');
  const { code, details = '', metadata } = toGrpcError(thrown, logger);
  endWithStatus(stream, {
    ...metadata?.toHttp2Headers(),
    'grpc-status': String(code),
    'grpc-message': encodeURIComponent(details).replaceAll('%20', ' '),
  });
}

/** Ends a call with these trailers, in whichever way its state allows. */
function endWithStatus(stream: ServerHttp2Stream, trailers: OutgoingHttpHeaders): void {
  if (stream.destroyed || stream.closed) return;
  if (!stream.headersSent) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
    letGo(stream);
    return;
  }
  stream.removeAllListeners('wantTrailers');
  stream.once('wantTrailers', () => {
    stream.sendTrailers(trailers);
    letGo(stream);
  });
  stream.end();
}
