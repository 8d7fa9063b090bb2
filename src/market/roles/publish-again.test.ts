import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asRecord, request } from '../market.fixture.ts';
import { publishAgainMs } from './publish-again.ts';

const sent = [asRecord(request({ timestamp: 1_000 })), asRecord(request({ timestamp: 9_000 }))];

test('what does not come back is published again after twice the time each, and half a minute at most', () => {
  const times: number[] = [];
  for (let nowMs = 1_000; nowMs < 121_000; ) {
    nowMs += publishAgainMs(sent, nowMs, 2_000) ?? 0;
    times.push((nowMs - 1_000) / 1_000);
  }
  assert.deepEqual(times, [2, 4, 8, 16, 32, 62, 92, 122]);
});

test('while publishing fails it waits for as long as that says; with nothing to publish for nothing', () => {
  assert.equal(publishAgainMs(sent, 2_000, 45_000), 45_000);
  assert.equal(publishAgainMs([], 2_000, 2_000), undefined);
});
