import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../port.ts';
import { type Delivery, PartitionWindow } from './partition-window.ts';

const roomy = { records: 100, bytes: 1_000_000 };

function record(offset: number, key?: string, bytes: number = 1): LogRecord {
  return { topic: 't', partition: 0, offset, key, value: new Uint8Array(bytes), headers: {}, timestampMs: 0 };
}

function done(offset: number): Delivery {
  return { record: record(offset), attempt: 1, isRedriven: false };
}

function takeAll(window: PartitionWindow): readonly number[] {
  const offsets: number[] = [];
  for (let next = window.take(); next !== undefined; next = window.take()) offsets.push(next.record.offset);
  return offsets;
}

test('records of one key are handed out one after the other, other keys meanwhile', () => {
  const window = new PartitionWindow(roomy);
  window.offer([record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, 'a')]);
  assert.deepEqual(takeAll(window), [0, 2]);
  window.finish(done(0));
  assert.deepEqual(takeAll(window), [1]);
  window.finish(done(1));
  assert.deepEqual(takeAll(window), [3]);
});

test('a record that is offered again is handled once, and those behind it are not held up', () => {
  const window = new PartitionWindow(roomy);
  window.offer([record(0, 'a'), record(1, 'a')]);
  window.offer([record(1, 'a'), record(2, 'a')]);
  const handled: number[] = [];
  for (let next = window.take(); next !== undefined; next = window.take()) {
    handled.push(next.record.offset);
    window.finish(next);
  }
  assert.deepEqual(handled, [0, 1, 2]);
  assert.equal(window.position, 3);
});

test('records without a key wait for nobody', () => {
  const window = new PartitionWindow(roomy);
  window.offer([record(0), record(1), record(2)]);
  assert.deepEqual(takeAll(window), [0, 1, 2]);
});

test('while a record waits for its next attempt only its key waits', () => {
  const window = new PartitionWindow(roomy);
  window.offer([record(0, 'a'), record(1, 'b'), record(2, 'a'), record(3, 'b')]);
  assert.deepEqual(takeAll(window), [0, 1]);
  window.finish(done(1));
  assert.deepEqual(takeAll(window), [3]);
  window.retry(done(0));
  assert.deepEqual(window.take(), { record: record(0, 'a'), attempt: 2, isRedriven: false });
  assert.deepEqual(takeAll(window), []);
});

test('the position is the lowest offset that is not finished, whatever is finished behind it', () => {
  const window = new PartitionWindow(roomy);
  assert.equal(window.position, undefined);
  window.offer([record(5, 'a'), record(7, 'b'), record(9, 'c')]);
  takeAll(window);
  window.finish(done(9));
  window.finish(done(7));
  assert.equal(window.position, 5);
  window.finish(done(5));
  assert.equal(window.position, 10);
});

test('the window is full at its bound of records or of bytes, and no longer when one is finished', () => {
  const window = new PartitionWindow({ records: 2, bytes: 10 });
  window.offer([record(0), record(1)]);
  assert.equal(window.isFull, true);
  window.finish(done(1));
  assert.equal(window.isFull, false);
  window.offer([record(2, undefined, 9)]);
  window.finish(done(0));
  assert.equal(window.isFull, false);
  window.offer([record(3, undefined, 1)]);
  window.finish(done(3));
  assert.equal(window.size, 1);
});

test('a key of which all is finished begins anew', () => {
  const window = new PartitionWindow(roomy);
  window.offer([record(0, 'a')]);
  takeAll(window);
  window.finish(done(0));
  window.offer([record(1, 'a')]);
  assert.deepEqual(takeAll(window), [1]);
});

test('a record that comes again waits for its key, and moves neither the position nor the bound', () => {
  const window = new PartitionWindow({ records: 1, bytes: 1_000 });
  window.offer([record(7, 'a')]);
  assert.equal(window.redrive(record(3, 'a')), true);
  assert.equal(window.redrive(record(3, 'a')), false);
  assert.deepEqual(takeAll(window), [7]);
  window.finish(done(7));
  assert.deepEqual([window.position, window.isFull], [8, false]);
  const again = window.take();
  assert.deepEqual(again, { record: record(3, 'a'), attempt: 1, isRedriven: true });
  window.offer([record(8, 'a')]);
  assert.deepEqual([takeAll(window), window.position], [[], 8]);
  if (again !== undefined) window.finish(again);
  assert.deepEqual(takeAll(window), [8]);
});
