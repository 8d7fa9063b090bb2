import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStopSignals } from './stop-signals.ts';

test('a Ctrl-C that comes twice at once stops in order; one more after a moment is for haste', () => {
  let nowMs = 1_000;
  const { stop, hurry, onSignal } = createStopSignals(() => nowMs);
  assert.deepEqual([stop.aborted, hurry.aborted], [false, false]);
  onSignal();
  nowMs += 5;
  onSignal();
  assert.deepEqual([stop.aborted, hurry.aborted], [true, false]);
  nowMs += 500;
  onSignal();
  assert.equal(hurry.aborted, true);
});
