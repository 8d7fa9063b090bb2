import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from '../src/control/index.ts';
import { timeBareServer } from './harness/bare-server.ts';
import { figure, plusMinus, times } from './harness/format.ts';
import { benchAgent, deployAndWait, startNode } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { shuffle, spread } from './harness/statistics.ts';

const ballastBytes = 30_000_000;

const names = ['bare node', 'bare python', 'node package', 'python package', 'package of 30 MB, cold'] as const;
type Name = (typeof names)[number];

/** P5: how long until a package that is deployed is healthy. */
export const deployTime: Question = {
  id: 'P5',
  title: 'from the deploy call to healthy, against the bare interpreter up to its first HTTP 200',
  async answer(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-packages-'));
    try {
      return answerOf(await measure(folder, settings));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, settings: BenchSettings): Promise<SampleBook> {
  const book = new SampleBook();
  for (let round = 0; round < settings.rounds; round++) {
    const ballast = await packBallast(folder, round);
    for (const name of shuffle(names)) {
      const elapsedMs = await timeOnce(name, ballast);
      book.add(name, elapsedMs);
      settings.say(`${name}: ${Math.round(elapsedMs)} ms`);
    }
  }
  return book;
}

function timeOnce(name: Name, ballast: string): Promise<number> {
  switch (name) {
    case 'bare node':
      return timeBareServer('node');
    case 'bare python':
      return timeBareServer('python');
    case 'node package':
      return timeDeploy({ kind: 'folder', path: benchAgent('echo') });
    case 'python package':
      return timeDeploy({ kind: 'folder', path: benchAgent('python-echo') });
    case 'package of 30 MB, cold':
      return timeDeploy({ kind: 'file', path: ballast });
  }
}

/** On a node of its own, so that nothing is cached. */
async function timeDeploy(source: Parameters<typeof deployAndWait>[1]): Promise<number> {
  const node = await startNode();
  try {
    const startMs = performance.now();
    await deployAndWait(node.client, source);
    return performance.now() - startMs;
  } finally {
    await node.stop();
  }
}

/** The echo agent with 30 MB of noise, which no compression makes smaller. */
async function packBallast(folder: string, round: number): Promise<string> {
  const source = join(folder, `package-${round}`);
  await cp(benchAgent('echo'), source, { recursive: true });
  await writeFile(join(source, 'ballast.bin'), randomBytes(ballastBytes));
  const { file } = await packFolder(source, join(folder, `ballast-${round}.apkg`));
  return file;
}

function answerOf(book: SampleBook): Answer {
  const row = (name: Name, bare?: Name): readonly string[] => [
    name,
    figure(book.median(name)),
    plusMinus(spread(book.get(name))),
    bare === undefined ? '' : times(book.ratio(name, bare)),
  ];
  return {
    columns: ['what', 'ms', 'spread', 'against bare'],
    rows: [
      row('bare node'),
      row('node package', 'bare node'),
      row('bare python'),
      row('python package', 'bare python'),
      row('package of 30 MB, cold'),
    ],
    bars: [
      { what: 'Node package against bare Node', value: book.ratio('node package', 'bare node'), atMost: 3 },
      { what: 'Python package against bare Python', value: book.ratio('python package', 'bare python'), atMost: 3 },
      { what: 'package of 30 MB, cold, ms', value: book.median('package of 30 MB, cold'), atMost: 5_000 },
    ],
    samples: book.all(),
  };
}
