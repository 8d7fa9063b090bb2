import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecuteAction } from '../decide/decision.ts';
import { AwardQueue, type WaitingAward } from './award-queue.ts';

const byPriority = (action: ExecuteAction): number => -action.priority;

function waiting(taskId: string, priority: number, ...candidates: readonly string[]): WaitingAward {
  const action: ExecuteAction = {
    ...{ kind: 'execute', taskId, fence: 1, idempotencyKey: taskId, providerId: 'p', description: '' },
    ...{ input: null, priority, deadline: null, sinceMs: 0 },
  };
  return { action, candidates: new Set(candidates) };
}

const queueOf = (...awards: readonly WaitingAward[]): AwardQueue => {
  const queue = new AwardQueue(byPriority);
  for (const award of awards) queue.put(award);
  return queue;
};

const take = (queue: AwardQueue, free: Readonly<Record<string, number>>): string | undefined => {
  const match = queue.take(
    Object.entries(free).map(([agentId, places]) => ({ agentId, free: places })),
    0,
  );
  return match && `${match.award.action.taskId} ${match.agentId}`;
};

test('what ranks first goes first, to who has most room', () => {
  const queue = queueOf(waiting('low', 1, 'a', 'b'), waiting('high', 5, 'a', 'b'));
  assert.deepEqual(
    [take(queue, { a: 1, b: 3 }), take(queue, { a: 1, b: 2 }), take(queue, { a: 1 })],
    ['high b', 'low b', undefined],
  );
});

test('an award that nobody free may do lets others go first', () => {
  const queue = queueOf(waiting('only-a', 9, 'a'), waiting('any', 1, 'a', 'b'));
  assert.equal(take(queue, { a: 0, b: 1 }), 'any b');
  assert.equal(take(queue, { a: 0, b: 1 }), undefined);
  assert.equal(take(queue, { a: 1, b: 1 }), 'only-a a');
});

test('executors with the same room take turns', () => {
  const queue = queueOf(...['1', '2', '3', '4'].map((id) => waiting(id, 1, 'a', 'b')));
  const turns = [1, 2, 3, 4].map(() => take(queue, { a: 1, b: 1 })?.slice(-1));
  assert.deepEqual(turns, ['a', 'b', 'a', 'b']);
});

test('the same task waits once, and what is removed is not taken', () => {
  const queue = queueOf(waiting('t', 1, 'a'), waiting('t', 1, 'b'), waiting('u', 1, 'a'));
  assert.deepEqual([queue.size, queue.sizeFor('a'), queue.sizeFor('b')], [2, 1, 1]);
  queue.remove('u');
  assert.deepEqual([take(queue, { a: 5 }), take(queue, { b: 5 }), queue.size], [undefined, 't b', 0]);
});
