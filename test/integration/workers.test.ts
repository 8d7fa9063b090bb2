import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DeployRequest, type PackageSource, packFolder } from '../../src/control/index.ts';
import type { Task } from '../../src/protocol/index.ts';
import { type Gate, openGate } from '../support/gate.ts';
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

interface Kind {
  readonly name: 'node' | 'python' | 'program';
  readonly needs: { readonly skip: string | false };
  /** Skills that such a package cannot have. */
  readonly without: readonly string[];
}

const kinds: readonly Kind[] = [
  { name: 'node', needs: { skip: false }, without: [] },
  { name: 'python', needs: requires('python3'), without: [] },
  { name: 'program', needs: { skip: false }, without: ['bytes', 'stream'] },
];

const four = { raw: Buffer.from([0, 1, 254, 255]), filename: 'four.bin', mediaType: 'application/x-four' };

/** What becomes of a handler's value; all are called with `{a: 2, b: 3, name: "Ada"}`. */
const answers: readonly { readonly skill: string; readonly parts: readonly object[] }[] = [
  { skill: 'object', parts: [{ data: { sum: 5 } }] },
  { skill: 'text', parts: [{ text: 'Hello Ada' }] },
  { skill: 'bytes', parts: [four] },
  { skill: 'stream', parts: [{ text: 'one ' }, { text: 'two ' }, { text: 'three' }] },
  { skill: 'nothing', parts: [] },
];

let node: TestNode;
let gate: Gate;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode(), openGate(folder)]);
  await Promise.all(kinds.filter(({ needs }) => needs.skip === false).map(({ name }) => deployKind(name)));
});

after(async () => {
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

test('a Node handler that gives a function fails its own call, and no other of its worker', async () => {
  const place = 'beside-code';
  const beside = send('node-tester', 'together', { gate: place });
  await gate.arrived(place);
  const task = await send('node-tester', 'code');
  assert.equal(task.status.state, 'failed');
  assert.match(textOf(task), /a function is no value that can be sent/);
  gate.open(place);
  assert.equal((await beside).status.state, 'completed');
});

for (const { name, needs, without } of kinds) {
  const agent = `${name}-tester`;

  test(`what a ${name} package answers becomes the parts of an artifact`, needs, async () => {
    for (const { skill, parts } of answers.filter((answer) => !without.includes(answer.skill))) {
      const task = await send(agent, skill, { a: 2, b: 3, name: 'Ada' });
      assert.equal(task.status.state, 'completed', skill);
      const given = task.artifacts.flatMap((artifact) => artifact.parts);
      assert.deepEqual(given.map(toPlain), parts.map(toPlain), skill);
    }
  });

  test(`a ${name} package fails its task by saying so, and by breaking`, needs, async () => {
    const refused = await send(agent, 'refuse');
    assert.deepEqual([refused.status.state, textOf(refused)], ['failed', 'not today']);
    const broken = await send(agent, 'fail');
    assert.equal(broken.status.state, 'failed');
    assert.match(textOf(broken), /it broke/);
  });

  test(`three calls of a ${name} package are under way at once`, needs, async () => {
    const calls = [1, 2, 3].map(() => send(agent, 'together', { gate: agent }));
    await gate.arrived(agent, 3);
    gate.open(agent);
    const states = (await Promise.all(calls)).map(({ status }) => status.state);
    assert.deepEqual(states, ['completed', 'completed', 'completed']);
  });

  test(`when a ${name} process dies, other agents go on, and the next call is answered`, needs, async () => {
    const bystander = name === 'node' ? 'program-tester' : 'node-tester';
    const place = `beside-${agent}`;
    const beside = send(bystander, 'together', { gate: place });
    const [pid] = await gate.arrived(place);
    const lost = await send(agent, 'crash');
    assert.equal(lost.status.state, 'failed');
    await untilDeployment(node, agent, ({ status }) => status === 'healthy');
    assert.equal((await send(agent, 'object', { a: 1, b: 1 })).status.state, 'completed');
    gate.open(place);
    const [part] = (await beside).artifacts[0]?.parts ?? [];
    assert.deepEqual(part && 'data' in part && part.data, { pid });
  });

  test(`what a ${name} package prints is its log, line by line`, needs, async () => {
    await send(agent, 'speak');
    const said = name === 'program' ? ['stderr'] : ['stdout', 'stderr', 'log'];
    const lines = await node.client.deployments.logs(agent, 0, 1_000);
    for (const stream of said)
      assert.ok(lines.some((line) => line.stream === stream && line.message === spoken[stream]));
    const { code, stdout } = await runParley('logs', agent, '-o', 'json', '--data-folder', node.dataFolder);
    assert.equal(code, 0);
    const printed = stdout.split('\n').map((line) => JSON.parse(line) as { message: string });
    assert.deepEqual(
      printed.map(({ message }) => message),
      lines.map(({ message }) => message).slice(-200),
    );
  });
}

const spoken: Readonly<Record<string, string>> = {
  stdout: 'said on standard output',
  stderr: 'said on standard error',
  log: 'said to the log',
};

test('a task whose worker died says that its outcome is not known, and a new process has taken over', async () => {
  const earlier = await node.client.deployments.get('node-tester');
  const task = await send('node-tester', 'crash');
  assert.equal(task.status.message?.metadata?.['code'], 'OUTCOME_UNKNOWN');
  const view = await untilDeployment(node, 'node-tester', ({ status, workers: [worker] }) => {
    return status === 'healthy' && worker?.pid !== earlier.workers[0]?.pid;
  });
  assert.match(view.workers[0]?.lastExit ?? '', /code 3/);
  assert.equal(view.workers[0]?.restarts, (earlier.workers[0]?.restarts ?? 0) + 1);
});

test('a worker that may not be restarted leaves a deployment that has failed and says why', async () => {
  await deployKind('node', { agentId: 'never', deploymentId: 'never-1', restart: { mode: 'never' } });
  await send('never', 'crash');
  const view = await untilDeployment(node, 'never-1', ({ status }) => status === 'failed');
  assert.match(view.message ?? '', /code 3.*restart policy is "never"/);
});

test('a worker that dies again and again makes its deployment fail with the reason, and restart brings it back', async () => {
  const restart = { delayMs: 10, maxRestarts: 2, windowMs: 600_000 };
  await deployKind('node', { agentId: 'often', deploymentId: 'often-1', restart });
  for (let crash = 0; crash < 3; crash++) {
    await untilDeployment(node, 'often-1', ({ status }) => status === 'healthy');
    await send('often', 'crash');
    await untilDeployment(node, 'often-1', ({ status, workers: [worker] }) => {
      return status === 'failed' || worker?.restarts === crash + 1;
    });
  }
  const view = await untilDeployment(node, 'often-1', ({ status }) => status === 'failed');
  assert.match(view.message ?? '', /restarted 2 times within 600 s/);
  assert.equal((await runParley('restart', 'often-1', '--data-folder', node.dataFolder)).code, 0);
  await untilDeployment(node, 'often-1', ({ status }) => status === 'healthy');
  assert.equal((await send('often', 'object', { a: 1, b: 1 })).status.state, 'completed');
});

/** The Python package goes as a packed file, the others as folders. */
async function deployKind(name: Kind['name'], change: Partial<DeployRequest> = {}): Promise<void> {
  const source = name === 'python' ? await packKind(name) : ({ kind: 'folder', path: fixtureAgent(name) } as const);
  await deployHealthy(node, { source, environment: { GATE: gate.path }, restart: { delayMs: 10 }, ...change });
}

async function packKind(name: string): Promise<PackageSource> {
  const { file } = await packFolder(fixtureAgent(name), join(folder, `${name}.apkg`));
  return { kind: 'file', path: file };
}

async function send(agentId: string, skill: string, data: Readonly<Record<string, unknown>> = {}): Promise<Task> {
  const message = {
    messageId: randomUUID(),
    role: 'user',
    parts: [{ data: data as Readonly<Record<string, string | number>> }],
    metadata: { skill },
  } as const;
  const signal = AbortSignal.timeout(30_000);
  const item = await node.client.agent(agentId).send({ message, configuration: { returnImmediately: false } }, signal);
  assert.ok(item.kind === 'task');
  return item.task;
}

function textOf({ status }: Task): string {
  return (status.message?.parts ?? []).flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

/** Bytes as plain numbers, without what the wire adds. */
function toPlain(part: object): object {
  return 'raw' in part ? { ...part, raw: [...(part.raw as Uint8Array)] } : part;
}
