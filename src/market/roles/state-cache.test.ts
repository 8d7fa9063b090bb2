import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLog, request } from '../market.fixture.ts';
import { grow, loadNegotiation, type NegotiationState } from './negotiation-journal.ts';
import { StateCache } from './state-cache.ts';

async function stateOf(taskId: string, inputLength: number): Promise<NegotiationState> {
  const [record] = inLog([request({ taskId, input: 'x'.repeat(inputLength) })]);
  assert.ok(record);
  return grow(await loadNegotiation({ read: async () => [] }, taskId), [{ type: 'record', record }]);
}

test('what was used longest ago goes when the rest is too heavy', async () => {
  const cache = new StateCache(10_000);
  for (const id of ['a', 'b', 'c']) cache.set(await stateOf(id, 2_000));
  cache.get('a');
  cache.set(await stateOf('d', 2_000));
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((id) => cache.get(id)?.taskId),
    ['a', undefined, 'c', 'd'],
  );
});

test('one that is too heavy alone is not kept, and puts nobody else out', async () => {
  const cache = new StateCache(10_000);
  cache.set(await stateOf('small', 10));
  cache.set(await stateOf('large', 20_000));
  assert.deepEqual([cache.get('small')?.taskId, cache.get('large')], ['small', undefined]);
});

test('a negotiation that grows is weighed anew, and one that is let go weighs nothing', async () => {
  const cache = new StateCache(10_000);
  for (let n = 0; n < 50; n++) cache.set(await stateOf('a', 5_000));
  cache.set(await stateOf('b', 2_000));
  assert.equal(cache.size, 2);
  cache.delete('a');
  cache.delete('a');
  cache.set(await stateOf('c', 6_000));
  assert.equal(cache.size, 2);
});
