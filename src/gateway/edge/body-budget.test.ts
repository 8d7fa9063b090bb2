import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { after, before, test } from 'node:test';
import { createFrontDoorServices } from '../../testing/index.ts';
import { createGateway, type Gateway } from '../index.ts';

const bodyBytes = 1_000_000;
let gateway: Gateway;

before(async () => {
  gateway = createGateway({ port: 0, version: '1.0.0', limits: { bodyBytes, bodiesBytes: 4 * bodyBytes } });
  await gateway.start();
  gateway.admit(createFrontDoorServices());
});

after(() => gateway.stop(new AbortController().signal));

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }], metadata: { pad: 'x'.repeat(900_000) } };
const large = JSON.stringify({ message });

/** A request that has sent all of its body but the last byte. */
async function begin(headers: Readonly<Record<string, string | number>>): Promise<ClientRequest> {
  const sent = request(`${gateway.url}/a2a/echo/message:send`, {
    method: 'POST',
    headers: { 'a2a-version': '1.0', 'content-type': 'application/json', expect: '100-continue', ...headers },
    agent: false,
  });
  sent.on('error', () => {});
  sent.flushHeaders();
  // The node says so when it has seen the head, and so has counted the body.
  await once(sent, 'continue');
  await new Promise((resolve) => sent.write(large.slice(0, -1), resolve));
  return sent;
}

async function end(sent: ClientRequest): Promise<IncomingMessage> {
  const answered = once(sent, 'response');
  sent.end(large.slice(-1));
  const [response] = (await answered) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
  return response;
}

async function sendWhole(text: string = large): Promise<Response> {
  return fetch(`${gateway.url}/a2a/echo/message:send`, {
    method: 'POST',
    headers: { 'a2a-version': '1.0', 'content-type': 'application/json' },
    body: text,
  });
}

test('bodies for which there is no room are refused with when to come back; small ones and those under way go on', async () => {
  const length = { 'content-length': Buffer.byteLength(large) };
  const open = await Promise.all(Array.from({ length: 4 }, () => begin(length)));
  const refused = await sendWhole();
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
  const small = JSON.stringify({ message: { ...message, metadata: {} } });
  assert.equal((await sendWhole(small)).status, 200);
  for (const sent of open) assert.equal((await end(sent)).statusCode, 200);
  assert.equal((await sendWhole()).status, 200);
});

test('a body without a length counts as the largest until it is there, and what is broken off counts no more', async () => {
  const open = await Promise.all(Array.from({ length: 4 }, () => begin({ 'transfer-encoding': 'chunked' })));
  assert.equal((await sendWhole()).status, 429);
  for (const sent of open) sent.destroy();
  let status = 429;
  while (status === 429) ({ status } = await sendWhole());
  assert.equal(status, 200);
});
