import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface AgentFront {
  readonly url: string;
  close(): void;
}

/**
 * One agent at the root of an address of its own, as a proxy in front of a node gives it: every request gets the header that
 * names the agent. Clients that look for a card at the root of a host only find it there. Its card gives the address of gRPC as a
 * URL: the suite reads host and port out of one, whereas clients of gRPC take them as they are.
 */
export async function openAgentFront(nodeUrl: string, agentId: string): Promise<AgentFront> {
  const server: Server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-deployment-id': agentId };
    const forward = sendRequest(nodeUrl + (incoming.url ?? '/'), { method: incoming.method, headers }, (answer) => {
      if (incoming.url?.startsWith('/.well-known/')) void sendCard(answer, outgoing);
      else answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
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

async function sendCard(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { 'content-length': _length, ...headers } = answer.headers;
  const card = (await text(answer)).replaceAll(/"url":"(127\.0\.0\.1:\d+)"/g, '"url":"http://$1"');
  outgoing.writeHead(answer.statusCode ?? 502, headers).end(card);
}
