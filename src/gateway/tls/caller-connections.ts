import type { Duplex } from 'node:stream';
import type { CallerConnection } from '../../security/index.ts';

const known = new WeakMap<Duplex, CallerConnection>();

/** Keeps what a connection says of its caller, for as long as it is there. */
export function rememberCaller(socket: Duplex, connection: CallerConnection): void {
  known.set(socket, connection);
}

/** What the connection of a request says of its caller; undefined when it says nothing. */
export function callerOf({ socket }: { readonly socket: Duplex }): CallerConnection | undefined {
  return known.get(socket);
}
