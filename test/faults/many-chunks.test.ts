import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { residentMb, startNodeProgram } from './node-program.ts';
import { writePublisher } from './publisher-agent.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { StreamReader } from './stream-reader.ts';

const chunks = 4_000;
const chunkBytes = 200;
/** Beside the chunks: submitted, dispatched, and the last status. */
const otherEvents = 3;
const growthBudgetMb = 40;
/** The store's log may hold 16 MB before it is copied into the file. */
const fileBudgetBytes = 32e6;

const linux = { skip: process.platform !== 'linux' && 'resident memory is read from /proc', timeout: 60_000 };

test('a task of 4,000 chunks gives all of them in order, one small event each', linux, async (t) => {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const dataFolder = join(folder, 'data');
  const nodeArgs = ['--max-semi-space-size=4', '--max-old-space-size=96'];
  const node = startNodeProgram({ dataFolder, deploy: await writePublisher(folder), nodeArgs });
  after(() => node.kill());
  await node.ready;
  const publisher = `${await node.up}/a2a/publisher`;
  const stream = async (count: number): Promise<StreamReader> => {
    const reader = StreamReader.send(publisher, { data: { chunks: count, bytes: chunkBytes } });
    await reader.ended;
    return reader;
  };
  await stream(chunks);
  const before = { memoryMb: residentMb(node.pid), bytes: storedBytes(dataFolder) };

  const reader = await stream(chunks);
  assert.deepEqual(
    reader.chunks,
    Array.from({ length: chunks }, (_, index) => index),
  );
  assert.equal(reader.state, 'TASK_STATE_COMPLETED');
  const events = Number(reader.lastEventId);
  const grownMb = residentMb(node.pid) - before.memoryMb;
  const grownBytes = storedBytes(dataFolder) - before.bytes;
  t.diagnostic(`${events} events, ${Math.round(grownMb)} MB of memory, ${Math.round(grownBytes / 1e6)} MB on the disk`);
  assert.ok(events <= chunks + otherEvents, `the journal has ${events} events`);
  assert.ok(grownMb < growthBudgetMb, `memory grew by ${Math.round(grownMb)} MB`);
  assert.ok(grownBytes < fileBudgetBytes, `the store grew by ${grownBytes} bytes`);
});

function storedBytes(dataFolder: string): number {
  const size = (name: string): number => statSync(join(dataFolder, name), { throwIfNoEntry: false })?.size ?? 0;
  return size('store.sqlite') + size('store.sqlite-wal');
}
