import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeShards } from './merge-shards.ts';

const lists: readonly (readonly string[])[] = [['a', 'd', 'e', 'f', 'g'], [], ['b'], ['c', 'h']];

for (const batch of [1, 2, 3, 100]) {
  test(`all members come in one order, ${batch} of a shard at a time`, async () => {
    const seen: string[] = [];
    const fetch = async (shard: number, last: string | undefined, count: number): Promise<readonly string[]> => {
      const behind = (lists[shard] ?? []).filter((member) => last === undefined || member > last);
      return behind.slice(0, count);
    };
    const compare = (left: string, right: string): number => (left < right ? -1 : 1);
    for await (const { shard, member } of mergeShards({ shards: [0, 1, 2, 3], fetch, compare, batch })) {
      assert.ok(lists[shard]?.includes(member));
      seen.push(member);
    }
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });
}
