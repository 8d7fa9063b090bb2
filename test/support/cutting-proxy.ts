import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on loopback. */
export interface CuttingProxy {
  readonly port: number;
  /** Every connection is cut instead of passing on the server's next answer: what was asked is done, and nobody learns of it. */
  cut(): void;
  /** How many connections were cut. */
  readonly cuts: () => number;
}

/** A proxy for that port; it ends with the test. */
export async function startCuttingProxy(
  scope: { after(run: () => void): void },
  serverPort: number,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const doomed = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
    };
    sockets.add(client);
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (!doomed.delete(client)) return void client.write(bytes);
      cuts++;
      return end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { port, cut: () => sockets.forEach((socket) => void doomed.add(socket)), cuts: () => cuts };
}
