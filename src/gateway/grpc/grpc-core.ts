import type { EventEmitter } from 'node:events';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcService } from './grpc-service.ts';
import type { OnCall } from './grpc-sessions.ts';

/** Largest message either way; over it the caller gets RESOURCE_EXHAUSTED. */
const maxMessageBytes = 100 * 1024 * 1024;

const options = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.enable_channelz': 0,
};

/** What answers calls of services, on streams of connections that others have accepted. */
export function createGrpcCore(services: readonly GrpcService[]): OnCall {
  const server = new Server(options);
  for (const { definition, methods } of services) server.addService(definition, methods);
  server.createConnectionInjector(ServerCredentials.createInsecure());
  const entry = findEntry(server);
  return (stream, headers) => void entry.emit('stream', stream, headers);
}

/**
 * Where a server of grpc-js takes its streams in. It has a door for whole connections alone, and one connection may carry calls of
 * packages, too, which it knows nothing of.
 */
function findEntry(server: Server): EventEmitter {
  const { http2Servers } = server as unknown as { readonly http2Servers?: ReadonlyMap<EventEmitter, unknown> };
  const [entry] = http2Servers?.keys() ?? [];
  if (entry !== undefined && entry.listenerCount('stream') > 0) return entry;
  throw new TypeError('This version of @grpc/grpc-js keeps its HTTP/2 server elsewhere.');
}
