import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../scripts/services/free-port.ts';
import { kafkaPortCount, startKafkaServer } from '../scripts/services/kafka.ts';
import { startRedisServer } from '../scripts/services/redis.ts';
import { createShortId } from '../src/base/index.ts';
import type { Log } from '../src/log/index.ts';
import { openKafkaLog } from '../src/log/kafka/index.ts';
import { openRedisLog } from '../src/log/redis/index.ts';
import { openSqliteLog } from '../src/log/sqlite/index.ts';
import { figure, plusMinus, times } from './harness/format.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle, spread } from './harness/statistics.ts';
import { decodeValue, encodeValue } from './peers/avro-value.ts';
import { openRawKafka, openRawRedis, openRawSqlite, type RawLog } from './peers/raw-logs.ts';

const batchSize = 100;
const batchesInFlight = 8;
const bar = 0.7;
const media = ['sqlite', 'redis', 'kafka'] as const;

/** Where one kind of log is: a file's folder, or a server's address. */
type Places = Readonly<Record<(typeof media)[number], string>>;

/** P7: what the log costs beside the bare driver that carries the same bytes. */
export const logThroughput: Question = {
  id: 'P7',
  title: 'log append → consumed, batches of 100: adapters against the raw drivers',
  async answer(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-log-'));
    const stops: (() => void)[] = [];
    try {
      return await measure(await startServers(folder, stops), settings);
    } finally {
      for (const stop of stops) stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function startServers(folder: string, stops: (() => void)[]): Promise<Places> {
  const [redisPort = 0, clients = 0, controller = 0, internal = 0] = await freePorts(1 + kafkaPortCount);
  const redis = await startRedisServer({ folder, port: redisPort });
  stops.push(() => redis.kill('SIGKILL'));
  const kafka = await startKafkaServer({ folder, ports: { clients, controller, internal } });
  stops.push(() => kafka.kill('SIGKILL'));
  return { sqlite: folder, redis: `redis://127.0.0.1:${redisPort}/0`, kafka: `kafka://127.0.0.1:${clients}` };
}

async function measure(places: Places, { rounds, quick, say }: BenchSettings): Promise<Answer> {
  const records = quick ? 10_000 : 200_000;
  const book = new SampleBook();
  const rivals = media.flatMap((medium) => [
    { name: medium, open: async () => adapt(await openLog(medium, places)) },
    { name: `${medium}, raw`, open: () => openRaw(medium, places) },
  ]);
  for (let round = 0; round < rounds; round++) {
    for (const { name, open } of shuffle(rivals)) {
      const perSecond = await carry(await open(), records);
      book.add(name, perSecond);
      say(`round ${round}: ${name}, ${figure(perSecond)} records/s`);
    }
  }
  return answerOf(book);
}

function openLog(medium: (typeof media)[number], places: Places): Promise<Log> {
  if (medium === 'kafka') return openKafkaLog({ url: places.kafka });
  if (medium === 'redis') return openRedisLog({ url: places.redis, prefix: createShortId() });
  return openSqliteLog({ file: join(places.sqlite, `${createShortId()}.sqlite`) });
}

function openRaw(medium: (typeof media)[number], places: Places): Promise<RawLog> {
  if (medium === 'kafka') return openRawKafka(places.kafka, `raw-${createShortId()}`);
  if (medium === 'redis') return openRawRedis(places.redis, `raw-${createShortId()}`);
  return openRawSqlite(join(places.sqlite, `${createShortId()}.sqlite`));
}

/** The log in the words of the raw ones: one topic of one partition, one member. */
async function adapt(log: Log): Promise<RawLog> {
  const topic = `bench-${createShortId()}`;
  await log.createTopic({ name: topic, partitions: 1 });
  return {
    append: async (batch) => void (await log.publish(topic, batch)),
    async consume(onValue) {
      const membership = await log.join({
        ...{ group: topic, topics: [topic], maxBatch: 1_000 },
        onAssigned() {},
        onRevoked: () => Promise.resolve(),
        async onRecords({ partition, records }) {
          for (const { value } of records) onValue(value ?? new Uint8Array());
          void membership.commit({ topic, partition, offset: (records.at(-1)?.offset ?? 0) + 1 }).catch(() => {});
        },
      });
    },
    close: () => log.close(),
  };
}

/** Records per second, from the first that is encoded to the last that is decoded. */
async function carry(log: RawLog, records: number): Promise<number> {
  const all = Promise.withResolvers<void>();
  let consumed = 0;
  await log.consume((value) => {
    decodeValue(value);
    consumed += 1;
    if (consumed === records) all.resolve();
  });
  const beginMs = performance.now();
  let published = 0;
  const publish = async (): Promise<void> => {
    while (published < records) {
      const from = published;
      published += batchSize;
      await log.append(
        Array.from({ length: batchSize }, (_, n) => ({ key: `key-${n}`, value: encodeValue(from + n) })),
      );
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, publish));
  await all.promise;
  const seconds = (performance.now() - beginMs) / 1_000;
  await log.close();
  return records / seconds;
}

function answerOf(book: SampleBook): Answer {
  return {
    columns: ['log', 'records/s', 'spread', 'raw driver, records/s', 'spread', 'against it'],
    rows: media.map((medium) => {
      const raw = `${medium}, raw`;
      const columns = [medium, raw].flatMap((name) => [figure(book.median(name)), plusMinus(spread(book.get(name)))]);
      return [medium, ...columns, times(book.ratio(medium, raw))];
    }),
    bars: media.map((medium) => ({
      what: `${medium} against its raw driver`,
      value: book.ratio(medium, `${medium}, raw`),
      atLeast: bar,
    })),
    notes: [
      'Values of about 200 bytes, Avro on both sides; publisher and consumer in one process, one partition, 8 batches in flight.',
      'Kafka: idempotent, acknowledged by all replicas (of one broker). SQLite: synchronous FULL. Redis: AOF every second.',
    ],
    samples: book.all(),
  };
}
