import { createStreamingCall } from './harness/calls.ts';
import { compareThroughput } from './harness/compare-throughput.ts';
import { figure } from './harness/format.ts';
import { startParley } from './harness/parley-subject.ts';
import type { Bar, Question } from './harness/question.ts';
import type { SampleBook } from './harness/samples.ts';
import { startSdk } from './harness/sdk-subject.ts';
import { throughputColumns, throughputRows } from './harness/throughput-table.ts';

const ours = 'parley';
const peer = 'sdk';
const chunks = 5;

/** P2: what a streamed task of five chunks costs. */
export const streaming: Question = {
  id: 'P2',
  title: `SendStreamingMessage, ${chunks} chunks a task, against the SDK in memory and in process`,
  async answer(settings) {
    const rivals = [
      { name: ours, start: () => startParley() },
      { name: peer, start: () => startSdk() },
    ];
    const book = await compareThroughput(rivals, createStreamingCall(chunks, 12), settings);
    const events = [ours, peer].map((name) => `${name} ${figure(book.median(`${name} 10 events`))}`);
    return {
      columns: throughputColumns,
      rows: throughputRows(book, [ours, peer], peer),
      bars: barsOf(book),
      notes: [`Events on the wire per task: ${events.join(', ')}.`],
      samples: book.all(),
    };
  },
};

function barsOf(book: SampleBook): readonly Bar[] {
  const bar = (connections: number, atLeast: number): Bar => ({
    what: `tasks/s against the SDK, ${connections} connections`,
    value: book.ratio(`${ours} ${connections} per s`, `${peer} ${connections} per s`),
    atLeast,
  });
  return [bar(100, 2), bar(10, 2), bar(1, 0.7)];
}
