import type { AgentExecutor, Invocation } from '../src/agents/index.ts';
import { createId, systemClock } from '../src/base/index.ts';
import { withDeadlines } from '../src/resilience/index.ts';
import { createCallResilience } from '../src/testing/index.ts';
import { blockingCall } from './harness/calls.ts';
import { figure } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { startParley } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle } from './harness/statistics.ts';
import { startWorker } from './harness/worker-executor.ts';

const inFlight: readonly number[] = [1, 50];
const warmUpCalls = 2_000;
/** A measurement is cut into slices, taken in turn: what the machine does meanwhile falls on both. */
const slices = 20;

/** P14: what deadlines, breaker and the readiness to try again cost a call in which nothing goes wrong. */
export const resilienceCost: Question = {
  id: 'P14',
  title: 'what standing failures costs a call in which nothing fails',
  async answer(settings) {
    const book = new SampleBook();
    await measureSends(book, settings);
    await measureGuard(book, settings);
    return answerOf(book);
  },
};

/** The whole of a call: a blocking send to a worker, as its caller waits for it. */
async function measureSends(book: SampleBook, { rounds, seconds, say }: BenchSettings): Promise<void> {
  const node = await startParley();
  try {
    await putLoad({ ...blockingCall, url: node.url, connections: 10, warmUpMs: 0, measureMs: 2_000 });
    for (let round = 0; round < rounds; round++) {
      for (const connections of inFlight) {
        const plan = { ...blockingCall, url: node.url, connections, warmUpMs: 500, measureMs: seconds * 500 };
        const { perSecond } = await putLoad(plan);
        book.add(`send ${connections} µs`, 1_000_000 / perSecond);
        say(`round ${round}: ${connections} connections, ${Math.round(perSecond)} sends/s`);
      }
    }
  } finally {
    await node.stop();
  }
}

/** What is put around the executor, apart from all else: the same worker with it and without, in this process. */
async function measureGuard(book: SampleBook, { rounds, seconds, quick, say }: BenchSettings): Promise<void> {
  const worker = await startWorker();
  const { breakers } = createCallResilience();
  const ways: Readonly<Record<string, AgentExecutor>> = {
    bare: worker.executor,
    guarded: withDeadlines(worker.executor, { clock: systemClock, idleMs: 300_000, breakers }),
  };
  try {
    for (const way of Object.values(ways)) await callMany(way, 10, warmUpCalls);
    for (let round = 0; round < rounds; round++) {
      for (const callers of inFlight) {
        const calls = quick ? 100 : Math.round((seconds * 2_000) / slices);
        const spent = await takeTurns(ways, callers, calls);
        for (const [name, ms] of Object.entries(spent)) {
          book.add(`${name} ${callers} µs`, (ms * 1_000) / (calls * slices));
        }
        say(`round ${round}: ${callers} at once, ${JSON.stringify(spent)} ms`);
      }
    }
  } finally {
    await worker.stop();
  }
}

async function takeTurns(
  ways: Readonly<Record<string, AgentExecutor>>,
  callers: number,
  calls: number,
): Promise<Record<string, number>> {
  const spent: Record<string, number> = {};
  for (let slice = 0; slice < slices; slice++) {
    for (const [name, executor] of shuffle(Object.entries(ways))) {
      const startedMs = performance.now();
      await callMany(executor, callers, calls);
      spent[name] = (spent[name] ?? 0) + performance.now() - startedMs;
    }
  }
  return spent;
}

async function callMany(executor: AgentExecutor, callers: number, calls: number): Promise<void> {
  let left = calls;
  const call = async (): Promise<void> => {
    while (left-- > 0) for await (const _event of executor.execute(createInvocation()));
  };
  await Promise.all(Array.from({ length: callers }, call));
}

function createInvocation(): Invocation {
  return {
    id: createId(),
    agentId: 'bench-echo',
    skill: 'echo',
    parts: [{ text: 'hello' }],
    task: undefined,
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: '',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: noAnswers(),
    trace: { correlationId: 'bench' },
  };
}

async function* noAnswers(): AsyncGenerator<never> {}

function answerOf(book: SampleBook): Answer {
  const added = (callers: number): number => book.median(`guarded ${callers} µs`) - book.median(`bare ${callers} µs`);
  const share = (callers: number): number => added(callers) / book.median(`send ${callers} µs`);
  return {
    columns: ['calls at once', 'blocking send µs', 'worker alone µs', 'guarded µs', 'added, share of the send'],
    rows: inFlight.map((callers) => [
      figure(callers),
      figure(book.median(`send ${callers} µs`)),
      figure(book.median(`bare ${callers} µs`)),
      figure(book.median(`guarded ${callers} µs`)),
      `${(share(callers) * 100).toFixed(1)} %`,
    ]),
    bars: inFlight.map((callers) => ({
      what: `share of a blocking send, ${callers} at once`,
      value: share(callers),
      atMost: 0.05,
    })),
    notes: [
      'Added is the difference of the medians of the same worker call with deadlines and breaker around it and without, in one process, without HTTP or journal.',
    ],
    samples: book.all(),
  };
}
