import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { applyEdits } from './apply-edits.ts';

const code = 'a = 1\nb = 2\r\nc = 3';

test('lines are replaced by number, a new one may be several or empty', () => {
  const edits = [
    { lineNumber: 3, oldLine: 'c = 3', newLine: 'c = 4\nd = 5' },
    { lineNumber: 1, oldLine: 'a = 1\n', newLine: '' },
  ];
  assert.equal(applyEdits(code, edits), '\nb = 2\nc = 4\nd = 5');
  assert.equal(applyEdits('x', []), 'x');
});

for (const [what, edits, message] of [
  ['a line that holds something else', [[2, 'b = 3', '']], /line 2 holds "b = 2", but old_line says "b = 3"/],
  ['a line behind the end', [[4, '', '']], /line 4 does not exist: the code has 3 lines/],
  ['line 0', [[0, '', '']], /line 0 does not exist/],
  [
    'a line that two edits name',
    [
      [1, 'a = 1', 'x'],
      [1, 'a = 1', 'y'],
    ],
    /line 1 is named by two edits/,
  ],
] as const) {
  test(`an edit of ${what} is refused, and says which line it is`, () => {
    const asked = edits.map(([lineNumber, oldLine, newLine]) => ({ lineNumber, oldLine, newLine }));
    assert.throws(
      () => applyEdits(code, asked),
      (thrown) => hasCode(thrown, 'INVALID_PARAMS') && message.test(thrown.message),
    );
  });
}
