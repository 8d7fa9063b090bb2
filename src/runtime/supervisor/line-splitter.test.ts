import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineSplitter, maxLineLength } from './line-splitter.ts';

function split(...chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('a line that is split over chunks, even inside a character, comes once and whole', () => {
  const bytes = Buffer.from('grüße\r\nzweite');
  const chunks = [...bytes].map((byte) => Buffer.from([byte]));
  assert.deepEqual(split(...chunks), ['grüße', 'zweite']);
});

test('empty lines are kept, an empty end is none', () => {
  assert.deepEqual(split(Buffer.from('a\n\nb\n')), ['a', '', 'b']);
});

test('bytes that are not UTF-8 become replacement characters', () => {
  assert.deepEqual(split(Buffer.from([0x61, 0xff, 0x62, 0x0a])), ['a\ufffdb']);
});

test('a line without end costs no more than its limit', () => {
  const [line, next] = split(Buffer.alloc(100_000, 'x'), Buffer.alloc(100_000, 'y'), Buffer.from('\nnext'));
  assert.equal(line, `${'x'.repeat(maxLineLength)}…`);
  assert.equal(next, 'next');
});
