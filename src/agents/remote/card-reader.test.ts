import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createHttpClient } from '../../drivers/http/index.ts';
import { type CardReader, createCardReader } from './card-reader.ts';

const card = { name: 'Far', url: 'https://far.example', preferredTransport: 'JSONRPC', protocolVersion: '0.3.0' };
const never = new AbortController().signal;

async function startServer(
  t: TestContext,
  listener: RequestListener,
): Promise<{ reader: CardReader; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['if-none-match'] ?? '-'} ${request.headers['x-key'] ?? '-'}`);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttpClient({ allow: { kind: 'origins', origins: [origin] } });
  t.after(async () => {
    await http.close();
    server.close();
  });
  return { reader: createCardReader({ http, url: `${origin}/a2a/far/`, headers: () => ({ 'x-key': 'k' }) }), asked };
}

test('a card is read once, and then only asked whether it has changed', async (t) => {
  const { reader, asked } = await startServer(t, (request, response) => {
    const headers = { etag: '"e1"', 'cache-control': 'public, max-age=60' };
    if (request.headers['if-none-match'] === '"e1"') response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(JSON.stringify(card));
  });
  const first = await reader.read(undefined, never);
  const second = await reader.read(first, never);
  assert.equal(second.card, first.card);
  assert.deepEqual([first.card.name, first.maxAgeMs, first.etag], ['Far', 60_000, '"e1"']);
  const place = '/a2a/far/.well-known/agent-card.json';
  assert.deepEqual(asked, [`${place} - k`, `${place} "e1" k`]);
});

test('a server of 0.2.6 has its card elsewhere', async (t) => {
  const { reader } = await startServer(t, (request, response) => {
    if (request.url?.endsWith('/agent.json')) response.end(JSON.stringify({ ...card, protocolVersion: '0.2.6' }));
    else response.writeHead(404).end();
  });
  assert.equal((await reader.read(undefined, never)).card.supportedInterfaces[0]?.protocolVersion, '0.3');
});

test('a server without a card, or one that wants another credential, says what to do', async (t) => {
  for (const [status, advice] of [
    [404, /base of an A2A agent/],
    [401, /check the credentials/],
  ] as const) {
    const { reader } = await startServer(t, (_request, response) => response.writeHead(status).end());
    await assert.rejects(reader.read(undefined, never), (thrown: Error) => advice.test(thrown.message));
  }
});
