import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedQueue } from './queue.ts';

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

test('items come out in the order in which they went in', async () => {
  const queue = new BoundedQueue<number>();
  for (let item = 0; item < 5; item++) queue.push(item);
  queue.end();
  assert.deepEqual(await drain(queue), [0, 1, 2, 3, 4]);
});

test('a full queue refuses, and takes again when there is room', async () => {
  const queue = new BoundedQueue<number>(2);
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
  assert.equal(queue.size, 2);
  const reader = queue[Symbol.asyncIterator]();
  assert.deepEqual(await reader.next(), { done: false, value: 1 });
  assert.equal(queue.push(4), true);
  queue.end();
  assert.deepEqual(await drain(queue), [2, 4]);
});

test('a waiting reader gets what comes later', async () => {
  const queue = new BoundedQueue<string>();
  const reader = queue[Symbol.asyncIterator]();
  const waiting = reader.next();
  queue.push('late');
  assert.deepEqual(await waiting, { done: false, value: 'late' });
});

test('after the end nothing is taken, and what was queued still comes out', async () => {
  const queue = new BoundedQueue<number>();
  queue.push(1);
  queue.end();
  assert.equal(queue.push(2), false);
  assert.deepEqual(await drain(queue), [1]);
});

test('a failure is thrown after what was queued before it, and a second end changes nothing', async () => {
  const queue = new BoundedQueue<number>();
  queue.push(1);
  queue.end(new Error('source broke'));
  queue.end();
  const reader = queue[Symbol.asyncIterator]();
  assert.deepEqual(await reader.next(), { done: false, value: 1 });
  await assert.rejects(reader.next(), /source broke/);
});

test('a waiting reader is woken by the end', async () => {
  const queue = new BoundedQueue<number>();
  const waiting = queue[Symbol.asyncIterator]().next();
  queue.end();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});
