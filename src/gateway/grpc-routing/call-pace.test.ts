import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CallPace } from './call-pace.ts';

test('calls that come at once begin in their order, a few in each turn, and one that comes later does not overtake them', async () => {
  const pace = new CallPace();
  const begun: number[] = [];
  const take = (id: number): void => pace.take({ isOver: false, begin: () => begun.push(id) });
  const ids = Array.from({ length: 9 }, (_, index) => index + 1);
  for (const id of ids) take(id);
  assert.deepEqual(begun, ids.slice(0, 4));
  await nextTurn();
  assert.deepEqual(begun, ids.slice(0, 8));
  take(10);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(begun, [...ids, 10]);
});

test('a call that comes alone begins at once, also after others', async () => {
  const pace = new CallPace();
  for (let turn = 0; turn < 3; turn++) {
    let hasBegun = false;
    pace.take({
      isOver: false,
      begin: () => {
        hasBegun = true;
      },
    });
    assert.equal(hasBegun, true);
    await nextTurn();
    await nextTurn();
  }
});

test('calls that end while they wait are dropped, and hold up nobody behind them', async () => {
  const pace = new CallPace();
  const begun: number[] = [];
  const over = new Set<number>();
  const take = (id: number): void =>
    pace.take({
      get isOver() {
        return over.has(id);
      },
      begin: () => begun.push(id),
    });
  for (let id = 1; id <= 1_000; id++) take(id);
  for (let id = 5; id < 1_000; id++) over.add(id);
  await nextTurn();
  assert.deepEqual(begun, [1, 2, 3, 4, 1_000]);
});
