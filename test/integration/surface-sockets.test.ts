import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { openSurfaceDoor, type SurfaceDoor, type SurfaceDoorOptions } from '../support/surface-door.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A package that agrees to every web socket and sends back each byte as it is, masked or not. */
async function openSocketDoor(
  context: TestContext,
  options: SurfaceDoorOptions = {},
): Promise<SurfaceDoor & { readonly sockets: Duplex[] }> {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => void response.end('plain'),
    ...options,
  });
  const sockets: Duplex[] = [];
  door.server.on('upgrade', (request, socket, head) => {
    sockets.push(socket);
    socket.on('error', () => {});
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    const headers = ['upgrade: websocket', 'connection: Upgrade', `sec-websocket-accept: ${accept.digest('base64')}`];
    const seen = `x-seen: ${request.url} ${request.headers.cookie ?? 'no cookie'} ${typeof request.headers['x-parley-caller']}`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${[...headers, seen].join('\r\n')}\r\n\r\n`);
    socket.write(head);
    socket.pipe(socket);
  });
  return { ...door, sockets };
}

/** Asks for a web socket and resolves with the head of the answer; bytes go both ways afterwards. */
async function ask(url: string, headers: Record<string, string> = {}): Promise<{ socket: Duplex; head: string }> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = {
    ...{ host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
  };
  const fields = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${fields.join('')}\r\n`);
  const [first] = await once(socket, 'data');
  return { socket, head: String(first) };
}

for (const where of ['url', 'ownUrl'] as const) {
  test(`a web socket goes through ${where === 'url' ? 'below the front door' : 'on its own port'}`, async (context) => {
    const door = await openSocketDoor(context);
    const { socket, head } = await ask(`${door[where]}/live?room=1`, { cookie: 'session=1' });
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
    assert.match(head, /x-seen: \/live\?room=1 no cookie string/);
    socket.write('ping');
    assert.equal(String((await once(socket, 'data'))[0]), 'ping');
    assert.equal(door.taken(), 1);
    const workerEnd = door.sockets[0];
    assert.ok(workerEnd);
    socket.destroy();
    await once(workerEnd, 'close');
    await waitUntil('its place is free', () => door.taken() === 0);
  });
}

test('the standard client can use it', async (context) => {
  const door = await openSocketDoor(context);
  const client = new WebSocket(`${door.url.replace('http', 'ws')}/live`);
  await once(client, 'open');
  door.sockets[0]?.unpipe();
  door.sockets[0]?.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
  const [{ data }] = (await once(client, 'message')) as [MessageEvent];
  assert.equal(data, 'hello');
  door.sockets[0]?.destroy();
  await once(client, 'close');
});

test('a web socket that the worker refuses gets its answer', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => void response.writeHead(403, { 'x-why': 'no' }).end('not you'),
  });
  const { socket, head } = await ask(`${door.url}/live`);
  assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.match(head, /x-why: no/);
  assert.match(head.endsWith('not you') ? head : await text(socket), /not you$/);
  await waitUntil('its place is free', () => door.taken() === 0);
});

test('an answer that breaks off instead of a web socket is cut, with no second answer in it', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => {
      response.writeHead(200, { 'content-length': '20' });
      response.write('some', () => response.destroy());
    },
  });
  const { socket, head } = await ask(`${door.url}/live`);
  const whole = head + (socket.destroyed ? '' : await text(socket).catch(() => ''));
  assert.equal(whole.match(/HTTP\/1\.1/g)?.length, 1);
  await waitUntil('its place is free', () => door.taken() === 0);
});

test('web sockets of foreign hosts and pages, and to what is not there, are refused', async (context) => {
  const door = await openSocketDoor(context);
  const statusFor = async (url: string, headers: Record<string, string> = {}): Promise<string> => {
    const { socket, head } = await ask(url, headers);
    socket.destroy();
    return head.slice(9, 12);
  };
  for (const url of [door.url, door.ownUrl]) {
    assert.equal(await statusFor(url, { origin: 'https://evil.example' }), '403');
    assert.equal(await statusFor(url, { origin: 'null' }), '403');
    assert.equal(await statusFor(url, { host: 'evil.example' }), '403');
    assert.equal(await statusFor(url, { authorization: 'Bearer nonsense' }), '401');
    assert.equal(await statusFor(url, { origin: new URL(url).origin }), '101');
  }
  assert.equal(await statusFor(`${door.gateway.url}/agents/nobody/live`), '404');
  assert.equal(await statusFor(`${door.gateway.url}/agents/%zz/live`), '404');
  door.announce({ status: 'starting' });
  assert.equal(await statusFor(`${door.url}/live`), '503');
  door.announce({}, { rest: undefined });
  assert.equal(await statusFor(`${door.url}/live`), '404');
  assert.equal(await statusFor(`${door.gateway.url}/health`), '200');
});

test('stopping the node closes web sockets', async (context) => {
  const door = await openSocketDoor(context);
  const { socket } = await ask(`${door.url}/live`);
  const closed = once(socket, 'close');
  await Promise.all([door.gateway.stop(AbortSignal.timeout(200)), closed]);
  await waitUntil('its place is free', () => door.taken() === 0);
});
