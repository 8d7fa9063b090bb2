import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createId } from '../src/base/index.ts';
import type { Store } from '../src/store/index.ts';
import { openSqliteStore } from '../src/store/sqlite/index.ts';
import { readTaskStates } from '../src/tasks/replay/read-task-states.ts';
import { figure, plusMinus } from './harness/format.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { spread } from './harness/statistics.ts';

const bar = 100_000;
const inFlight = 200;

/** P10: how fast the state of all tasks comes back from their journals. */
export const replay: Question = {
  id: 'P10',
  title: 'fold the journals of all tasks, from SQLite, reads included',
  async answer(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-replay-'));
    try {
      return await measure(join(folder, 'store.sqlite'), settings);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function measure(file: string, { rounds, quick, say }: BenchSettings): Promise<Answer> {
  const tasks = quick ? 5_000 : 100_000;
  const filling = await open(file);
  await fill(filling, tasks);
  await filling.close();
  const book = new SampleBook();
  let events = 0;
  for (let round = 0; round < rounds; round++) {
    // Opened anew, so that what a first reading costs is in it.
    const store = await open(file);
    const beginMs = performance.now();
    events = await foldAll(store, tasks);
    const perSecond = events / ((performance.now() - beginMs) / 1_000);
    await store.close();
    book.add('events/s', perSecond);
    say(`round ${round}: ${figure(perSecond)} events/s`);
  }
  return answerOf(book, tasks, events);
}

function open(file: string): Promise<Store> {
  return openSqliteStore({ file, schema: { collections: {} } });
}

/** Each task as a node writes it: accepted and handed out in one commit, the answer and the end in another. */
async function fill(store: Store, tasks: number): Promise<void> {
  let begun = 0;
  const run = async (): Promise<void> => {
    while (begun < tasks) await writeTask(store, createId(), begun++);
  };
  await Promise.all(Array.from({ length: inFlight }, run));
}

async function writeTask(store: Store, key: string, number: number): Promise<void> {
  const at = 1_700_000_000_000 + number;
  const message = {
    messageId: createId(),
    role: 'user',
    parts: [{ text: `Count the words of text number ${number}.` }],
  };
  const traced = { correlationId: createId(), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const append = (expectedVersion: number, events: readonly object[]): Promise<void> => {
    return store.commit({
      key,
      append: { kind: 'task', expectedVersion, events: events.map((event) => JSON.stringify(event)) },
    });
  };
  await append(0, [
    {
      ...{ type: 'submitted', at, agentId: 'wordcount', owner: 'anonymous', contextId: createId(), skill: 'count' },
      ...{ message, ...traced, origin: 'anonymous', path: [] },
    },
    { type: 'dispatched', at, invocationId: createId(), endpointId: 'wordcount-1', attempt: 1, idempotent: true },
  ]);
  const artifact = { artifactId: 'result', parts: [{ data: { words: 7, lines: 1, characters: 34 } }] };
  await append(2, [
    { type: 'artifact', at, artifact, append: false, lastChunk: true },
    { type: 'status', at, state: 'completed' },
  ]);
}

/** How many events there were; throws when a task is missing or did not come to its end. */
async function foldAll(store: Store, wanted: number): Promise<number> {
  let events = 0;
  let completed = 0;
  for await (const states of readTaskStates(store)) {
    for (const { version, status } of states) {
      events += version;
      if (status.state === 'completed') completed++;
    }
  }
  if (completed !== wanted) throw new Error(`Of ${wanted} tasks ${completed} came back as completed.`);
  return events;
}

function answerOf(book: SampleBook, tasks: number, events: number): Answer {
  const median = book.median('events/s');
  return {
    columns: ['tasks', 'events', 'events/s', 'spread'],
    rows: [[figure(tasks), figure(events), figure(median), plusMinus(spread(book.get('events/s')))]],
    bars: [{ what: 'events folded a second', value: median, atLeast: bar }],
    notes: [
      'Four events a task, as a blocking call leaves them; the file is opened anew in every round. One thread folds.',
    ],
    samples: book.all(),
  };
}
