import { figure, plusMinus, times } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import type { Answer, Bar, BenchSettings, Question } from './harness/question.ts';
import { startBareProxy, startRoutes } from './harness/routes-subject.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle, spread } from './harness/statistics.ts';
import type { LoadPlan } from './load/load-plan.ts';

const direct = 'the socket itself';
const bare = 'bare proxy';
const frontDoor = 'parley, below the front door';
const ownPort = 'parley, own port';
const names = [direct, bare, frontDoor, ownPort];

const connections = 16;
const perSecond = 1_000;
const call = { headers: {}, body: '{"text":"hello, agent"}', expect: 'hello, caller', connections };

type Way = Pick<LoadPlan, 'url' | 'socketPath'>;

/** P3: what the way through the node to a package's own route costs. */
export const surfaceProxy: Question = {
  id: 'P3',
  title: `a package's own route, ${connections} connections: latency at ${perSecond} requests/s, and throughput`,
  async answer(settings): Promise<Answer> {
    const book = new SampleBook();
    for (let round = 0; round < settings.rounds; round++) {
      await measureRound(settings, book);
      settings.say(`round ${round + 1} of ${settings.rounds}`);
    }
    return {
      columns: ['way', 'p50 ms', 'added', 'p99 ms', 'added', 'requests/s', 'spread', 'against the bare proxy'],
      rows: names.map((name) => rowOf(book, name)),
      bars: barsOf(book),
      notes: [
        'The same worker, in a process of its own, answers on every way. The bare proxy is node:http and a pool of undici.',
      ],
      samples: book.all(),
    };
  },
};

async function measureRound(settings: BenchSettings, book: SampleBook): Promise<void> {
  const routes = await startRoutes();
  const proxy = await startBareProxy(routes.socketPath);
  try {
    const ways = new Map<string, Way>([
      [direct, { url: 'http://worker/echo', socketPath: routes.socketPath }],
      [bare, { url: `${proxy.url}/echo` }],
      [frontDoor, { url: `${routes.frontDoor}/echo` }],
      [ownPort, { url: `${routes.ownPort}/echo` }],
    ]);
    for (const way of ways.values()) await putLoad({ ...call, ...way, warmUpMs: 0, measureMs: 2_000 });
    for (const [name, way] of shuffle([...ways])) await measure(name, way, settings, book);
  } finally {
    await proxy.stop();
    await routes.stop();
  }
}

async function measure(name: string, way: Way, settings: BenchSettings, book: SampleBook): Promise<void> {
  const plan = { ...call, ...way, warmUpMs: 1_000, measureMs: settings.seconds * 1_000 };
  const paced = await putLoad({ ...plan, perSecond });
  book.add(`${name} p50 ms`, paced.p50Ms);
  book.add(`${name} p99 ms`, paced.p99Ms);
  const full = await putLoad(plan);
  book.add(`${name} per s`, full.perSecond);
  settings.say(
    `${name}: p99 ${paced.p99Ms.toFixed(2)} ms at ${Math.round(paced.perSecond)}/s, ${Math.round(full.perSecond)}/s`,
  );
}

function rowOf(book: SampleBook, name: string): readonly string[] {
  return [
    name,
    figure(book.median(`${name} p50 ms`)),
    figure(added(book, name, 'p50 ms')),
    figure(book.median(`${name} p99 ms`)),
    figure(added(book, name, 'p99 ms')),
    figure(book.median(`${name} per s`)),
    plusMinus(spread(book.get(`${name} per s`))),
    times(book.ratio(`${name} per s`, `${bare} per s`)),
  ];
}

function barsOf(book: SampleBook): readonly Bar[] {
  return [frontDoor, ownPort].flatMap((name): readonly Bar[] => [
    { what: `${name}: p50 added, ms`, value: added(book, name, 'p50 ms'), atMost: 0.5 },
    { what: `${name}: p99 added, ms`, value: added(book, name, 'p99 ms'), atMost: 3 },
    {
      what: `${name}: requests/s against the bare proxy`,
      value: book.ratio(`${name} per s`, `${bare} per s`),
      atLeast: 0.8,
    },
  ]);
}

/** Over the socket itself, in milliseconds. */
function added(book: SampleBook, name: string, figureName: string): number {
  return book.median(`${name} ${figureName}`) - book.median(`${direct} ${figureName}`);
}
