import { connectionCounts } from './compare-throughput.ts';
import { figure, plusMinus, times } from './format.ts';
import type { SampleBook } from './samples.ts';
import { spread } from './statistics.ts';

export const throughputColumns: readonly string[] = [
  'connections',
  'server',
  'calls/s',
  'spread',
  'p50 ms',
  'p99 ms',
  'against the SDK',
];

/** One row per number of connections and server. */
export function throughputRows(book: SampleBook, names: readonly string[], peer: string): string[][] {
  return connectionCounts.flatMap((connections) =>
    names.map((name) => {
      const prefix = `${name} ${connections}`;
      const rate = `${prefix} per s`;
      return [
        String(connections),
        name,
        figure(book.median(rate)),
        plusMinus(spread(book.get(rate))),
        figure(book.median(`${prefix} p50 ms`)),
        figure(book.median(`${prefix} p99 ms`)),
        times(book.ratio(rate, `${peer} ${connections} per s`)),
      ];
    }),
  );
}
