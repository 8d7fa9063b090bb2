import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Clock } from '../../src/base/index.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { createFrontDoorServices, createManualClock } from '../../src/testing/index.ts';
import { createTestAuthority, type TestCertificate } from '../support/certificates.ts';

type Tls = NonNullable<GatewayOptions['tls']>;
type Material = Tls['source']['current'];

const authority = createTestAuthority();
const own = authority.issue({ commonName: 'node' });

interface SecureDoor {
  readonly gateway: Gateway;
  readonly port: number;
  /** Replaces the certificate, as a change of its files does. */
  renew(material: Partial<Material>): void;
}

async function openDoor(
  context: TestContext,
  { clientCa, clock, ...options }: Partial<Tls> & { readonly clientCa?: string; readonly clock?: Clock } = {},
): Promise<SecureDoor> {
  let current: Material = { ...own, clientCa, expiresAtMs: Date.now() + 60_000 };
  const listeners = new Set<(material: Material) => void>();
  const source: Tls['source'] = {
    get current() {
      return current;
    },
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const tls: Tls = { source, clientCertificates: 'ask', minVersion: 'TLSv1.2', grpc: true, ...options };
  const gateway = createGateway({ port: 0, version: '1.2.3', tls, ...(clock && { clock }) });
  await gateway.start();
  gateway.admit(createFrontDoorServices());
  context.after(() => gateway.stop(AbortSignal.timeout(1_000)));
  const renew = (material: Partial<Material>): void => {
    current = { ...current, ...material };
    for (const listener of listeners) listener(current);
  };
  return { gateway, port: Number(new URL(gateway.url).port), renew };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function get(url: string, certificate?: TestCertificate): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ca: authority.cert, agent: false, ...certificate }, (response) => {
      const text = response.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, '');
      text.then((whole) => resolve({ status: response.statusCode ?? 0, text: whole }), reject);
    });
    call.on('error', reject).end();
  });
}

async function openConnection(port: number): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

test('with a certificate the door speaks TLS, and cards give https addresses', async (context) => {
  const { gateway } = await openDoor(context);
  assert.match(gateway.url, /^https:/);
  const card = await get(`${gateway.url}/a2a/echo/.well-known/agent-card.json`);
  const { supportedInterfaces } = JSON.parse(card.text) as { supportedInterfaces: { url: string }[] };
  assert.equal(supportedInterfaces[0]?.url, `${gateway.url}/a2a/echo`);
});

test('on this machine plain text goes on, for workers and the command line', async (context) => {
  const { gateway } = await openDoor(context);
  const answer = await fetch(`${gateway.innerUrl}/agents`);
  assert.equal(answer.status, 200);
});

test('a new certificate counts for new connections, and those that are open go on', async (context) => {
  const { gateway, port, renew } = await openDoor(context);
  const before = await openConnection(port);
  assert.match(await ask(before), /200 OK/);
  renew(authority.issue({ commonName: 'renewed' }));
  const after = await openConnection(port);
  assert.deepEqual(
    [before, after].map((socket) => socket.getPeerCertificate().subject.CN),
    ['node', 'renewed'],
  );
  assert.match(await ask(before), /200 OK/);
  assert.match(await ask(after), /200 OK/);
  before.destroy();
  after.destroy();
  assert.equal((await get(`${gateway.url}/health`)).status, 200);
});

test('a certificate of another authority is refused, and who is asked for one may have none', async (context) => {
  const { gateway } = await openDoor(context, { clientCa: authority.cert });
  assert.equal((await get(`${gateway.url}/agents`)).status, 200);
  assert.equal((await get(`${gateway.url}/agents`, authority.issue({ commonName: 'ada' }))).status, 200);
  const stranger = createTestAuthority('Another').issue({ commonName: 'ada' });
  await assert.rejects(get(`${gateway.url}/agents`, stranger), /ECONNRESET|socket hang up|alert/);
});

test('where a certificate is required, nobody else gets through, but workers and operators on this machine', async (context) => {
  const { gateway } = await openDoor(context, { clientCertificates: 'require', clientCa: authority.cert });
  assert.equal((await get(`${gateway.url}/agents`, authority.issue({ commonName: 'ada' }))).status, 200);
  await assert.rejects(get(`${gateway.url}/agents`));
  assert.equal((await fetch(`${gateway.innerUrl}/agents`)).status, 401);
  const headers = { authorization: 'Bearer an-operator-token' };
  assert.equal((await fetch(`${gateway.innerUrl}/agents`, { headers })).status, 200);
});

test('connections that never say anything, or half of a handshake, do not keep the door from closing', async (context) => {
  const { gateway, port } = await openDoor(context);
  const silent = connect(port, '127.0.0.1');
  const half = connect(port, '127.0.0.1');
  await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
  half.write(Buffer.from([22, 3, 1, 0, 200]));
  const idle = await openConnection(port);
  const gone = [silent, half, idle].map((socket) =>
    once(
      socket.on('error', () => {}),
      'close',
    ),
  );
  await gateway.stop(new AbortController().signal);
  await Promise.all(gone);
});

test('what is neither TLS nor HTTP gets an answer or an end, and the door goes on', async (context) => {
  const { gateway, port } = await openDoor(context);
  for (const bytes of ['\u0016\u0003\u0001\u0000\u0005hello', 'hello\r\n\r\n', '\u0000']) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  assert.equal((await get(`${gateway.url}/health`)).status, 200);
});

test('a connection that has not finished its handshake in ten seconds is cut', async (context) => {
  const clock = createManualClock();
  const { port } = await openDoor(context, { clock });
  const silent = connect(port, '127.0.0.1');
  const half = connect(port, '127.0.0.1');
  half.end(Buffer.from([22]));
  const gone = [silent, half].map((socket) => once(socket.on('error', () => {}).resume(), 'close'));
  const done = await openConnection(port);
  await clock.advance(10_000);
  await Promise.all(gone);
  assert.match(await ask(done), /200 OK/);
  done.destroy();
});

test('versions of TLS older than the setting says are refused, and nothing before 1.2 without one', async (context) => {
  const versionOf = async (port: number, version: SecureVersion): Promise<string | undefined> => {
    const versions = { minVersion: version, maxVersion: version };
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert, ciphers: 'ALL:@SECLEVEL=0', ...versions });
    const refused = Promise.withResolvers<undefined>();
    socket.on('error', () => refused.resolve(undefined));
    const settled = await Promise.race([
      once(socket, 'secureConnect').then(() => socket.getProtocol()),
      refused.promise,
    ]);
    socket.destroy();
    return settled ?? undefined;
  };
  const { port: usual } = await openDoor(context);
  assert.equal(await versionOf(usual, 'TLSv1.3'), 'TLSv1.3');
  assert.equal(await versionOf(usual, 'TLSv1.2'), 'TLSv1.2');
  assert.equal(await versionOf(usual, 'TLSv1.1'), undefined);
  const { port: newest } = await openDoor(context, { minVersion: 'TLSv1.3' });
  assert.equal(await versionOf(newest, 'TLSv1.3'), 'TLSv1.3');
  assert.equal(await versionOf(newest, 'TLSv1.2'), undefined);
});
