import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { ResolveHost } from './guarded-connector.ts';
import { createHttpClient } from './http-client.ts';
import type { HttpClient } from './port.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(t: TestContext, allow: AddressPolicy, resolve?: ResolveHost): HttpClient {
  const http = createHttpClient({ allow, ...(resolve && { resolve }) });
  t.after(() => http.close());
  return http;
}

test('a request goes out with method, headers and body, and the answer comes back', async (t) => {
  const origin = await serve(t, (request, response) => {
    response.writeHead(201, { 'x-seen': `${request.method} ${request.url} ${request.headers['x-mine']}` });
    request.pipe(response);
  });
  const http = client(t, { kind: 'origins', origins: [origin] });
  const headers = { 'x-mine': 'yes', 'content-type': 'application/json' };
  const response = await http.request({ method: 'POST', url: `${origin}/a?b=c`, headers, body: '{"x":1}' });
  assert.equal(response.status, 201);
  assert.equal(response.headers['x-seen'], 'POST /a?b=c yes');
  assert.deepEqual(await response.json(), { x: 1 });
});

test('a body is read as it comes, before the answer has ended', async (t) => {
  const { promise: seen, resolve: sawFirst } = Promise.withResolvers<void>();
  const origin = await serve(t, (_, response) => {
    response.write('first');
    void seen.then(() => response.end('second'));
  });
  const { body } = await client(t, { kind: 'origins', origins: [origin] }).request({ method: 'GET', url: origin });
  const chunks: string[] = [];
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk).toString());
    sawFirst();
  }
  assert.deepEqual(chunks, ['first', 'second']);
});

test('a body over the limit is refused', async (t) => {
  const origin = await serve(t, (_, response) => response.end('x'.repeat(1_000)));
  const http = client(t, { kind: 'origins', origins: [origin] });
  const response = await http.request({ method: 'GET', url: origin, maxBodyBytes: 999 });
  await assert.rejects(response.text(), { code: 'PAYLOAD_TOO_LARGE' });
});

test('a loopback address is not called unless it is allowed, by address or by name', async (t) => {
  let calls = 0;
  const origin = await serve(t, (_, response) => response.end(String(++calls)));
  const named = origin.replace('127.0.0.1', 'localhost');
  const careful = client(t, { kind: 'public' });
  for (const url of [origin, named]) {
    await assert.rejects(careful.request({ method: 'GET', url }), { code: 'PERMISSION_DENIED' }, url);
  }
  assert.equal(calls, 0);
  for (const except of [[origin], ['127.0.0.1'], ['127.0.0.0/8']]) {
    const response = await client(t, { kind: 'public', except }).request({ method: 'GET', url: origin });
    assert.equal(response.status, 200, except[0]);
    await response.discard();
  }
});

test('a public name that resolves to an inner address is not connected to', async (t) => {
  const resolve: ResolveHost = async () => [{ address: '127.0.0.1', family: 4 }];
  const origin = await serve(t, (_, response) => response.end('inside'));
  const url = origin.replace('127.0.0.1', 'rebind.example.com');
  await assert.rejects(client(t, { kind: 'public' }, resolve).request({ method: 'GET', url }), {
    code: 'PERMISSION_DENIED',
  });
});

test('of several addresses of one name only the permitted ones are connected to', async (t) => {
  const origin = await serve(t, (_, response) => response.end('ok'));
  const resolve: ResolveHost = async () => [
    { address: '10.255.255.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const url = origin.replace('127.0.0.1', 'two.example.com');
  const http = client(t, { kind: 'public', except: ['127.0.0.1'] }, resolve);
  assert.equal(await (await http.request({ method: 'GET', url })).text(), 'ok');
});

test('a client of one origin goes nowhere else, not by redirect either', async (t) => {
  const inner = await serve(t, (_, response) => response.end('secret'));
  const outer = await serve(t, (_, response) => response.writeHead(302, { location: inner }).end());
  const http = client(t, { kind: 'origins', origins: [outer] });
  await assert.rejects(http.request({ method: 'GET', url: inner }), { code: 'PERMISSION_DENIED' });
  const redirected = http.request({ method: 'GET', url: outer, maxRedirects: 3 });
  await assert.rejects(redirected, { code: 'PERMISSION_DENIED' });
  const response = await http.request({ method: 'GET', url: outer });
  assert.equal(response.status, 302);
  await response.discard();
});

test('a redirect to another origin takes no credentials along', async (t) => {
  const seen: unknown[] = [];
  const inner = await serve(t, (request, response) => {
    seen.push([request.method, request.headers['authorization'], request.headers['x-mine']]);
    response.end('there');
  });
  const outer = await serve(t, (_, response) => response.writeHead(303, { location: inner }).end());
  const http = client(t, { kind: 'origins', origins: [outer, inner] });
  const headers = { Authorization: 'Bearer x', 'x-mine': 'yes' };
  const response = await http.request({ method: 'POST', url: outer, headers, body: 'x', maxRedirects: 1 });
  assert.equal(await response.text(), 'there');
  assert.deepEqual(seen, [['GET', undefined, 'yes']]);
});

test('a circle of redirects ends', async (t) => {
  const origin = await serve(t, (_, response) => response.writeHead(302, { location: '/again' }).end());
  const http = client(t, { kind: 'origins', origins: [origin] });
  await assert.rejects(http.request({ method: 'GET', url: origin, maxRedirects: 3 }), { code: 'UNREACHABLE' });
});

test('nobody there, a late head, a late body and a caller who leaves are told apart', async (t) => {
  const origin = await serve(t, (request, response) => {
    if (request.url === '/body') response.write('begun');
  });
  const http = client(t, { kind: 'origins', origins: [origin, 'http://127.0.0.1:1'] });
  const call = (path: string, options: object): Promise<string> =>
    http.request({ method: 'GET', url: origin + path, ...options }).then((response) => response.text());
  await assert.rejects(http.request({ method: 'GET', url: 'http://127.0.0.1:1' }), { code: 'UNREACHABLE' });
  await assert.rejects(call('/head', { timeoutMs: 50 }), { code: 'DEADLINE_EXCEEDED' });
  await assert.rejects(call('/body', { timeoutMs: 50 }), { code: 'DEADLINE_EXCEEDED' });
  const left = new ParleyError('QUEUE_FULL', 'no more');
  await assert.rejects(call('/head', { signal: AbortSignal.abort(left) }), left);
  await assert.rejects(call('/head', { signal: AbortSignal.abort() }), { code: 'CANCELED' });
});

test('a connection that is cut in the middle of a body is UNREACHABLE', async (t) => {
  const origin = await serve(t, (_, response) => {
    response.write('begun', () => response.destroy());
  });
  const response = await client(t, { kind: 'origins', origins: [origin] }).request({ method: 'GET', url: origin });
  await assert.rejects(response.text(), { code: 'UNREACHABLE' });
});

test('an allow-list entry that means nothing is refused at once', () => {
  for (const entry of ['example.com', '10.0.0.0/33', '10.0.0.0/x', 'http://']) {
    assert.throws(() => createHttpClient({ allow: { kind: 'public', except: [entry] } }), { code: 'CONFIG_INVALID' });
  }
});
