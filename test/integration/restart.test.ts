import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Task } from '../../src/protocol/index.ts';
import { type After, createAfter } from '../faults/runtime-fixture.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { findDescendants, findProcesses, isRunning } from '../support/process-table.ts';
import { projectFolder } from '../support/project.ts';
import { requires } from '../support/requires.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
  untilDeployment,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const linux = requires('procfs');
const options = { ...linux, timeout: 60_000 };
const dyingNode = fileURLToPath(new URL('./dying-node.ts', import.meta.url));

test('after kill -9 each deployment is what it was to be, and no process is left', options, async (t) => {
  const { after, gate, dataFolder } = await createWorld(t);
  const killed = await startTestNode({ dataFolder, settings: { workers: { drainGraceMs: 60_000 } } });
  const task = await fillNode(killed, gate);
  const processes = findDescendants(killed.pid);
  assert.ok(processes.length >= 5, `only ${processes.length} processes`);
  await killed.kill();
  await waitUntil('all its processes have ended', () => !processes.some(isRunning));
  assert.deepEqual(findProcesses(dataFolder), []);

  const node = await startTestNode({ dataFolder });
  after(() => node.close());
  await untilDeployment(node, 'was-healthy', ({ status }) => status === 'healthy');
  await untilDeployment(node, 'was-busy', ({ status }) => status === 'healthy');
  const { client } = node;
  const restarted = await client.deployments.get('was-starting');
  assert.ok(['loading', 'starting'].includes(restarted.status), restarted.status);
  gate.open('load');
  await untilDeployment(node, 'was-starting', ({ status }) => status === 'healthy');
  const failed = await untilDeployment(node, 'was-failed', ({ status }) => status === 'failed');
  assert.match(failed.message ?? '', /this module cannot be loaded/);
  for (const id of ['was-stopping', 'was-stopped']) {
    assert.equal((await client.deployments.get(id)).status, 'stopped', id);
  }
  assert.equal((await send(node, 'healthy', 'object', { a: 1, b: 2 })).status.state, 'completed');
  const unfinished = await client.agent('busy').getTask(task);
  assert.deepEqual(
    [unfinished.status.state, unfinished.status.message?.metadata?.['code']],
    ['failed', 'OUTCOME_UNKNOWN'],
  );
});

for (const status of ['downloading', 'loading'] as const) {
  test(`a deployment whose node was killed while it was ${status} comes back by itself`, options, async (t) => {
    const { after, dataFolder } = await createWorld(t);
    await dieWhile(status, dataFolder);
    const node = await startTestNode({ dataFolder });
    after(() => node.close());
    await untilDeployment(node, 'dying', ({ status }) => status === 'healthy');
    assert.equal((await send(node, 'node-tester', 'object', { a: 1, b: 2 })).status.state, 'completed');
  });
}

test(
  'a deployment whose node was killed before it was acknowledged is there whole, or not at all',
  options,
  async (t) => {
    const { after, dataFolder } = await createWorld(t);
    await dieWhile('pending', dataFolder);
    const node = await startTestNode({ dataFolder });
    after(() => node.close());
    if ((await node.client.deployments.list()).length === 0) return;
    await untilDeployment(node, 'dying', ({ status }) => status === 'healthy');
  },
);

test('a node that is stopped while it still deploys ends in order and without a complaint', async (t) => {
  const { after } = await createWorld(t);
  const node = await startTestNode({ args: ['--examples'] });
  after(() => node.close());
  await node.close();
  const lines = node.output().trim().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { event?: string }).event),
    ['up', 'stopping', 'stopped'],
  );
});

test('a second node on the same data folder is refused with the process id of the first', async (t) => {
  const node = await startTestNode();
  t.after(() => node.close());
  const { code, stdout, stderr } = await runParley('up', '--data-folder', node.dataFolder, '--port', '0');
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`\\b${node.pid}\\b`));
  assert.equal((await node.client.node.status()).pid, node.pid);
});

test('a data folder that cannot be one is told with what to do', async (t) => {
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const dataFolder of [file, join(file, 'inside')]) {
    const { code, stdout, stderr } = await runParley('up', '--data-folder', dataFolder, '--port', '0');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /The data folder \S+file\S* cannot be used .*--data-folder/);
  }
});

test('what npm sends to the shell of "npm start" reaches the node', async (t) => {
  const dataFolder = await createTestFolder();
  t.after(() => removeFolder(dataFolder));
  const { scripts } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'));
  const line = `${scripts.start} --port 0 -o json --data-folder ${dataFolder}`;
  const shell = spawn('sh', ['-c', line], {
    cwd: projectFolder,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => spawnSync('kill', ['-KILL', '--', `-${shell.pid}`], { stdio: 'ignore' }));
  const closed = once(shell, 'close');
  let output = '';
  shell.stdout.on('data', (chunk) => (output += String(chunk)));
  await waitUntil('the node is up', () => output.includes('"event":"up"'));
  shell.kill('SIGTERM');
  const [code] = await once(shell, 'exit');
  assert.equal(code, 0, 'the shell has left the node behind');
  await closed;
  assert.match(output, /"event":"stopped"/);
});

/** A gate, and a data folder that several nodes use, one after the other. */
async function createWorld(t: TestContext): Promise<{ after: After; gate: Gate; dataFolder: string }> {
  const after = createAfter(t);
  const folder = await createTestFolder();
  after(() => removeFolder(folder));
  const gate = await openGate(folder);
  after(() => gate.close());
  return { after, gate, dataFolder: join(folder, 'data') };
}

/** A deployment in each state that lasts, and one with a call in a worker that sees and hears nothing; that call's task. */
async function fillNode(node: TestNode, gate: Gate): Promise<string> {
  const deploy = (agentId: string, fixture: string) => ({
    source: { kind: 'folder', path: fixtureAgent(fixture) } as const,
    agentId,
    deploymentId: `was-${agentId}`,
    environment: { GATE: gate.path },
  });
  const { deployments } = node.client;
  await deployments.deploy(deploy('starting', 'slow-start'));
  await deployments.deploy(deploy('failed', 'broken'));
  await Promise.all([
    ...['healthy', 'stopping', 'stopped'].map((agentId) => deployHealthy(node, deploy(agentId, 'node'))),
    deployHealthy(node, deploy('busy', 'burner-node')),
  ]);
  await deployments.stop('was-stopped');
  const { id } = await send(node, 'busy', 'blocked', {}, true);
  await send(node, 'stopping', 'together', { gate: 'never' }, true);
  await gate.arrived('never');
  deployments.stop('was-stopping').catch(() => {});
  await untilDeployment(node, 'was-stopping', ({ status }) => status === 'stopping');
  await untilDeployment(node, 'was-failed', ({ status }) => status === 'failed');
  await gate.arrived('load');
  return id;
}

async function dieWhile(status: string, dataFolder: string): Promise<void> {
  const args = [dyingNode, dataFolder, fixtureAgent('node'), status];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
}

async function send(
  { client }: TestNode,
  agentId: string,
  skill: string,
  data: Readonly<Record<string, number | string>>,
  returnImmediately: boolean = false,
): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'user', parts: [{ data }], metadata: { skill } } as const;
  const signal = AbortSignal.timeout(30_000);
  const item = await client.agent(agentId).send({ message, configuration: { returnImmediately } }, signal);
  assert.ok(item.kind === 'task');
  return item.task;
}
