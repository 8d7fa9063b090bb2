import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { hasCode } from '../../base/index.ts';
import { createFrontDoorServices } from '../../testing/index.ts';
import { checkCaller } from './caller-check.ts';
import { createPeerUsers, type PeerUsers } from './peer-users.ts';

const { authenticator, operatorToken, workerToken } = createFrontDoorServices();
const needsTable = { skip: existsSync('/proc/net/tcp') ? false : 'needs the table of connections that Linux has' };
const me = process.getuid?.() ?? -1;

/** A real connection, as the server's end sees it. */
async function withConnection(
  host: string,
  run: (peer: string, peerUsers: PeerUsers, end: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, host);
  const [accepted] = await once(server, 'connection');
  try {
    const peerUsers = createPeerUsers();
    peerUsers.add(accepted);
    const end = (): Promise<unknown> => {
      const closed = once(accepted, 'close');
      accepted.destroy();
      return closed;
    };
    await run(`${accepted.remoteAddress}:${accepted.remotePort}`, peerUsers, end);
  } finally {
    socket.destroy();
    server.close();
  }
}

const withToken = (token: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

for (const host of ['127.0.0.1', '::1']) {
  test(`the user at the other end of a connection to ${host} is known`, needsTable, async () => {
    await withConnection(host, async (peer, peerUsers, end) => {
      assert.deepEqual(await peerUsers.find(peer), [me]);
      assert.deepEqual(await peerUsers.find(`${peer}0`), []);
      await end();
      assert.deepEqual(await peerUsers.find(peer), []);
    });
  });
}

test('without a credential only processes of the users that are named get in', needsTable, async () => {
  await withConnection('127.0.0.1', async (peer, peerUsers) => {
    const call = { metadata: new Metadata(), peer };
    const options = { endpointId: 'echo-1', peerUsers, authenticator };
    await checkCaller(call, { ...options, users: [me + 1, me] });
    const stranger = checkCaller(call, { ...options, users: [me + 1] });
    await assert.rejects(stranger, (thrown) => hasCode(thrown, 'UNAUTHENTICATED'));
    const unknown = checkCaller({ ...call, peer: 'unknown' }, { ...options, users: [me] });
    await assert.rejects(unknown, (thrown) => hasCode(thrown, 'UNAUTHENTICATED'));
  });
});

test('a credential lets in the deployment itself and the operator, and no other', async () => {
  const options = { endpointId: 'echo-1', peerUsers: createPeerUsers(), users: [], authenticator };
  const call = (token: string) => ({ metadata: withToken(token), peer: '127.0.0.1:2' });
  await checkCaller(call(operatorToken), options);
  await checkCaller(call(workerToken), options);
  const foreign = checkCaller(call(workerToken), { ...options, endpointId: 'other-1' });
  await assert.rejects(foreign, (thrown) => hasCode(thrown, 'PERMISSION_DENIED'));
  await assert.rejects(checkCaller(call('guess'), options), (thrown) => hasCode(thrown, 'UNAUTHENTICATED'));
});
