import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../base/index.ts';
import { createManualClock } from './manual-clock.ts';

test('what is scheduled runs in the order of its time, not of the calls', async () => {
  const clock = createManualClock(0);
  const seen: string[] = [];
  clock.schedule(20, () => seen.push(`late at ${clock.now()}`));
  clock.schedule(10, () => seen.push(`early at ${clock.now()}`));
  await clock.advance(15);
  assert.deepEqual(seen, ['early at 10']);
  await clock.advance(5);
  assert.deepEqual(seen, ['early at 10', 'late at 20']);
});

test('what is scheduled while time moves runs in the same move when it falls due', async () => {
  const clock = createManualClock(0);
  const seen: number[] = [];
  clock.schedule(10, () => clock.schedule(10, () => seen.push(clock.now())));
  await clock.advance(25);
  assert.deepEqual(seen, [20]);
  assert.equal(clock.now(), 25);
});

test('a call that was called off does not run', async () => {
  const clock = createManualClock();
  const cancel = clock.schedule(1, () => assert.fail('ran'));
  cancel();
  assert.equal(clock.pending, 0);
  await clock.advance(10);
});

test('a sleeper wakes when its time has come', async () => {
  const clock = createManualClock();
  let awake = false;
  const sleeping = sleep(clock, 100).then(() => {
    awake = true;
  });
  await clock.advance(99);
  assert.equal(awake, false);
  await clock.advance(1);
  await sleeping;
  assert.equal(awake, true);
});
