/**
 * `npm run bench`: all questions; `npm run bench -- P1 P2`: those. Prints Markdown and writes every measured value to
 * bench/results. `--rounds N`, `--seconds N`; `--quick`: small sizes, to see that it runs; `--keep`: make this the baseline,
 * and write its tables into bench/README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareWithBaseline, keepBaseline } from './harness/baseline.ts';
import { describeMachine } from './harness/machine.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { formatAnswer, formatMachine } from './harness/report.ts';
import { writeTables } from './harness/write-tables.ts';
import { blockingSend } from './p01-blocking-send.ts';
import { redisSend } from './p01r-redis-send.ts';
import { streaming } from './p02-streaming.ts';
import { surfaceProxy } from './p03-surface-proxy.ts';
import { grpcRouting } from './p04-grpc-routing.ts';
import { deployTime } from './p05-deploy.ts';
import { memory } from './p06-memory.ts';
import { logThroughput } from './p07-log.ts';
import { discovery } from './p09-discovery.ts';
import { replay } from './p10-replay.ts';
import { growth } from './p11-growth.ts';
import { chunks } from './p12-chunks.ts';
import { slowReader } from './p13-slow-reader.ts';
import { resilienceCost } from './p14-resilience.ts';
import { negotiations } from './p15-negotiations.ts';
import { openStreams } from './r05-open-streams.ts';

const questions: readonly Question[] = [
  blockingSend,
  redisSend,
  streaming,
  surfaceProxy,
  grpcRouting,
  deployTime,
  memory,
  logThroughput,
  discovery,
  replay,
  growth,
  chunks,
  slowReader,
  resilienceCost,
  negotiations,
  openStreams,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

if (values.quick && values.keep) {
  process.stderr.write('A quick run is no baseline: leave out --quick or --keep.\n');
  process.exit(2);
}

const settings: BenchSettings = {
  rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 2 : 10)),
  quick: values.quick,
  say: (line) => process.stderr.write(`  ${line}\n`),
};

const wanted = new Set(positionals.map((name) => name.toUpperCase()));
const unknown = [...wanted].filter((id) => !questions.some((question) => question.id === id));
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(', ')}. There is ${questions.map(({ id }) => id).join(', ')}.\n`);
  process.exit(2);
}

const machine = describeMachine();
process.stdout.write(`${formatMachine(machine)}\n\n`);
const answers: Record<string, Answer> = {};
const sections: Record<string, string> = {};
for (const question of questions.filter(({ id }) => wanted.size === 0 || wanted.has(id))) {
  process.stderr.write(`${question.id}: ${question.title}\n`);
  const answer = await question.answer(settings);
  answers[question.id] = answer;
  const section = formatAnswer(question, answer);
  sections[question.id] = section;
  process.stdout.write(`${section}\n\n${compareWithBaseline(question.id, answer.samples)}\n`);
}

const results = new URL('./results/', import.meta.url);
mkdirSync(results, { recursive: true });
const name = `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.raw.json`;
writeFileSync(new URL(name, results), JSON.stringify({ machine, settings, answers }, undefined, 2));
if (values.keep) {
  writeTables(formatMachine(machine), sections);
  keepBaseline(machine, Object.fromEntries(Object.entries(answers).map(([id, { samples }]) => [id, samples])));
}
