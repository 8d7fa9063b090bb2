import assert from 'node:assert/strict';
import { test } from 'node:test';

interface ExampleModule {
  readonly [name: string]: (...values: never[]) => unknown;
}

async function load(path: string): Promise<ExampleModule> {
  return (await import(new URL(`../../examples/${path}`, import.meta.url).href)) as ExampleModule;
}

async function call<T>(path: string, name: string, ...values: unknown[]): Promise<T> {
  const module = await load(path);
  return module[name]?.(...(values as never[])) as T;
}

const figures = { count: 3, mean: 10, median: 2, stdev: 12, min: 1, max: 27 };

test('a report has a row for each column and remarks on what stands out', async () => {
  const columns = { 'a|b': figures, single: { ...figures, stdev: null, count: 4 } };
  const report = await call<string>('reporter/format-report.mjs', 'formatReport', 'sales.csv', { rows: 4, columns });
  assert.match(report, /^# Report on sales\.csv\n\n4 rows, 2 columns of numbers\.\n/);
  assert.match(report, /\| a\\\|b \| 3 \| 10 \| 2 \| 12 \| 1 \| 27 \|/);
  assert.match(report, /\| single \| 4 \| 10 \| 2 \| – \|/);
  assert.match(report, /\*\*a\|b\*\* is empty in 1 of 4 rows/);
  assert.match(report, /\*\*a\|b\*\* is uneven: its mean lies well above its median/);
});

test('the reporter hands its file to the analyst, says how it goes, and sends report and chart', async () => {
  const log: unknown[] = [];
  const table = { name: 'sales.csv', type: 'text/csv', bytes: new Uint8Array([1]) };
  const context = {
    status: async (text: string) => void log.push(text),
    artifact: async ({ name, text }: { name: string; text?: string }) => void log.push([name, text?.split('\n')[0]]),
    call: async (agent: string, input: object) => {
      log.push([agent, input]);
      return { data: { rows: 3, columns: { a: figures } }, files: [{ name: 'chart.svg', bytes: new Uint8Array([2]) }] };
    },
  };
  await call('reporter/reporter.mjs', 'report', { files: [table] }, context);
  assert.deepEqual(log, [
    'Asking the analyst about sales.csv',
    ['analyst', { files: [table] }],
    'Writing the report',
    ['report.md', '# Report on sales.csv'],
    ['chart', undefined],
  ]);
  assert.deepEqual(await call('reporter/reporter.mjs', 'report', {}, context), {
    status: 'error',
    message: 'There is no table: send a CSV file.',
  });
});

test('the number of people is taken from the answer, or asked for again', async () => {
  for (const [text, guests] of [
    ['4', 4],
    ['We are 12, maybe 13', 12],
    ['0', undefined],
    ['101', undefined],
    ['four', undefined],
    [undefined, undefined],
  ]) {
    assert.equal(await call('concierge/menu.mjs', 'parseGuests', text), guests, String(text));
  }
});

test('the concierge asks until it understands, then writes course by course', async () => {
  const questions: string[] = [];
  const answers = ['a few', 'we are 2'];
  const context = {
    signal: new AbortController().signal,
    ask: async (question: string) => {
      questions.push(question);
      return { text: answers.shift() };
    },
  };
  const plan = await call<AsyncIterable<string>>(
    'concierge/concierge.mjs',
    'planDinner',
    { text: 'Dinner on Friday' },
    context,
  );
  const chunks: string[] = [];
  for await (const chunk of plan) chunks.push(chunk);
  assert.equal(questions.length, 2);
  assert.match(questions[1] ?? '', /did not understand "a few"/);
  assert.deepEqual(chunks, [
    'Dinner on Friday, for 2:\n',
    '- Tomato soup (500 g tomatoes, 10 g basil)\n',
    '- Mushroom risotto (160 g rice, 240 g mushrooms, 600 ml stock)\n',
    '- Pears in red wine (2 pears, 200 ml red wine)\n',
  ]);
});
