import { blockingCall } from './harness/calls.ts';
import { figure, plusMinus, times } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { type ParleySubject, startParley } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle, spread } from './harness/statistics.ts';

const connections = 10;
const measureMs = 3_000;

/** P11: whether a task costs more when many have gone before it. */
export const growth: Question = {
  id: 'P11',
  title: 'cost of a task by the number of finished tasks in the store',
  async answer(settings) {
    const sizes = settings.quick ? [10, 1_000, 10_000] : [10, 10_000, 1_000_000];
    const grown = new Map<number, ParleySubject>();
    const book = new SampleBook();
    try {
      for (const size of sizes.slice(1)) grown.set(size, await startFilled(size, settings));
      for (let round = 0; round < settings.rounds; round++) await measureRound(sizes, grown, book, settings);
    } finally {
      for (const node of grown.values()) await node.stop();
    }
    return answerOf(book, sizes);
  },
};

/** The smallest store is filled afresh in every round, because measuring fills it. */
async function measureRound(
  sizes: readonly number[],
  grown: ReadonlyMap<number, ParleySubject>,
  book: SampleBook,
  settings: BenchSettings,
): Promise<void> {
  const fresh = await startFilled(sizes[0] ?? 1, settings);
  for (const size of shuffle(sizes)) {
    const { url } = grown.get(size) ?? fresh;
    const result = await putLoad({ ...blockingCall, url, connections, warmUpMs: 2_000, measureMs });
    book.add(`${size} ms`, connections / (result.perSecond / 1_000));
    settings.say(`${figure(size)} finished: ${figure(result.perSecond)} tasks/s`);
  }
  await fresh.stop();
}

async function startFilled(tasks: number, settings: BenchSettings): Promise<ParleySubject> {
  const node = await startParley();
  const startMs = performance.now();
  const plan = { ...blockingCall, url: node.url, connections: Math.min(100, tasks), warmUpMs: 0, measureMs: 3_600_000 };
  await putLoad({ ...plan, maxRequests: tasks });
  const seconds = (performance.now() - startMs) / 1_000;
  if (tasks > 10) settings.say(`filled with ${figure(tasks)} tasks in ${figure(seconds)} s`);
  return node;
}

function answerOf(book: SampleBook, sizes: readonly number[]): Answer {
  const [first = 0] = sizes;
  const last = sizes.at(-1) ?? 0;
  return {
    columns: ['finished tasks in the store', `ms per task, ${connections} connections`, 'spread', `against ${first}`],
    rows: sizes.map((size) => [
      figure(size),
      figure(book.median(`${size} ms`) / connections),
      plusMinus(spread(book.get(`${size} ms`))),
      times(book.ratio(`${size} ms`, `${first} ms`)),
    ]),
    bars: [
      {
        what: `cost with ${figure(last)} against ${first}`,
        value: book.ratio(`${last} ms`, `${first} ms`),
        atMost: 1.2,
      },
    ],
    notes: [`Measured over ${connections} connections; measuring itself adds some thousands of tasks.`],
    samples: book.all(),
  };
}
