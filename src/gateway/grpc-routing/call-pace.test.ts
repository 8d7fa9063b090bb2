import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CallPace } from './call-pace.ts';

test('calls that come at once begin in their order, a few in each turn, and one that comes later does not overtake them', async () => {
  const pace = new CallPace();
  const begun: number[] = [];
  const take = (id: number): void => pace.take({ begin: () => begun.push(id) });
  for (const id of [1, 2, 3, 4, 5]) take(id);
  assert.deepEqual(begun, [1, 2]);
  await nextTurn();
  assert.deepEqual(begun, [1, 2, 3, 4]);
  take(6);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6]);
});

test('a call that comes alone begins at once, also after others', async () => {
  const pace = new CallPace();
  for (let turn = 0; turn < 3; turn++) {
    let hasBegun = false;
    pace.take({
      begin: () => {
        hasBegun = true;
      },
    });
    assert.equal(hasBegun, true);
    await nextTurn();
    await nextTurn();
  }
});
