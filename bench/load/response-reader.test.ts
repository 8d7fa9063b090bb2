import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEvents, type Response, ResponseReader } from './response-reader.ts';

const answers = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"a":"b\\n"}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\na\r\ndata: bc\n\n\r\n0\r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
];

function readInPieces(size: number): readonly (readonly [number, string])[] {
  const seen: Response[] = [];
  const reader = new ResponseReader((response) => seen.push(response));
  const bytes = Buffer.from(answers.join(''));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return seen.map(({ status, body }) => [status, body.toString()] as const);
}

test('answers are read exactly, wherever the network cuts them', () => {
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    assert.deepEqual(
      readInPieces(size),
      [
        [200, '{"a":"b\\n"}'],
        [200, 'data: a\n\ndata: bc\n\n'],
        [404, ''],
      ],
      `pieces of ${size}`,
    );
  }
});

test('events are counted where a line begins, not where the word stands in a text', () => {
  assert.equal(countEvents(Buffer.from('id: 1\ndata: {"text":"no data: here"}\n\ndata: {}\n\n')), 2);
});
