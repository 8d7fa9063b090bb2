import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/index.ts';
import { formatSseComment, formatSseEvent, type SseEvent } from './sse.ts';
import { createSseParser } from './sse-parser.ts';

function parseAll(chunks: readonly (string | Uint8Array)[]): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = createSseParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

test('an event has a line for each field that it has', () => {
  assert.equal(formatSseEvent({ data: '{"a":1}' }), 'data: {"a":1}\n\n');
  assert.equal(
    formatSseEvent({ id: '7', event: 'error', data: 'a\nb\r\nc' }),
    'id: 7\nevent: error\ndata: a\ndata: b\ndata: c\n\n',
  );
  assert.equal(formatSseComment('ping'), ': ping\n\n');
  assert.equal(formatSseComment('a\nb'), ': a\n: b\n\n');
});

test('an id or type that would break out of its line is refused', () => {
  for (const event of [
    { id: 'a\nb', data: '' },
    { event: 'a\rb', data: '' },
  ]) {
    assert.throws(
      () => formatSseEvent(event),
      (thrown) => hasCode(thrown, 'INTERNAL'),
    );
  }
});

test('events are read with every line break, without comments and without events that have no data', () => {
  const stream =
    '\uFEFF: hello\n\nid: 1\r\nevent: x\r\ndata: a\r\ndata:b\r\n\r\nevent: lost\n\ndata\r\rretry: 5\ndata:  c\nnonsense\n\n';
  assert.deepEqual(parseAll([new TextEncoder().encode(stream)]), [
    { id: '1', event: 'x', data: 'a\nb' },
    { id: '1', data: '' },
    { id: '1', data: ' c' },
  ]);
});

test('an event that the stream cut off is not reported', () => {
  assert.deepEqual(parseAll(['data: whole\n\n', 'data: half\n']), [{ data: 'whole' }]);
});

test('what is formatted is parsed to the same, wherever the bytes are cut', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n\0]/.test(text));
  const event = fc.record({ id: line, event: line, data: fc.string({ unit: 'grapheme' }) });
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat()), (events, cuts) => {
      const bytes = new TextEncoder().encode(
        events.map((item) => formatSseEvent(item) + formatSseComment('x')).join(''),
      );
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const expected = events.map((item) => ({ ...item, data: item.data.replace(/\r\n|\r/g, '\n') }));
      assert.deepEqual(parseAll(chunks), expected);
    }),
  );
});

test('an event over the limit ends the stream, in one line or in many', () => {
  const lines = createSseParser(() => {}, 100);
  const tooLong = (thrown: unknown): boolean => hasCode(thrown, 'INVALID_AGENT_RESPONSE');
  assert.throws(() => lines.push('x'.repeat(101)), tooLong);
  const parts = createSseParser(() => {}, 100);
  assert.throws(() => {
    for (let index = 0; index < 20; index++) parts.push('data: 12345678\n');
  }, tooLong);
});
