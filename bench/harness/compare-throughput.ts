import type { LoadPlan } from '../load/load-plan.ts';
import { putLoad } from './load.ts';
import type { BenchSettings } from './question.ts';
import { SampleBook } from './samples.ts';
import { shuffle } from './statistics.ts';
import type { Subject } from './subject.ts';

export const connectionCounts: readonly number[] = [1, 10, 100];

export interface Rival {
  readonly name: string;
  readonly start: () => Promise<Subject>;
  /** Measured in the first so many rounds only; default: in all. */
  readonly rounds?: number;
}

type Call = Pick<LoadPlan, 'headers' | 'body' | 'expect'>;

/**
 * Paired rounds: in each, every rival is started afresh and warmed up, then measured at 1, 10 and 100 connections in random
 * order, one after the other. Samples are named `<rival> <connections> per s`, `… p50 ms`, `… p99 ms`, `… events`.
 */
export async function compareThroughput(
  rivals: readonly Rival[],
  call: Call,
  settings: BenchSettings,
): Promise<SampleBook> {
  const book = new SampleBook();
  for (let round = 0; round < settings.rounds; round++) {
    const present = rivals.filter((rival) => round < (rival.rounds ?? settings.rounds));
    const subjects = await Promise.all(present.map(async (rival) => [rival.name, await rival.start()] as const));
    try {
      await measureRound(new Map(subjects), call, settings, book);
    } finally {
      await Promise.all(subjects.map(([, subject]) => subject.stop()));
    }
    settings.say(`round ${round + 1} of ${settings.rounds}`);
  }
  return book;
}

async function measureRound(
  subjects: ReadonlyMap<string, Subject>,
  call: Call,
  settings: BenchSettings,
  book: SampleBook,
): Promise<void> {
  for (const { url } of subjects.values()) {
    await putLoad({ ...call, url, connections: 10, warmUpMs: 0, measureMs: 2_000 });
  }
  const measurements = connectionCounts.flatMap((connections) =>
    [...subjects].map(([name, { url }]) => ({ name, url, connections })),
  );
  for (const { name, url, connections } of shuffle(measurements)) {
    const plan = { ...call, url, connections, warmUpMs: 1_000, measureMs: settings.seconds * 1_000 };
    const result = await putLoad(plan);
    const prefix = `${name} ${connections}`;
    book.add(`${prefix} per s`, result.perSecond);
    book.add(`${prefix} p50 ms`, result.p50Ms);
    book.add(`${prefix} p99 ms`, result.p99Ms);
    if (result.eventsPerAnswer > 0) book.add(`${prefix} events`, result.eventsPerAnswer);
    settings.say(`${prefix}: ${Math.round(result.perSecond)}/s, p99 ${result.p99Ms.toFixed(1)} ms`);
  }
}
