import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import type { Part, Task } from '../../src/protocol/index.ts';
import { assertClose, computeFigures, type Figures } from '../support/figures.ts';
import { projectFolder } from '../support/project.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';

const needs = requires('python3');
const productParts = ['bin', 'src', 'node', 'python', 'examples', 'package.json'];

let folder: string;
let node: TestNode;

before(async () => {
  folder = await createTestFolder();
  await copyProduct(join(folder, 'product'));
  node = await startExamples();
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

test('the analyst answers the figures of a table that was made now, and draws it', needs, async () => {
  const table = createTable();
  const task = await send('analyst', toFile(table));
  assert.equal(task.status.state, 'completed');
  const parts = task.artifacts.flatMap((artifact) => artifact.parts);
  const answer = parts.find((part) => 'data' in part)?.data as unknown as Analysis;
  assert.equal(answer.rows, table.rows.length);
  assert.deepEqual(Object.keys(answer.columns), ['price', 'orders']);
  assertClose(answer.columns['price'], figuresOf(table, 'price'));
  assertClose(answer.columns['orders'], figuresOf(table, 'orders'));
  const [chart] = parts.filter(({ mediaType }) => mediaType === 'image/svg+xml');
  assert.match(bytesOf(chart).toString(), /^<svg [^>]+>.*price.*orders.*<\/svg>\n$/s);
});

test('the reporter has the analyst look at the table, by A2A, and writes down its figures', needs, async () => {
  const table = createTable();
  const asked = (await node.client.tasks.list({ agent: 'analyst', pageSize: 100 })).totalSize;
  const task = await send('reporter', toFile(table));
  assert.equal(task.status.state, 'completed');
  assert.equal((await node.client.tasks.list({ agent: 'analyst', pageSize: 100 })).totalSize, asked + 1);
  const report = task.artifacts.find(({ name }) => name === 'report.md')?.parts[0];
  assert.ok(report && 'text' in report);
  const lines = report.text.split('\n');
  for (const column of ['price', 'orders'] as const) assert.ok(lines.includes(formatRow(table, column)), report.text);
  const chart = task.artifacts.find(({ name }) => name === 'chart')?.parts[0];
  const own = await send('analyst', toFile(table));
  const drawn = own.artifacts.flatMap(({ parts }) => parts).find(({ mediaType }) => mediaType === 'image/svg+xml');
  assert.deepEqual(bytesOf(chart), bytesOf(drawn));
});

test('the word count counts', needs, async () => {
  const task = await send('wordcount', { text: 'to be or\nnot to be' });
  assert.deepEqual(task.artifacts[0]?.parts[0], { data: { lines: 2, words: 6 } });
});

test('an example whose folder is gone answers no more, and what depends on it fails', needs, async () => {
  await node.close();
  await rm(join(folder, 'product', 'examples', 'analyst'), { recursive: true });
  node = await startExamples();
  const agents = (await node.client.agents.list()).filter(({ status }) => status === 'healthy').map(({ id }) => id);
  assert.deepEqual(agents.sort(), ['concierge', 'parley', 'reporter', 'wordcount']);
  const table = createTable();
  await assert.rejects(send('analyst', toFile(table)), (thrown) => hasCode(thrown, 'AGENT_NOT_FOUND'));
  assert.equal((await send('reporter', toFile(table))).status.state, 'failed');
  assert.equal((await send('wordcount', { text: 'still here' })).status.state, 'completed');
});

interface Table {
  readonly rows: readonly { readonly price: number; readonly orders: number; readonly place: string }[];
}

interface Analysis {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Figures>>;
}

function createTable(): Table {
  const length = 20 + Math.floor(Math.random() * 60);
  const rows = Array.from({ length }, (_, index) => ({
    price: Math.random() * 1e4 - 5e3,
    orders: Math.floor(Math.random() * 50),
    place: `town ${index}`,
  }));
  return { rows };
}

function toFile({ rows }: Table): Part {
  const lines = rows.map(({ price, orders, place }) => `${price},${orders},${place}`);
  const raw = Buffer.from(`price,orders,place\n${lines.join('\n')}\n`);
  return { raw, filename: 'table.csv', mediaType: 'text/csv' };
}

function figuresOf({ rows }: Table, column: 'price' | 'orders'): Figures {
  return computeFigures(rows.map((row) => row[column]));
}

function formatRow(table: Table, column: 'price' | 'orders'): string {
  const { count, mean, median, stdev, min, max } = figuresOf(table, column);
  const format = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
  return `| ${column} | ${[count, mean, median, stdev ?? 0, min, max].map((value) => format.format(value)).join(' | ')} |`;
}

function bytesOf(part: Part | undefined): Buffer {
  assert.ok(part && 'raw' in part);
  return Buffer.from(part.raw);
}

async function send(agentId: string, part: Part): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'user', parts: [part] } as const;
  const signal = AbortSignal.timeout(30_000);
  const item = await node.client.agent(agentId).send({ message, configuration: { returnImmediately: false } }, signal);
  assert.ok(item.kind === 'task');
  return item.task;
}

/** A copy whose examples may be changed; its dependencies are the project's own. */
async function copyProduct(product: string): Promise<void> {
  await mkdir(product);
  for (const name of productParts) await cp(join(projectFolder, name), join(product, name), { recursive: true });
  await symlink(join(projectFolder, 'node_modules'), join(product, 'node_modules'));
}

async function startExamples(): Promise<TestNode> {
  const product = join(folder, 'product');
  const started = await startTestNode({ dataFolder: join(folder, 'data'), product, args: ['--examples'] });
  await started.ready;
  return started;
}
