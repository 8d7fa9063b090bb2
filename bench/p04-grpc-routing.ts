import { figure, plusMinus, times } from './harness/format.ts';
import {
  type GrpcNode,
  type GrpcWay,
  hasNginx,
  named,
  startBarePipe,
  startGrpcNode,
  startNginx,
} from './harness/grpc-subject.ts';
import { putGrpcLoad } from './harness/load.ts';
import type { Answer, Bar, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle, spread } from './harness/statistics.ts';

const direct = 'the socket itself';
const bare = 'bare pipe';
const nginx = 'nginx';
const router = 'parley';
const streams = 10;
const call = { path: '/bench.v1.Echo/Say', metadata: named, message: 'hello, agent', expect: 'hello, caller', streams };

/** P4: what the way through the node to a package's own gRPC service costs. */
export const grpcRouting: Question = {
  id: 'P4',
  title: `a package's own gRPC service by x-deployment-id, unary, ${streams} streams on one connection`,
  async answer(settings): Promise<Answer> {
    const names = [direct, bare, ...(hasNginx() ? [nginx] : []), router];
    const book = new SampleBook();
    for (let round = 0; round < settings.rounds; round++) {
      await measureRound(settings, book);
      settings.say(`round ${round + 1} of ${settings.rounds}`);
    }
    return {
      columns: ['way', 'calls/s', 'spread', 'p50 ms', 'p99 ms', 'against the bare pipe'],
      rows: names.map((name) => rowOf(book, name)),
      bars: barsOf(book),
      notes: [
        'The same worker, in a process of its own, answers on every way, without looking. The bare pipe is node:http2 on both sides; nginx has one worker and chooses by the same header.',
        ...(hasNginx() ? [] : ['nginx is not installed on this machine.']),
      ],
      samples: book.all(),
    };
  },
};

async function measureRound(settings: BenchSettings, book: SampleBook): Promise<void> {
  const node = await startGrpcNode();
  const rivals = await startRivals(node);
  try {
    const ways = new Map([[direct, node.socketPath], [router, node.address], ...rivals.map(toEntry)] as const);
    for (const address of ways.values()) await putGrpcLoad({ ...call, address, warmUpMs: 0, measureMs: 2_000 });
    for (const [name, address] of shuffle([...ways])) {
      const load = await putGrpcLoad({ ...call, address, warmUpMs: 1_000, measureMs: settings.seconds * 1_000 });
      book.add(`${name} per s`, load.perSecond);
      book.add(`${name} p50 ms`, load.p50Ms);
      book.add(`${name} p99 ms`, load.p99Ms);
      settings.say(`${name}: ${Math.round(load.perSecond)}/s, p99 ${load.p99Ms.toFixed(2)} ms`);
    }
  } finally {
    await Promise.all(rivals.map(([, way]) => way.stop()));
    await node.stop();
  }
}

type Rival = readonly [name: string, way: GrpcWay];

async function startRivals({ socketPath }: GrpcNode): Promise<readonly Rival[]> {
  const pipe: Rival = [bare, await startBarePipe(socketPath)];
  return hasNginx() ? [pipe, [nginx, await startNginx(socketPath)]] : [pipe];
}

function toEntry([name, { address }]: Rival): readonly [string, string] {
  return [name, address];
}

function rowOf(book: SampleBook, name: string): readonly string[] {
  return [
    name,
    figure(book.median(`${name} per s`)),
    plusMinus(spread(book.get(`${name} per s`))),
    figure(book.median(`${name} p50 ms`)),
    figure(book.median(`${name} p99 ms`)),
    times(book.ratio(`${name} per s`, `${bare} per s`)),
  ];
}

function barsOf(book: SampleBook): readonly Bar[] {
  const against = (rival: string, atLeast: number): Bar => ({
    what: `calls/s against ${rival}`,
    value: book.ratio(`${router} per s`, `${rival} per s`),
    atLeast,
  });
  return [against(bare, 0.9), ...(hasNginx() ? [against(nginx, 0.6)] : [])];
}
