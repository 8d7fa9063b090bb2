import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { isSystemError } from '../../base/index.ts';

/** A user id that no other node of this machine uses. */
export interface UidClaim {
  readonly uid: number;
  release(): void;
}

/**
 * Claims a user id among the nodes of this machine, or gives undefined when another has it. The claim is a name in the kernel's
 * table of sockets: it is taken in one step, and the kernel frees it when the process ends, however it ends.
 */
export async function claimUid(uid: number): Promise<UidClaim | undefined> {
  const server: Server = createServer((socket) => socket.destroy());
  server.unref();
  server.listen({ path: `\0parley-uid-${uid}` });
  try {
    await once(server, 'listening');
  } catch (thrown) {
    if (isSystemError(thrown, 'EADDRINUSE')) return undefined;
    throw thrown;
  }
  return { uid, release: () => void server.close() };
}
