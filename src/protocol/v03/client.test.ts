import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Codec } from '../codec.ts';
import type { Message, StreamItem } from '../model.ts';
import { v03Client, v03RestClient } from './client.ts';
import { v03Codec, v03RestCodec } from './codec.ts';

const message: Message = {
  messageId: 'm',
  role: 'agent',
  parts: [
    { text: 'hi' },
    { data: [1, 2] },
    { raw: Buffer.from('x'), filename: 'x.bin' },
    { url: 'https://a.example/x' },
  ],
};
const status = { state: 'input-required', message, timestamp: '2026-01-01T00:00:00.000Z' } as const;
const ids = { taskId: 't', contextId: 'c' };
const artifact = { artifactId: 'a', parts: [{ text: 'part' }] };
const items: readonly StreamItem[] = [
  { kind: 'message', message },
  { kind: 'task', task: { id: 't', contextId: 'c', status, artifacts: [artifact], history: [message] } },
  { kind: 'status', update: { ...ids, status } },
  { kind: 'status', update: { ...ids, status: { state: 'canceled', timestamp: '' } } },
  { kind: 'artifact', update: { ...ids, artifact, append: true, lastChunk: true } },
];

for (const [name, server, client] of [
  ['JSON-RPC', v03Codec, v03Client],
  ['HTTP+JSON', v03RestCodec, v03RestClient],
] as const) {
  test(`what a server of 0.3 answers by ${name}, a client reads as it was meant`, () => {
    for (const item of items) {
      const wire: unknown = JSON.parse(JSON.stringify(server.encodeStreamItem(item)));
      assert.deepEqual(client.decodeStreamItem(wire), item);
    }
  });

  test(`what a client of 0.3 sends by ${name}, a server reads as it was meant`, () => {
    const { sent, read } = sendOver(server, client);
    assert.deepEqual(read, sent);
  });
}

function sendOver(server: Codec, client: typeof v03Client): { sent: unknown; read: unknown } {
  const sent = { message: { ...message, role: 'user' as const }, configuration: { returnImmediately: true } };
  return { sent, read: server.decodeSend(JSON.parse(JSON.stringify(client.encodeSend(sent)))) };
}

test('a server of 0.2 that does not say what it sends is understood, and what is nothing at all is refused', () => {
  const bare = { id: 't', contextId: 'c', status: { state: 'unknown' } };
  const item = v03Client.decodeStreamItem(bare);
  assert.equal(item.kind === 'task' && item.task.status.state, 'working');
  assert.throws(() => v03Client.decodeStreamItem({ hello: 1 }), { code: 'INVALID_AGENT_RESPONSE' });
});
