import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import type { JsonObject } from '../../src/base/index.ts';
import { type CardKey, verifyCard } from '../../src/protocol/index.ts';
import { requires } from '../support/requires.ts';
import type { TestNode } from '../support/test-node.ts';
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

test(
  'nodes that start at once sign cards and webhooks with the same keys, which the store keeps sealed',
  options,
  async (t) => {
    const fabric = await createFabric(t);
    const nodes = await Promise.all([fabric.start('a'), fabric.start('b')]);
    const [ofA, ofB] = await Promise.all(nodes.map(readKeys));
    assert.equal(ofA?.length, 2);
    assert.deepEqual(ofB, ofA);
    for (const node of nodes) {
      const card = (await (await fetch(`${node.url}/.well-known/agent-card.json`)).json()) as JsonObject;
      assert.ok(ofA.some(({ kid }) => kid === verifyCard(card, ofA).kid));
    }
    const documents = await readDocuments(fabric.redis.url);
    assert.match(documents, /card-signing/);
    assert.doesNotMatch(documents, /PRIVATE KEY/);
  },
);

async function readKeys({ url }: TestNode): Promise<readonly CardKey[]> {
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    readonly keys: readonly CardKey[];
  };
  return keys;
}

/** All documents in Redis. */
async function readDocuments(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const hashes = await Promise.all(
      keys.map(async (key) => ((await redis.type(key)) === 'hash' ? redis.hgetall(key) : {})),
    );
    return JSON.stringify(hashes);
  } finally {
    redis.disconnect();
  }
}

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
