import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../protocol/index.ts';
import { formatParts, readParts } from './read-parts.ts';

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
