import { setTimeout as delay } from 'node:timers/promises';
import { createFollowingCall, createStreamingCall } from './harness/calls.ts';
import { figure } from './harness/format.ts';
import { startParley } from './harness/parley-subject.ts';
import { residentMb } from './harness/processes.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { startSdk } from './harness/sdk-subject.ts';
import { StalledReader } from './harness/stalled-reader.ts';
import type { Subject } from './harness/subject.ts';
import { countEvents } from './load/response-reader.ts';

const chunkBytes = 48_000;
/** What is published by ours, and by the peer: it copies the whole task for every chunk, and 300 MB do not end in minutes. */
const publishedMb = { parley: 300, sdk: 30 };
const settleMs = 3_000;

/** P13: what a reader that stops reading costs in memory, and whether it misses anything. */
export const slowReader: Question = {
  id: 'P13',
  title: 'a reader that stops reading while 300 MB are published to it',
  async answer(settings) {
    const book = new SampleBook();
    const count = (megabytes: number): number => Math.round((megabytes * 1e6) / chunkBytes / (settings.quick ? 10 : 1));
    for (let round = 0; round < Math.min(3, settings.rounds); round++) {
      await measureServer('parley', await startParley(), count(publishedMb.parley), book, settings);
    }
    await measureServer('sdk', await startSdk(), count(publishedMb.sdk), book, settings);
    return answerOf(book);
  },
};

async function measureServer(
  name: string,
  server: Subject,
  count: number,
  book: SampleBook,
  settings: BenchSettings,
): Promise<void> {
  try {
    await measure(name, server, count, book, settings);
  } finally {
    await server.stop();
  }
}

/** First once with a reader that reads, so that what any stream costs is there before; then with one that does not. */
async function measure(
  name: string,
  { url, pid }: Subject,
  count: number,
  book: SampleBook,
  settings: BenchSettings,
): Promise<void> {
  const call = { ...createStreamingCall(count, chunkBytes), url };
  const warmUp = await new StalledReader(call, true).finish();
  await delay(settleMs);
  const before = await residentMb(pid);
  const stalled = new StalledReader(call, false);
  const follower = new StalledReader({ ...createFollowingCall(await stalled.taskId), url }, true);
  const peak = await peakUntil(follower.finish(), pid);
  const { body } = await stalled.finish();
  book.add(`${name} before MB`, before);
  book.add(`${name} growth MB`, peak - before);
  book.add(`${name} missing`, countEvents(warmUp.body) - countEvents(body));
  book.add(`${name} read MB`, body.length / 1e6);
  settings.say(`${name}: ${figure(before)} MB, at its peak ${figure(peak)} MB`);
}

/** The largest resident memory, in MB, that was seen until `end`. */
async function peakUntil(end: Promise<unknown>, pid: number): Promise<number> {
  let peak = await residentMb(pid);
  let ended = false;
  const stop = (): void => {
    ended = true;
  };
  end.then(stop, stop);
  while (!ended) {
    await delay(20);
    peak = Math.max(peak, await residentMb(pid));
  }
  await end;
  return peak;
}

function answerOf(book: SampleBook): Answer {
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
      `Chunks of ${figure(chunkBytes / 1_000)} kB. The SDK gets 30 MB only: it copies the whole task for each chunk, and 300 MB do not end within minutes. Before, the same stream was read once by a reader that reads; beside the reader that does not, another follows the task to its end.`,
    ],
    samples: book.all(),
  };
}
