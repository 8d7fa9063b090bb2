import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import type { HandlerSpec, HttpSpec, WorkerFrame } from '../../src/runtime/worker-protocol/frames.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { askSurface, readSurface } from '../support/surface-request.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';
import { type HostKind, HostProcess } from './host-process.ts';

let folder = '';
let sockets = 0;
before(async () => {
  folder = await createTestFolder();
});
after(() => removeFolder(folder));

interface Started {
  readonly host: HostProcess;
  readonly socketPath: string;
  readonly answer: WorkerFrame;
}

async function start(kind: HostKind, http: HttpSpec, options: StartOptions = {}): Promise<Started> {
  const { skills = {}, python = fastapiPython() } = options;
  const host = new HostProcess(kind, {}, kind === 'python' ? python : undefined);
  const socketPath = join(folder, `${++sockets}.sock`);
  host.init(skills, { rest: { socket: socketPath, ...http } });
  const answer = await host.waitFor(({ type }) => type === 'ready' || type === 'load-error');
  return { host, socketPath, answer };
}

interface StartOptions {
  readonly skills?: Readonly<Record<string, HandlerSpec>>;
  readonly python?: string;
}

const ref = (name: string) => ({ module: 'web', name });

async function loadErrorOf(started: Promise<Started>): Promise<string> {
  const { host, answer } = await started;
  if (answer.type !== 'load-error') await host.kill();
  assert.ok(answer.type === 'load-error', `the host said ${answer.type}`);
  assert.equal(await host.exited, 1);
  return answer.message;
}

/** An upgraded connection after its handshake. */
async function upgrade(socketPath: string, headers: Readonly<Record<string, string>>, path: string): Promise<Duplex> {
  const sent = request({ socketPath, path, headers: { host: 'agent', connection: 'Upgrade', ...headers } }).end();
  const [, socket] = (await once(sent, 'upgrade')) as [unknown, Duplex];
  return socket;
}

suite('HTTP of a Python package', { timeout: 60_000, ...requires('fastapi') }, () => {
  test('routes are served before ready is said, at the root, as the caller sees them', async () => {
    const { host, socketPath, answer } = await start('python', { mount: ref('mount') });
    assert.deepEqual(answer, { type: 'ready', protocol: 1, skills: [], rest: true });
    const { status, text } = await readSurface({ socketPath, path: '/where' });
    assert.deepEqual([status, text], [200, '{"url":"http://agent/where","path":"/where"}']);
    assert.equal((await readSurface({ socketPath, path: '/fails' })).status, 500);
    assert.equal((await readSurface({ socketPath, path: '/nowhere' })).status, 404);
    await host.kill();
  });

  test('a drain lets an answer in flight end, tells the application, and ends the process in order', async () => {
    const http = { mount: ref('mount'), a2a: ref('create_asgi') };
    const { host, socketPath } = await start('python', http);
    const response = await askSurface({ socketPath, path: '/stream' });
    host.send({ type: 'drain' });
    assert.equal(await text(response), 'first last');
    assert.equal(await host.exited, 0);
    assert.match(await host.stdout, /lifespan\.shutdown/);
  });

  test('an ASGI application is served below /a2a with its own start and state', async () => {
    const { host, socketPath } = await start('python', { a2a: ref('create_asgi') });
    const { text } = await readSurface({ socketPath, path: '/a2a/tasks?x=1' });
    assert.equal(text, "/tasks /a2a from the start ['lifespan.startup']");
    assert.equal((await readSurface({ socketPath, path: '/a2ab' })).status, 404);
    await host.kill();
  });

  test('a web socket echoes, and is closed when the worker drains', async () => {
    const { host, socketPath } = await start('python', { mount: ref('mount') });
    const headers = {
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    const socket = await upgrade(socketPath, headers, '/echo');
    // "hi" as a masked text frame with a mask of zeros.
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    const [echo] = (await once(socket, 'data')) as [Buffer];
    assert.deepEqual([...echo], [0x81, 2, 0x48, 0x49]);
    host.send({ type: 'drain' });
    const [close] = (await once(socket, 'data')) as [Buffer];
    assert.equal(close[0], 0x88);
    socket.destroy();
    assert.equal(await host.exited, 0);
  });

  test('a2a.http_server may return a service: its handlers are skills, and there is no HTTP', async () => {
    const { host, answer } = await start('python', { a2a: ref('create_service') });
    assert.deepEqual(answer, { type: 'ready', protocol: 1, skills: ['greet'] });
    host.invoke({ skill: 'greet' });
    assert.deepEqual((await host.record()).last['parts'], [{ text: 'hello' }]);
    await host.kill();
  });

  test('what cannot be loaded is said with what to change', async () => {
    assert.match(await loadErrorOf(start('python', { mount: ref('absent') })), /module "web" has no function "absent"/);
    assert.match(await loadErrorOf(start('python', { mount: ref('mount_that_fails') })), /failed: no routes today/);
    assert.match(await loadErrorOf(start('python', { mount: ref('mount_that_cannot_start') })), /no database/);
    assert.match(
      await loadErrorOf(start('python', { a2a: ref('create_number') })),
      /a2a\.http_server returned .* but int/,
    );
  });
});

suite('HTTP of a Python package without its libraries', { timeout: 60_000, ...requires('python3') }, () => {
  test('the missing library is named, and where to name it', async () => {
    const message = await loadErrorOf(start('python', { mount: { module: 'hidden_fastapi', name: 'mount' } }));
    assert.match(message, /"fastapi" cannot be imported: .* Name fastapi in requirements\.txt/);
  });
});

suite('HTTP of a Node package', { timeout: 60_000 }, () => {
  test('a listener is served at the root, and another below /a2a', async () => {
    const http = { mount: ref('mount'), a2a: ref('createListener') };
    const { host, socketPath, answer } = await start('node', http);
    assert.deepEqual(answer, { type: 'ready', protocol: 1, skills: [], rest: true });
    const asked = ['/x?y=1', '/a2a', '/a2a?z', '/a2a/tasks?x=1', '/a2ab'];
    const answers = await Promise.all(asked.map((path) => readSurface({ socketPath, path })));
    const texts = ['root /x?y=1', 'a2a /', 'a2a /?z', 'a2a /tasks?x=1', 'root /a2ab'];
    assert.deepEqual(
      answers.map(({ text }) => text),
      texts,
    );
    await host.kill();
  });

  test('an upgraded connection lives until the worker drains', async () => {
    const { host, socketPath } = await start('node', { mount: ref('mount') });
    const socket = await upgrade(socketPath, { upgrade: 'echo' }, '/');
    socket.write('hello');
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    host.send({ type: 'drain' });
    await once(socket, 'end');
    socket.end();
    assert.equal(await host.exited, 0);
  });

  test('what cannot be loaded is said with what to change', async () => {
    assert.match(
      await loadErrorOf(start('node', { mount: ref('absent') })),
      /rest\.entry: .* exports no function "absent"/,
    );
    assert.match(await loadErrorOf(start('node', { mount: ref('mountThatFails') })), /failed: no routes today/);
    assert.match(await loadErrorOf(start('node', { a2a: ref('createNumber') })), /must return a request listener/);
  });
});
