import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../scripts/services/free-port.ts';
import { kafkaPortCount, startKafkaServer } from '../scripts/services/kafka.ts';
import type { ControlClient } from '../src/control/index.ts';
import { figure, plusMinus } from './harness/format.ts';
import { benchAgent, deployAndWait, type ParleySubject, startNode } from './harness/parley-subject.ts';
import { residentMb } from './harness/processes.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { quantile, shuffle, spread } from './harness/statistics.ts';
import { waitFor } from './harness/subject.ts';

const concurrencies = [1, 10, 100] as const;
const media = ['sqlite', 'kafka'] as const;
type Medium = (typeof media)[number];

/** P15: negotiations from the request to the result, and a thousand that are open at once. */
export const negotiations: Question = {
  id: 'P15',
  title: 'negotiations: request, offer, award, confirmation, work, result; one agent bids and works',
  async answer(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-market-'));
    const [clients = 0, controller = 0, internal = 0] = await freePorts(kafkaPortCount);
    const kafka = await startKafkaServer({ folder, ports: { clients, controller, internal } });
    try {
      return await measure(`kafka://127.0.0.1:${clients}`, settings);
    } finally {
      kafka.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function measure(kafkaUrl: string, settings: BenchSettings): Promise<Answer> {
  const book = new SampleBook();
  const open = settings.quick ? 100 : 1_000;
  for (let round = 0; round < settings.rounds; round++) {
    for (const medium of shuffle(media)) {
      await measureMedium(medium, medium === 'kafka' ? { log: { url: kafkaUrl } } : {}, book, settings);
    }
    await measureOpen(open, book, settings);
  }
  return answerOf(book, open);
}

async function measureMedium(
  medium: Medium,
  place: object,
  book: SampleBook,
  { seconds, say }: BenchSettings,
): Promise<void> {
  const node = await startMarket(place);
  try {
    await deployBidder(node);
    await negotiateFor(node.client, 10, 1);
    for (const concurrency of concurrencies) {
      const { perSecond, tookMs } = await negotiateFor(node.client, concurrency, seconds);
      const name = `${medium} ${concurrency}`;
      book.add(name, perSecond);
      book.add(`${name} p50 ms`, quantile(tookMs, 0.5));
      book.add(`${name} p99 ms`, quantile(tookMs, 0.99));
      say(`${name}: ${figure(perSecond)} negotiations/s`);
    }
  } finally {
    await node.stop();
  }
}

interface Negotiated {
  readonly perSecond: number;
  readonly tookMs: readonly number[];
}

/** So many requesters at once, each with its next request when the one before is done; one that is not completed is an error. */
async function negotiateFor(client: ControlClient, concurrency: number, seconds: number): Promise<Negotiated> {
  const tookMs: number[] = [];
  const beginMs = performance.now();
  const endMs = beginMs + seconds * 1_000;
  const requester = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await negotiate(client);
      tookMs.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, requester));
  return { perSecond: (tookMs.length * 1_000) / (performance.now() - beginMs), tookMs };
}

async function negotiate(client: ControlClient): Promise<void> {
  const { taskId } = await client.market.request({ description: 'echoing', proposedCost: 75 });
  let phase = 'tendered';
  for await (const state of client.market.follow(taskId, AbortSignal.timeout(120_000))) phase = state.phase;
  if (phase !== 'completed') throw new Error(`Negotiation ${taskId} ended ${phase}`);
}

/** Opens so many before anybody bids, looks at the node, then lets an agent in that bids for all of them. */
async function measureOpen(open: number, book: SampleBook, { say }: BenchSettings): Promise<void> {
  const node = await startMarket({});
  try {
    await node.client.market.list({ limit: 1 });
    const beforeMb = await residentMb(node.pid);
    const openedMs = await timed(() => openMany(node.client, open));
    const takenMb = (await residentMb(node.pid)) - beforeMb;
    await deployBidder(node);
    const doneMs = await timed(() => untilNoneIsOpen(node.client));
    book.add('open, opened/s', (open * 1_000) / openedMs);
    book.add('open, MB', takenMb);
    book.add('open, done/s', (open * 1_000) / doneMs);
    say(`${open} open: ${figure(takenMb)} MB, done in ${figure(doneMs)} ms`);
  } finally {
    await node.stop();
  }
}

async function openMany(client: ControlClient, count: number): Promise<void> {
  let left = count;
  const requester = async (): Promise<void> => {
    while (left-- > 0) {
      await client.market.request({ description: 'echoing', proposedCost: 75, offersMs: 600_000 });
    }
  };
  await Promise.all(Array.from({ length: 20 }, requester));
}

async function untilNoneIsOpen(client: ControlClient): Promise<void> {
  const isDone = async (): Promise<true | undefined> => {
    const { negotiations: left } = await client.market.list({ phase: 'open', limit: 1 });
    return left.length === 0 ? true : undefined;
  };
  await waitFor('all negotiations to end', isDone, 600_000);
  const { negotiations: lost } = await client.market.list({ phase: 'failed', limit: 1 });
  if (lost.length > 0) throw new Error(`Negotiation ${lost[0]?.taskId} has failed: ${lost[0]?.message}`);
}

function startMarket(place: object): Promise<ParleySubject> {
  return startNode({ ...place, market: { enabled: true, offersMs: 10_000 } });
}

function deployBidder({ client }: ParleySubject): Promise<void> {
  return deployAndWait(client, { kind: 'folder', path: benchAgent('market') });
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

function answerOf(book: SampleBook, open: number): Answer {
  const rows = media.flatMap((medium) =>
    concurrencies.map((concurrency) => {
      const name = `${medium} ${concurrency}`;
      const [p50, p99] = [book.median(`${name} p50 ms`), book.median(`${name} p99 ms`)];
      const perSecond = [figure(book.median(name)), plusMinus(spread(book.get(name)))];
      return [medium, String(concurrency), ...perSecond, figure(p50), figure(p99)];
    }),
  );
  const openNote =
    `${figure(open)} negotiations that are open at once take ${figure(book.median('open, MB'))} MB of the node; they were opened at ` +
    `${figure(book.median('open, opened/s'))}/s, and when an agent came that bids, all were done at ${figure(book.median('open, done/s'))}/s.`;
  return {
    columns: ['log', 'requesters at once', 'negotiations/s', 'spread', 'p50 ms', 'p99 ms'],
    rows,
    bars: [],
    notes: [openNote],
    samples: book.all(),
  };
}
