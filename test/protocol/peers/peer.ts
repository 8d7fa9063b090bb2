import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';

/** An official server with an agent that answers at once. */
export interface Peer {
  /** JSON-RPC is at `/`, HTTP+JSON below `/rest`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves what `mount` puts into the application, on a free port. */
export async function openPeer(mount: (app: Express) => void): Promise<Peer> {
  const app = express();
  mount(app);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
