import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createFabric } from './two-nodes.ts';

const options = { ...requires('redis'), timeout: 60_000 };

test('two nodes that start at once on an empty store see each other, and a stopped one leaves', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  for (const node of [a, b]) {
    await waitUntil('both nodes are listed', async () => (await node.client.node.list()).length === 2);
    const nodes = await node.client.node.list();
    assert.deepEqual(
      nodes.map(({ id, state }) => [id, state]),
      [
        ['a', 'up'],
        ['b', 'up'],
      ],
    );
  }
  process.kill(a.pid, 'SIGTERM');
  await waitUntil('the stopped node is gone', async () => (await b.client.node.list()).every(({ id }) => id !== 'a'));
});

test('a node with another key is refused at start, and told why', options, async (t) => {
  const fabric = await createFabric(t);
  await fabric.start('a');
  await assert.rejects(fabric.start('b', { fabricKey: 'another-key-that-is-long-enough-too' }), /have another key/);
});

test('the inner address answers nobody who has not the key', options, async (t) => {
  const fabric = await createFabric(t);
  const a = await fabric.start('a');
  const [self] = await a.client.node.list();
  for (const path of ['/invoke', '/answer', '/cancel', '/order']) {
    for (const token of [undefined, 'pn1.e30.AAAA']) {
      const headers = { 'content-type': 'application/json', ...(token && { 'x-parley-node-call': token }) };
      const answer = await fetch(`http://${self?.address}${path}`, { method: 'POST', headers, body: '{}' });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('x-parley-node-answer'), null);
    }
  }
  assert.equal((await fetch(`http://${self?.address}/health`)).status, 404);
});
