import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';

async function* bytesOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 1_000, limit?: number): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(bytesOf(text, size), limit)) events.push(event);
  return events;
}

const stream =
  ': hello\nid: 1\ndata: a\ndata: ü\n\nevent: done\ndata:{"x":1}\r\n\r\nid: 2\rdata:  b\r\rid: 3\n\ndata: last\n\ndata: cut';
const expected = [
  { event: 'message', data: 'a\nü', id: '1' },
  { event: 'done', data: '{"x":1}', id: '1' },
  { event: 'message', data: ' b', id: '2' },
  { event: 'message', data: 'last', id: '3' },
];

test('events are the same wherever the network cuts the bytes', async () => {
  for (const size of [1, 2, 3, 7, 1_000]) assert.deepEqual(await read(stream, size), expected, `chunks of ${size}`);
});

test('an event over the limit ends the stream with an error, in one line or in many', async () => {
  await assert.rejects(read(`data: ${'x'.repeat(200)}\n\n`, 10, 100), { code: 'PAYLOAD_TOO_LARGE' });
  await assert.rejects(read('data: xxxxxxxxxx\n'.repeat(20), 10, 100), { code: 'PAYLOAD_TOO_LARGE' });
});
