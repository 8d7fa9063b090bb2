import { setTimeout as delay } from 'node:timers/promises';
import { createStreamingCall } from './harness/calls.ts';
import { figure } from './harness/format.ts';
import { startParley } from './harness/parley-subject.ts';
import { residentMb } from './harness/processes.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { startSdk } from './harness/sdk-subject.ts';
import { StalledReader } from './harness/stalled-reader.ts';
import { waitFor } from './harness/subject.ts';
import { countEvents } from './load/response-reader.ts';

const chunkBytes = 48_000;
const settleMs = 3_000;

/** A server, and how to know that the task has ended while its stream is not read. */
interface Publisher {
  readonly url: string;
  readonly pid: number;
  hasEnded(taskId: string): Promise<boolean>;
}

/** P13: what a reader that stops reading costs in memory, and whether it misses anything. */
export const slowReader: Question = {
  id: 'P13',
  title: 'a reader that stops reading while 300 MB are published to it',
  async answer(settings) {
    const book = new SampleBook();
    const count = Math.round((settings.quick ? 30_000_000 : 300_000_000) / chunkBytes);
    for (let round = 0; round < Math.min(3, settings.rounds); round++) await measureParley(count, book, settings);
    await measureSdk(count, book, settings);
    return answerOf(book, count);
  },
};

async function measureParley(count: number, book: SampleBook, settings: BenchSettings): Promise<void> {
  const node = await startParley();
  const hasEnded = async (id: string): Promise<boolean> => (await node.client.tasks.get(id)).state === 'completed';
  try {
    await measure('parley', { url: node.url, pid: node.pid, hasEnded }, count, book, settings);
  } finally {
    await node.stop();
  }
}

async function measureSdk(count: number, book: SampleBook, settings: BenchSettings): Promise<void> {
  const peer = await startSdk();
  const hasEnded = async (): Promise<boolean> => {
    await delay(settleMs);
    return true;
  };
  try {
    await measure('sdk', { url: peer.url, pid: peer.pid, hasEnded }, count, book, settings);
  } finally {
    await peer.stop();
  }
}

/** First once with a reader that reads, so that what any stream costs is there before; then with one that does not. */
async function measure(
  name: string,
  publisher: Publisher,
  count: number,
  book: SampleBook,
  settings: BenchSettings,
): Promise<void> {
  const call = { ...createStreamingCall(count, chunkBytes), url: publisher.url };
  const warmUp = await new StalledReader(call, true).finish();
  await delay(settleMs);
  const before = await residentMb(publisher.pid);
  const reader = new StalledReader(call, false);
  const taskId = await reader.taskId;
  const peak = await watchPeak(publisher, taskId);
  const { body } = await reader.finish();
  book.add(`${name} before MB`, before);
  book.add(`${name} growth MB`, peak - before);
  book.add(`${name} missing`, countEvents(warmUp.body) - countEvents(body));
  book.add(`${name} read MB`, body.length / 1e6);
  settings.say(`${name}: ${figure(before)} MB, at its peak ${figure(peak)} MB`);
}

async function watchPeak(publisher: Publisher, taskId: string): Promise<number> {
  let peak = 0;
  await waitFor('the task to end unread', async () => {
    peak = Math.max(peak, await residentMb(publisher.pid));
    return (await publisher.hasEnded(taskId)) || undefined;
  });
  return Math.max(peak, await residentMb(publisher.pid));
}

function answerOf(book: SampleBook, count: number): Answer {
  return {
    columns: ['server', 'MB before', 'growth at the peak, MB', 'read afterwards, MB', 'events missing'],
    rows: ['parley', 'sdk'].map((name) => [
      name,
      ...['before MB', 'growth MB', 'read MB', 'missing'].map((what) => figure(book.median(`${name} ${what}`))),
    ]),
    bars: [
      { what: 'memory grows by, MB', value: book.median('parley growth MB'), atMost: 20 },
      { what: 'events missing', value: book.median('parley missing'), atMost: 0 },
    ],
    notes: [
      `${figure(count)} chunks of ${figure(chunkBytes / 1_000)} kB. Before the measurement, the same stream was read once by a reader that reads.`,
    ],
    samples: book.all(),
  };
}
