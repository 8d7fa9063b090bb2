import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurnWriter, type TurnWriter } from './turn-writer.ts';

interface Bench {
  readonly writer: TurnWriter;
  readonly batches: string[];
  readonly endTurn: () => void;
}

function createBench(maxBatchBytes: number): Bench {
  const batches: string[] = [];
  const tasks: (() => void)[] = [];
  const writer = createTurnWriter({
    write: (batch) => batches.push(batch.toString()),
    maxBatchBytes,
    atEndOfTurn: (task) => tasks.push(task),
  });
  const endTurn = (): void => {
    for (const task of tasks.splice(0)) task();
  };
  return { writer, batches, endTurn };
}

test('the frames of one turn leave in one write, in order', () => {
  const { writer, batches, endTurn } = createBench(100);
  for (const text of ['a', 'b', 'c']) writer.write(Buffer.from(text));
  assert.deepEqual(batches, []);
  endTurn();
  writer.write(Buffer.from('d'));
  endTurn();
  assert.deepEqual(batches, ['abc', 'd']);
});

test('a batch over the cap does not wait for the end of the turn', () => {
  const { writer, batches, endTurn } = createBench(4);
  for (const text of ['aa', 'bb', 'cc']) writer.write(Buffer.from(text));
  assert.deepEqual(batches, ['aabb']);
  endTurn();
  assert.deepEqual(batches, ['aabb', 'cc']);
});

test('a flush writes now, and an empty turn writes nothing', () => {
  const { writer, batches, endTurn } = createBench(100);
  writer.write(Buffer.from('a'));
  writer.flush();
  endTurn();
  assert.deepEqual(batches, ['a']);
});
