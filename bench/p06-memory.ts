import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { blockingCall } from './harness/calls.ts';
import { figure } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { benchAgent, deployAndWait, type ParleySubject, startNode } from './harness/parley-subject.ts';
import { descendants, residentMb } from './harness/processes.ts';
import type { Answer, Bar, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { median } from './harness/statistics.ts';
import { stopProgram } from './harness/subject.ts';

const settleMs = 2_000;

/** P6: what a node and its idle workers hold in memory, and whether a hundred deployments cost the callers of one. */
export const memory: Question = {
  id: 'P6',
  title: 'memory of the node alone, of an idle Node worker, and 100 deployments on one node',
  async answer(settings) {
    const book = new SampleBook();
    const deployments = settings.quick ? 10 : 100;
    for (let round = 0; round < Math.min(3, settings.rounds); round++) await measure(deployments, book, settings);
    return answerOf(book, deployments);
  },
};

async function measure(deployments: number, book: SampleBook, settings: BenchSettings): Promise<void> {
  book.add('bare node MB', await measureBareNode());
  const node = await startNode();
  try {
    await delay(settleMs);
    book.add('node alone MB', await residentMb(node.pid));
    await deployMany(node, 0, 1);
    book.add('p50 ms with 1', await measureCall(node, settings));
    await deployMany(node, 1, deployments);
    await delay(settleMs);
    const workers = await measureWorkers(node);
    book.add('running', workers.length);
    book.add('idle worker MB', median(workers));
    book.add(`node with ${deployments} MB`, await residentMb(node.pid));
    book.add(`p50 ms with ${deployments}`, await measureCall(node, settings));
  } finally {
    await node.stop();
  }
}

async function deployMany(node: ParleySubject, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    await deployAndWait(node.client, { kind: 'folder', path: benchAgent('echo') }, `bench-${index}`);
  }
}

async function measureCall(node: ParleySubject, settings: BenchSettings): Promise<number> {
  const plan = { ...blockingCall, url: node.urlOf('bench-0'), connections: 1, warmUpMs: 2_000 };
  return (await putLoad({ ...plan, measureMs: settings.seconds * 1_000 })).p50Ms;
}

async function measureWorkers(node: ParleySubject): Promise<readonly number[]> {
  const below = await descendants(node.pid);
  const workers = below.filter(({ command }) => command.includes('parley-host'));
  return await Promise.all(workers.map(({ pid }) => residentMb(pid)));
}

async function measureBareNode(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
  await delay(settleMs);
  const resident = await residentMb(child.pid ?? 0);
  await stopProgram(child);
  return resident;
}

function answerOf(book: SampleBook, deployments: number): Answer {
  const row = (name: string): readonly string[] => [name, figure(book.median(name))];
  const names = ['bare node MB', 'node alone MB', 'idle worker MB', 'running', `node with ${deployments} MB`];
  return {
    columns: ['what', 'median'],
    rows: [...names, 'p50 ms with 1', `p50 ms with ${deployments}`].map(row),
    bars: barsOf(book, deployments),
    samples: book.all(),
  };
}

function barsOf(book: SampleBook, deployments: number): readonly Bar[] {
  return [
    { what: 'the node alone, MB', value: book.median('node alone MB'), atMost: 120 },
    {
      what: 'idle worker against a bare Node process',
      value: book.ratio('idle worker MB', 'bare node MB'),
      atMost: 1.3,
    },
    { what: `workers running of ${deployments}`, value: book.median('running'), atLeast: deployments },
    {
      what: `p50 with ${deployments} deployments against 1`,
      value: book.ratio(`p50 ms with ${deployments}`, 'p50 ms with 1'),
      atMost: 1.1,
    },
  ];
}
