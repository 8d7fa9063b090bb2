import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockingCall } from './harness/calls.ts';
import { compareThroughput, type Rival } from './harness/compare-throughput.ts';
import { figure } from './harness/format.ts';
import { measureFsyncMs } from './harness/fsync.ts';
import { startParley } from './harness/parley-subject.ts';
import type { Answer, Bar, BenchSettings, Question } from './harness/question.ts';
import type { SampleBook } from './harness/samples.ts';
import { startSdk } from './harness/sdk-subject.ts';
import { throughputColumns, throughputRows } from './harness/throughput-table.ts';

const ours = 'parley';
const peer = 'sdk';
const committing = 'sdk with our commits';

/** P1: what a blocking call costs through the front door, a worker process and two durable commits. */
export const blockingSend: Question = {
  id: 'P1',
  title: 'blocking SendMessage to a worker process, two durable commits, against the SDK in memory and in process',
  async answer(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-peer-'));
    try {
      return await measure(folder, settings);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, settings: BenchSettings): Promise<Answer> {
  const fsyncMs = measureFsyncMs(folder);
  let databases = 0;
  const rivals: readonly Rival[] = [
    { name: ours, start: () => startParley() },
    { name: peer, start: () => startSdk() },
    { name: committing, start: () => startSdk(join(folder, `peer-${databases++}.db`)) },
  ];
  const book = await compareThroughput(rivals, blockingCall, settings);
  return {
    columns: throughputColumns,
    rows: throughputRows(book, [ours, peer, committing], peer),
    bars: barsOf(book),
    notes: [`One forced write of 4 kB to this disk takes ${figure(fsyncMs)} ms (p50 of 200).`],
    samples: { ...book.all(), 'fsync ms': [fsyncMs] },
  };
}

function barsOf(book: SampleBook): readonly Bar[] {
  const rate = (connections: number): number =>
    book.ratio(`${ours} ${connections} per s`, `${peer} ${connections} per s`);
  return [
    { what: 'calls/s against the SDK, 100 connections', value: rate(100), atLeast: 2.5 },
    {
      what: 'p99 against the SDK, 100 connections',
      value: book.ratio(`${ours} 100 p99 ms`, `${peer} 100 p99 ms`),
      atMost: 0.5,
    },
    { what: 'calls/s against the SDK, 10 connections', value: rate(10), atLeast: 2 },
    { what: 'calls/s against the SDK, 1 connection', value: rate(1), atLeast: 0.9 },
  ];
}
