import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { requires } from '../support/requires.ts';
import { deployHealthy, type TestNode, untilDeployment } from '../support/test-node.ts';
import { createAfter, createFolder, writePackage } from './runtime-fixture.ts';
import { SteadyLoad } from './steady-load.ts';
import { createFabric } from './two-nodes.ts';

/** Calls between two restarts. */
const between = 40;

test('with two nodes behind a balancer, stopping and starting each of them fails no call', {
  ...requires('redis'),
  timeout: 180_000,
}, async (t) => {
  const after = createAfter(t);
  const fabric = await createFabric(t);
  const folders = { a: await createFolder(after), b: await createFolder(after) };
  const nodes = {
    a: await fabric.start('a', { dataFolder: folders.a }),
    b: await fabric.start('b', { dataFolder: folders.b }),
  };
  const source = await writePackage(await createFolder(after), 'steady', steadyAgent);
  const deployed = { a: await deployHealthy(nodes.a, { source }), b: await deployHealthy(nodes.b, { source }) };
  const ports = new Set([portOf(nodes.a), portOf(nodes.b)]);
  const load = new SteadyLoad({ url: await startBalancer(t, ports), agents: ['steady'], callers: 4 });
  after(() => load.stop());
  await load.more(between);
  for (const id of ['a', 'b'] as const) {
    const port = portOf(nodes[id]);
    await nodes[id].close();
    ports.delete(port);
    await load.more(between);
    nodes[id] = await fabric.start(id, { dataFolder: folders[id] });
    ports.add(portOf(nodes[id]));
    await untilDeployment(nodes[id], deployed[id].id, ({ status }) => status === 'healthy');
    await load.more(between);
    assert.deepEqual(load.failed, [], `node ${id} failed calls`);
  }
  await load.stop();
  assert.deepEqual(load.failed, []);
  t.diagnostic(`${load.done} calls, ${load.failed.length} failed`);
});

const steadyAgent = {
  'agent.yaml': `
name: steady
version: 1.0.0
runtime: node24
exports: [{ name: work, handler: agent.work }]
`,
  'agent.js': `
import { setTimeout } from 'node:timers/promises';
export async function work() {
  await setTimeout(20);
  return 'version 1';
}
`,
};

function portOf({ url }: TestNode): number {
  return Number(new URL(url).port);
}

/** Hands each connection to one node after the other, and to the next one when it takes none: it knows nothing of HTTP. */
async function startBalancer(t: TestContext, ports: ReadonlySet<number>): Promise<string> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const order = [...ports];
    turn++;
    handOver(socket, [...order.slice(turn % order.length), ...order.slice(0, turn % order.length)]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function handOver(socket: Socket, [port, ...others]: readonly number[]): void {
  if (port === undefined) {
    socket.destroy();
    return;
  }
  const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  upstream.once('connect', () => {
    upstream.off('error', next).on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
    socket.once('close', () => upstream.destroy());
  });
  const next = (): void => handOver(socket, others);
  upstream.once('error', next);
}
