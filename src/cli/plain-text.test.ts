import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainLines, plainText } from './plain-text.ts';
import { formatFields, formatTable } from './table.ts';

const hostile = 'a\u001b[2Jb\u001b]0;title\u0007\r\n\tc\u009bd\u202ee\u007f';

test('foreign text does nothing to the terminal that shows it', () => {
  assert.equal(plainText(hostile), 'a\\u001b[2Jb\\u001b]0;title\\u0007\\r\\n\\tc\\u009bd\\u202ee\\u007f');
  assert.equal(plainLines('one\n\ttwo\u001b[31m\r'), 'one\n\ttwo\\u001b[31m\\r');
  assert.equal(plainText('naïve 日本 🙂'), 'naïve 日本 🙂');
});

test('a cell stays one line of its table, and columns stay where they are', () => {
  const table = formatTable(['A', 'B'], [[hostile, 'x\ny']]);
  assert.equal(table.split('\n').length, 2);
  assert.doesNotMatch(table.replaceAll('\n', ''), /\p{Cc}/u);
});

test('a value among fields may have several lines, and no control characters', () => {
  assert.equal(formatFields([['is', 'one\ntwo\u001b[31m']]), 'is  one\ntwo\\u001b[31m');
});
