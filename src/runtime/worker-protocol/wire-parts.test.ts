import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';
import { fromWireParts, toWireParts } from './wire-parts.ts';

test('parts of all kinds survive the way to the wire and back', () => {
  const parts: Part[] = [
    { text: 'hello', metadata: { lang: 'en' } },
    { data: [1, { a: null }] },
    { raw: Uint8Array.of(1, 2), filename: 'a.bin', mediaType: 'application/x-a' },
    { url: 'https://example.com/a.csv', filename: 'a.csv' },
    { raw: Uint8Array.of(), metadata: { empty: true } },
  ];
  const wire = toWireParts(parts);
  assert.deepEqual(fromWireParts(wire.parts, wire.files), parts);
});

test('bytes go to the wire without a copy', () => {
  const raw = Uint8Array.of(1, 2, 3);
  assert.equal(toWireParts([{ raw }]).files[0], raw);
});

test('small bytes of a journal go to the wire as bytes', () => {
  const { parts, files } = toWireParts([{ base64: 'AQID', filename: 'a' }]);
  assert.deepEqual(parts, [{ bytes: 3, filename: 'a' }]);
  assert.deepEqual([...(files[0] ?? [])], [1, 2, 3]);
});

test('a blob must be read before its part goes to a worker', () => {
  assert.throws(
    () => toWireParts([{ blob: { sha256: 'ab', size: 1 } }]),
    (error) => hasCode(error, 'INTERNAL'),
  );
});

test('parts and files that do not fit are a breach of the protocol', () => {
  const breach = (error: unknown): boolean => hasCode(error, 'WORKER_PROTOCOL');
  assert.throws(() => fromWireParts([{ bytes: 1 }], []), breach);
  assert.throws(() => fromWireParts([{ bytes: 1 }], [Uint8Array.of(1, 2)]), breach);
  assert.throws(() => fromWireParts([], [Uint8Array.of(1)]), breach);
});
