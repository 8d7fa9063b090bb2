import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPackage } from '../../src/runtime/index.ts';

const folder = new URL('../../examples/wordcount/', import.meta.url).pathname;
const { manifest } = await readPackage({ kind: 'folder', path: folder });
const [program = '', ...args] = manifest.entry.kind === 'program' ? manifest.entry.command : [];

function count(input: object): unknown {
  const { stdout } = spawnSync(program, args, { cwd: folder, input: JSON.stringify(input), encoding: 'utf8' });
  return JSON.parse(stdout);
}

test('lines and words are counted as the text has them, whatever JSON makes of it', () => {
  const texts = [
    'to be or not to be',
    'a\nb "c\\d"\n',
    'back\\nslash',
    'x',
    '',
    ' \n ',
    'ä öü\t"q"\u000b\f naïve',
    'a\r\nb\rc',
  ];
  for (const text of texts) {
    const lines = text.split(/\r\n|\r|\n/);
    const words = text.split(/[ \t\r\n\f\v]+/).filter((word) => word !== '');
    const expected = { lines: lines.length - (lines.at(-1) === '' ? 1 : 0), words: words.length };
    assert.deepEqual(count({ action: 'count', text }), expected, JSON.stringify(text));
  }
});

test('only the text of the call is counted, not a text inside other values', () => {
  const input = {
    meta: { text: 'no no no' },
    list: [{ text: 'no' }],
    note: '"text":"a b c"',
    text: 'one two',
    action: 'count',
  };
  assert.deepEqual(count(input), { lines: 1, words: 2 });
});

test('a call without text is an error that says so', () => {
  for (const input of [{ action: 'count' }, { text: 5 }, { meta: { text: 'x' } }]) {
    assert.deepEqual(count(input), { status: 'error', message: 'There is no text: send some.' });
  }
});

test('words of any text are counted', () => {
  const word = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 }).filter((text) => !/\s/.test(text));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      assert.deepEqual(count({ text: words.join(' ') }), { lines: words.length === 0 ? 0 : 1, words: words.length });
    }),
    { numRuns: 30 },
  );
});
