import { Pool } from 'undici';
import type { SocketClientOptions } from './socket-port.ts';

const maxConnections = 1_024;

/** Connections to one Unix socket; requests beyond the limit wait for one. */
export function openSocketPool(socketPath: string, { connectTimeoutMs, headTimeoutMs }: SocketClientOptions): Pool {
  return new Pool('http://worker', {
    socketPath,
    connections: maxConnections,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: headTimeoutMs,
    // How long an answer may be silent is for its reader to say, who leaves when it is too long.
    bodyTimeout: 0,
    // Below what servers usually wait, so that it is this side that closes, and no request meets a closing connection.
    keepAliveTimeout: 4_000,
    allowH2: false,
  });
}
