import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createTestFolder,
  deployHealthy,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const manifest = 'name: shaky\nversion: 1.0.0\nruntime: node24\nexports:\n  - { name: work, handler: agent.work }\n';
let node: TestNode;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  node = await startTestNode();
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

async function deployShaky(body: string): Promise<void> {
  const path = join(folder, 'shaky');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'agent.yaml'), manifest);
  await writeFile(join(path, 'agent.js'), `export function work(input) { ${body} }\n`);
  await deployHealthy(node, { source: { kind: 'folder', path } });
}

function parley(...args: readonly string[]): ReturnType<typeof runParley> {
  return runParley(...args, '--url', node.url, '--token', node.token);
}

async function sendOne(): Promise<void> {
  await parley('send', 'shaky', 'hi');
}

interface Listed {
  readonly letters: readonly { readonly id: string; readonly code: string }[];
}

async function list(...args: readonly string[]): Promise<Listed['letters']> {
  const { stdout } = await parley('dlq', 'list', ...args, '-o', 'json');
  return (JSON.parse(stdout) as Listed).letters;
}

test('what a crashing agent left is redriven from the command line once the agent is mended, one and many', async () => {
  await deployShaky('process.exit(7);');
  for (let i = 0; i < 3; i++) await sendOne();
  const letters = await list('--agent', 'shaky');
  assert.deepEqual(
    letters.map(({ code }) => code),
    Array(3).fill('OUTCOME_UNKNOWN'),
  );
  const [taskId = ''] = letters.map((letter) => letter.id);
  assert.match((await parley('dlq', 'show', taskId)).stdout, /it exited with code 7.*"text": "hi"/s);
  await deployShaky('return { done: input };');
  assert.equal((await parley('dlq', 'redrive', taskId)).code, 0);
  await waitUntil('the task is completed', async () => (await node.client.tasks.get(taskId)).state === 'completed');
  const many = await parley('dlq', 'redrive', '--agent', 'shaky', '--rate', '100', '-o', 'json');
  assert.equal((JSON.parse(many.stdout) as { done: string[] }).done.length, 2);
  await waitUntil('all are completed', async () => {
    const { tasks } = await node.client.tasks.list({ agent: 'shaky', state: 'completed', pageSize: 10 });
    return tasks.length === 3;
  });
  assert.deepEqual(await list(), []);
  const again = await parley('dlq', 'redrive', taskId);
  assert.deepEqual([again.code, /NOT_FOUND/.test(again.stdout)], [1, true]);
});

test('a redrive of nothing in particular is refused', async () => {
  assert.equal((await parley('dlq', 'redrive')).code, 2);
  assert.equal((await parley('dlq', 'redrive', 'some-task', '--all')).code, 2);
});

test('a breaker is opened and closed from the command line, and callers are told when to come back', async () => {
  await deployShaky('return { done: input };');
  assert.equal((await parley('breaker', 'open', 'shaky', '--for', '60', '--reason', 'upgrade')).code, 0);
  const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'hi' }] };
  const refused = await fetch(`${node.url}/a2a/shaky/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  const seconds = Number(refused.headers.get('retry-after'));
  assert.equal(refused.status, 503);
  assert.ok(seconds > 30 && seconds <= 60, `${seconds} s`);
  assert.match((await parley('breaker', 'list')).stdout, /shaky +open .*upgrade/);
  assert.equal((await parley('breaker', 'close', 'shaky')).code, 0);
  assert.equal((await parley('send', 'shaky', 'hi')).code, 0);
});
