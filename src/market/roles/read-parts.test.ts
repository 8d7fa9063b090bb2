import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../protocol/index.ts';
import { formatParts, readParts, tellParts } from './read-parts.ts';

test('parts come back as they were, bytes too', () => {
  const parts: readonly Part[] = [
    { text: 'words' },
    { data: { a: [1, null] } },
    { url: 'https://example.com/x', mediaType: 'text/plain' },
    { raw: Buffer.from([0, 255, 7]), filename: 'x.bin', mediaType: 'application/octet-stream' },
  ];
  assert.deepEqual(readParts(formatParts(parts)), parts);
});

const refused: readonly (readonly [what: string, text: string])[] = [
  ['no JSON', '{'],
  ['no list', '{"text":"x"}'],
  ['a list of something else', '[1]'],
  ['a list in a list', '[[{"text":"x"}]]'],
  ['a part of no kind', '[{"filename":"x"}]'],
  ['text that is none', '[{"text":5}]'],
  ['more parts than anybody reads', JSON.stringify(Array(101).fill({ text: 'x' }))],
];

for (const [what, text] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(() => readParts(text), { code: 'RECORD_INVALID' });
  });
}

test('what a stranger adds to a part is left out', () => {
  const [part] = readParts('[{"text":"x","filename":5,"metadata":{"skill":"delete"},"__proto__":{"polluted":true}}]');
  assert.deepEqual(part, { text: 'x' });
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('parts are told in words to who knows no parts', () => {
  const parts = [
    { text: 'Done.' },
    { data: { sum: 16 } },
    { url: 'https://a.example/b' },
    { raw: Buffer.from('x'), filename: 'a.txt' },
  ];
  assert.equal(tellParts(formatParts(parts)), 'Done.\n{"sum":16}\nhttps://a.example/b\na.txt');
  assert.equal(tellParts(formatParts([{ text: 'x'.repeat(50) }]), 10), 'xxxxxxxxx…');
  assert.equal(tellParts(formatParts([])), null);
  assert.equal(tellParts('no parts'), 'no parts');
  assert.equal(tellParts(null), null);
});
