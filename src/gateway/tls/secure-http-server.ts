import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/index.ts';
import type { TlsOptions } from './port.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

/** Puts TLS before an HTTP server that was made for plain text: who listens for its connections gets them when they are through. */
export function secureHttpServer(server: Server, tls: TlsOptions, clock: Clock): TlsAcceptor {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  const acceptor = new TlsAcceptor({
    ...{ tls, clock, protocol: 'http/1.1' },
    take: (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    },
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket) => acceptor.accept(socket));
  return acceptor;
}
