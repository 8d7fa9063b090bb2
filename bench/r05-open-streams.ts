import { setTimeout as delay } from 'node:timers/promises';
import { blockingCall, createDrippingCall, createFollowingCall } from './harness/calls.ts';
import { figure } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { startParley } from './harness/parley-subject.ts';
import { residentMb } from './harness/processes.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { StalledReader } from './harness/stalled-reader.ts';
import { StreamCrowd } from './harness/stream-crowd.ts';

const settleMs = 3_000;
const everyMs = 5_000;

/** R5: what ten thousand open streams cost in memory, how soon all have an event, and what others notice. */
export const openStreams: Question = {
  id: 'R5',
  title: '10,000 readers of one task, each on a connection of its own',
  async answer(settings) {
    const book = new SampleBook();
    await measure(settings.quick ? 500 : 9_900, book, settings);
    return answerOf(book);
  },
};

async function measure(readers: number, book: SampleBook, settings: BenchSettings): Promise<void> {
  const node = await startParley();
  const crowd = new StreamCrowd();
  const first = new StalledReader({ ...createDrippingCall(everyMs), url: node.url }, true);
  try {
    const follow = { ...createFollowingCall(await first.taskId), url: node.url };
    book.add('p99 ms alone', await measureCalls(node.url, settings));
    const before = await residentMb(node.pid);
    await crowd.open(follow, readers);
    await delay(settleMs);
    book.add('readers', crowd.size);
    book.add('memory of a reader, kB', (((await residentMb(node.pid)) - before) * 1_000) / readers);
    book.add('last reader behind the first, ms', await crowd.spread('artifactUpdate'));
    book.add('p99 ms beside them', await measureCalls(node.url, settings));
  } finally {
    crowd.close();
    await node.stop();
  }
}

async function measureCalls(url: string, settings: BenchSettings): Promise<number> {
  const plan = { ...blockingCall, url, connections: 10, warmUpMs: 1_000, measureMs: settings.seconds * 1_000 };
  return (await putLoad(plan)).p99Ms;
}

function answerOf(book: SampleBook): Answer {
  const names = [
    'readers',
    'memory of a reader, kB',
    'last reader behind the first, ms',
    'p99 ms alone',
    'p99 ms beside them',
  ];
  return {
    columns: ['what', 'measured'],
    rows: names.map((name) => [name, figure(book.median(name))]),
    bars: [],
    notes: [
      `The task makes an event every ${everyMs / 1_000} s. Beside it, ten connections call another task each in a loop, before and after the readers have come.`,
    ],
    samples: book.all(),
  };
}
