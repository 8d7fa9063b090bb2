import { createStreamingCall } from './harness/calls.ts';
import { figure, plusMinus } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { startParley } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { startSdk } from './harness/sdk-subject.ts';
import { shuffle, spread } from './harness/statistics.ts';
import type { Subject } from './harness/subject.ts';

const sizes: readonly number[] = [100, 1_000, 4_000, 40_000];
const bytes = 12;
/** What the peer is asked for, and how often: its time grows with the square. */
const peerSizes: readonly number[] = [100, 1_000, 4_000];
const peerRounds = 1;

/** P12: whether a chunk costs more when many have gone before it in the same task. */
export const chunks: Question = {
  id: 'P12',
  title: 'one streamed task of many chunks',
  async answer(settings) {
    const ours = await startParley();
    const peer = await startSdk();
    const book = new SampleBook();
    try {
      for (let round = 0; round < settings.rounds; round++) {
        for (const size of shuffle(sizes)) await measure('parley', ours, size, book, settings);
        if (round < peerRounds) for (const size of peerSizes) await measure('sdk', peer, size, book, settings);
      }
    } finally {
      await Promise.all([ours.stop(), peer.stop()]);
    }
    return answerOf(book);
  },
};

async function measure(
  name: string,
  { url }: Subject,
  size: number,
  book: SampleBook,
  settings: BenchSettings,
): Promise<void> {
  const plan = { ...createStreamingCall(size, bytes), url, connections: 1, warmUpMs: 0, measureMs: 600_000 };
  const { maxMs, eventsPerAnswer } = await putLoad({ ...plan, maxRequests: 1 });
  if (eventsPerAnswer < size) throw new Error(`${name}: ${eventsPerAnswer} events for ${size} chunks`);
  book.add(`${name} ${size} ms`, maxMs);
  settings.say(`${name}, ${size} chunks: ${Math.round(maxMs)} ms`);
}

function answerOf(book: SampleBook): Answer {
  const perChunkUs = (name: string, size: number): number => (book.median(`${name} ${size} ms`) * 1_000) / size;
  return {
    columns: ['chunks', 'parley ms', 'spread', 'µs a chunk', 'SDK ms', 'µs a chunk'],
    rows: sizes.map((size) => [
      figure(size),
      figure(book.median(`parley ${size} ms`)),
      plusMinus(spread(book.get(`parley ${size} ms`))),
      figure(perChunkUs('parley', size)),
      figure(book.median(`sdk ${size} ms`)),
      figure(perChunkUs('sdk', size)),
    ]),
    bars: [
      { what: '4,000 chunks, ms', value: book.median('parley 4000 ms'), atMost: 1_000 },
      {
        what: 'cost of a chunk, 40,000 against 1,000',
        value: perChunkUs('parley', 40_000) / perChunkUs('parley', 1_000),
        atMost: 1.2,
      },
    ],
    samples: book.all(),
  };
}
