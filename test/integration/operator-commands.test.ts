import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createTestFolder,
  deployHealthy,
  exampleAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

let folder: string;
let node: TestNode;

before(async () => {
  folder = await createTestFolder();
  node = await startTestNode();
  for (const name of ['early', 'late']) {
    await deployHealthy(node, { source: { kind: 'folder', path: await copyWordcount(name) } });
  }
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

async function copyWordcount(name: string): Promise<string> {
  const path = join(folder, name);
  await cp(exampleAgent('wordcount'), path, { recursive: true });
  const manifest = await readFile(join(path, 'agent.yaml'), 'utf8');
  await writeFile(join(path, 'agent.yaml'), manifest.replace('name: wordcount', `name: ${name}`));
  return path;
}

const run = (...args: readonly string[]): ReturnType<typeof runParley> =>
  runParley(...args, '--url', node.url, '--token', node.token);

test('tasks are found and listed after their agent, or one before it in the alphabet, has stopped', async () => {
  const ids = new Map<string, string>();
  for (const agent of ['early', 'late']) {
    const sent = await run('send', agent, 'one two', '-o', 'json');
    assert.equal(sent.code, 0, sent.stderr);
    ids.set(agent, JSON.parse(sent.stdout).task.id as string);
  }
  assert.equal((await run('stop', 'early')).code, 0);
  for (const [agent, id] of ids) {
    const found = await run('task', 'get', id);
    assert.deepEqual([found.code, JSON.parse(found.stdout).words], [0, 2], `${agent}: ${found.stderr}`);
    const listed = await run('task', 'list', '--agent', agent, '-o', 'json');
    assert.equal(listed.code, 0, listed.stderr);
    assert.deepEqual(
      JSON.parse(listed.stdout).tasks.map((task: { id: string }) => task.id),
      [id],
    );
  }
  const missing = await run('task', 'get', 'nope', '-o', 'json');
  assert.deepEqual([missing.code, JSON.parse(missing.stderr).error.code], [1, 'TASK_NOT_FOUND']);
  assert.match((await run('task', 'list', '--agent', 'nobody')).stderr, /no agent or deployment "nobody"/);
});

test('a stream that ends a while after its last item is shown to its end', async () => {
  const path = join(folder, 'stream');
  await mkdir(path);
  await writeFile(join(path, 'agent.yaml'), 'name: stream\nversion: 1.0.0\nruntime: node24\nentrypoint: agent:tell\n');
  const pause = 'await new Promise((done) => setTimeout(done, 60))';
  await writeFile(
    join(path, 'agent.mjs'),
    `export async function* tell() { yield 'one'; ${pause}; yield 'two'; ${pause}; }`,
  );
  await deployHealthy(node, { source: { kind: 'folder', path } });
  const { code, stdout, stderr } = await run('send', 'stream', 'hi');
  assert.deepEqual([code, stdout], [0, 'onetwo'], stderr);
  assert.match(stderr, /^completed$/m);
});

test('a value that only the node refuses is a wrong command line, exit code 2; what is not there stays a failure', async () => {
  const refused = [
    ['scale', 'late', '1000'],
    ['deploy', join(folder, 'late'), '--id', 'not an id'],
    ['deploy', join(folder, 'late'), '--sha256', 'xyz'],
    ['log', 'topics', 'create', 'not a topic'],
    ['task', 'list', '--page-token', 'garbage'],
    ['agents', 'add', 'nowhere'],
  ];
  for (const args of refused) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ''], `${args.join(' ')}: ${stderr}`);
  }
  assert.equal((await run('describe', 'nobody')).code, 1);
  assert.equal((await run('send', 'late', 'hi', '--skill', 'nothing')).code, 1);
});
