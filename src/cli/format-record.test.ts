import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRecord } from './format-record.ts';

const place = { partition: 1, offset: 7, timestampMs: 0 };

test('a record is a line about it, and what it holds', () => {
  const shown = formatRecord({ ...place, key: 'k', headers: { a: 'b' }, value: { n: 1 } });
  assert.match(shown, /^.{19} {2}1:7 {2}k {2}a=b\n {2}\{"n":1\}$/);
  assert.match(formatRecord({ ...place, headers: {} }), / {2}-\n {2}\(no value\)$/);
});

test('bytes that could not be decoded are shown with the reason', () => {
  const shown = formatRecord({ ...place, headers: {}, base64: 'AAE=', notDecoded: 'The registry is away.' });
  assert.match(shown, /\n {2}base64:AAE=\n {2}not decoded: The registry is away\.$/);
});

test('whoever wrote a record, it does nothing to the terminal that shows it', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J';
  for (const content of [{ text: hostile }, { value: hostile }, { value: { [hostile]: '\u009b2J' } }]) {
    const shown = formatRecord({ ...place, key: `k\n${hostile}`, headers: { [hostile]: `\r${hostile}` }, ...content });
    assert.equal(shown.split('\n').length, 2);
    assert.doesNotMatch(shown.replaceAll('\n', ''), /\p{Cc}/u);
  }
});
