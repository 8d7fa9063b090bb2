import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NegotiationPageView } from '../../control/index.ts';
import { listNegotiations } from './list-negotiations.ts';

/** A node with so many negotiations, whose ids are their numbers. */
function nodeWith(count: number, asked: number[] = []) {
  const list = async ({ limit, cursor = '0' }: { limit: number; cursor?: string | undefined }) => {
    asked.push(limit);
    const from = Number(cursor);
    const to = Math.min(count, from + limit);
    const negotiations = Array.from({ length: to - from }, (_, index) => ({ taskId: String(from + index) }));
    return { negotiations, ...(to < count && { cursor: String(to) }) } as unknown as NegotiationPageView;
  };
  return { market: { list } };
}

test('as many negotiations are listed as were asked for, however few a node gives at once', async () => {
  const asked: number[] = [];
  const { negotiations, cursor } = await listNegotiations(nodeWith(1_000, asked), {}, 450);
  assert.deepEqual(
    negotiations.map(({ taskId }) => taskId),
    Array.from({ length: 450 }, (_, index) => String(index)),
  );
  assert.deepEqual([asked, cursor], [[200, 200, 50], '450']);
});

test('the list ends where there are no more', async () => {
  const all = await listNegotiations(nodeWith(3), {}, 1_000);
  assert.deepEqual([all.negotiations.length, all.cursor], [3, undefined]);
});
