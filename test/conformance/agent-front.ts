import { once } from 'node:events';
import { createServer, type Server, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AgentFront {
  readonly url: string;
  close(): void;
}

/**
 * One agent at the root of an address of its own, as a proxy in front of a node gives it: every request gets the header that
 * names the agent. Clients that look for a card at the root of a host only find it there.
 */
export async function openAgentFront(nodeUrl: string, agentId: string): Promise<AgentFront> {
  const server: Server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-deployment-id': agentId };
    const forward = sendRequest(nodeUrl + (incoming.url ?? '/'), { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forward.destroy());
    incoming.pipe(forward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
