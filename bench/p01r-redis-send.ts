import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../scripts/services/free-port.ts';
import { startRedisServer } from '../scripts/services/redis.ts';
import { blockingCall } from './harness/calls.ts';
import { compareThroughput, type Rival } from './harness/compare-throughput.ts';
import { startParley } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import type { Subject } from './harness/subject.ts';
import { throughputColumns, throughputRows } from './harness/throughput-table.ts';

const file = 'parley, SQLite';
const everySecond = 'parley, Redis (AOF every second)';
const always = 'parley, Redis (AOF always)';

/** P1R: what the same call costs when the node keeps its state in Redis. */
export const redisSend: Question = {
  id: 'P1R',
  title: 'blocking SendMessage to a worker process, two durable commits, with the state in Redis against SQLite',
  async answer(settings) {
    return await measure(settings);
  },
};

async function measure(settings: BenchSettings): Promise<Answer> {
  const rivals: readonly Rival[] = [
    { name: file, start: () => startParley() },
    { name: everySecond, start: () => startOnRedis('everysec') },
    { name: always, start: () => startOnRedis('always') },
  ];
  const book = await compareThroughput(rivals, blockingCall, settings);
  return {
    columns: throughputColumns.map((column) => (column === 'against the SDK' ? 'against SQLite' : column)),
    rows: throughputRows(book, [file, everySecond, always], file),
    bars: [],
    notes: ['Redis runs on the same machine, one server for each node.'],
    samples: book.all(),
  };
}

async function startOnRedis(appendfsync: string): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-redis-'));
  const [port = 0] = await freePorts(1);
  const server = await startRedisServer({ folder, port, settings: { appendfsync } });
  const node = await startParley({ store: { url: `redis://127.0.0.1:${port}` } });
  return {
    ...node,
    async stop() {
      await node.stop();
      server.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
