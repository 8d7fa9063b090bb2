import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignPartitions } from './assign-partitions.ts';

const seat = (id: string, ...topics: readonly string[]): { id: string; topics: readonly string[] } => ({ id, topics });

test('every partition has exactly one owner, and the shares differ by one at most', () => {
  const assigned = assignPartitions(
    [seat('b', 't', 'u'), seat('a', 't', 'u'), seat('c', 't', 'u')],
    new Map([
      ['t', 7],
      ['u', 4],
    ]),
  );
  const all = [...assigned.values()].flat().map(({ topic, partition }) => `${topic}${partition}`);
  assert.equal(all.length, 11);
  assert.equal(new Set(all).size, 11);
  const shares = [...assigned.values()].map(({ length }) => length);
  assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
});

test('the order in which members are listed changes nothing', () => {
  const counts = new Map([['t', 3]]);
  const one = assignPartitions([seat('a', 't'), seat('b', 't')], counts);
  const other = assignPartitions([seat('b', 't'), seat('a', 't')], counts);
  assert.deepEqual(one.get('a'), other.get('a'));
});

test('a topic goes only to members that want it', () => {
  const assigned = assignPartitions(
    [seat('a', 't'), seat('b', 'u')],
    new Map([
      ['t', 2],
      ['u', 1],
    ]),
  );
  assert.deepEqual(assigned.get('b'), [{ topic: 'u', partition: 0 }]);
  assert.equal(assigned.get('a')?.length, 2);
});
