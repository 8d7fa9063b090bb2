import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { StateView } from '../../src/base/index.ts';
import type { LogTrial } from '../../src/control/index.ts';
import { createFolder, writePackage } from '../faults/runtime-fixture.ts';
import { deployHealthy, runParley, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const long = 'long '.repeat(20_000);
const ends: (() => unknown)[] = [];
let node: TestNode;

/** Says texts in capitals; the second version trips over an x, and counts what is long. */
function codeOf(version: number): string {
  return `
export function say({ text }) {
  if (${version} === 2 && text.includes('x')) throw new Error('an x');
  return text.length > 100 ? { length: text.length${version === 2 ? ' + 1' : ''} } : text.toUpperCase();
}
export async function ask(_, context) {
  return (await context.ask('What?')).text;
}
`;
}

before(async () => {
  const folder = await createFolder((end) => void ends.push(end));
  node = await startTestNode({ settings: { log: { relay: true } } });
  for (const version of [1, 2]) {
    const exports = 'exports:\n  - {name: say, handler: agent.say}\n  - {name: ask, handler: agent.ask}\n';
    const manifest = `name: sayer\nversion: ${version}.0.0\nruntime: node24\n${exports}`;
    const files = { 'agent.yaml': manifest, 'agent.js': codeOf(version) };
    const source = await writePackage(folder, `sayer-${version}`, files);
    await deployHealthy(node, {
      source,
      ...(version === 2 && { deploymentId: 'sayer-2', strategy: 'beside', weight: 0 }),
    });
  }
});

after(async () => {
  await node.close();
  for (const end of ends) await end();
});

async function send(skill: string, text: string, taskId?: string): Promise<string> {
  const message = {
    ...{ messageId: randomUUID(), role: 'user' as const, parts: [{ text }], metadata: { skill } },
    ...(taskId !== undefined && { taskId }),
  };
  const signal = AbortSignal.timeout(30_000);
  const item = await node.client.agent('sayer').send({ message, configuration: { returnImmediately: false } }, signal);
  return item.kind === 'task' ? item.task.id : assert.fail('a message');
}

async function states(): Promise<readonly StateView[]> {
  const all: StateView[] = [];
  for await (const view of node.client.replay.states()) all.push(view);
  return all.sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function tryOut(
  ...args: readonly string[]
): Promise<{ code: number | null; trials: ReadonlyMap<string, LogTrial> }> {
  const access = ['--url', node.url, '--token', node.token, '-o', 'json'];
  const { code, stdout, stderr } = await runParley('log', 'replay', ...args, ...access);
  assert.match(stderr, /Answers of sayer.*: \d+ the same/);
  const found = stdout.split('\n').map((line) => JSON.parse(line) as LogTrial);
  return { code, trials: new Map(found.map((trial) => [trial.taskId, trial])) };
}

test('recorded requests are tried against another version: the first difference is shown, and no task changes', async () => {
  const [plain, fails, large] = [await send('say', 'plain'), await send('say', 'box'), await send('say', long)];
  const dialogue = await send('ask', 'go');
  await send('ask', 'an answer', dialogue);
  const live = await states();
  const relayed = async (): Promise<number> =>
    (await node.client.log.topic('task-events')).ranges.reduce((sum, { endOffset }) => sum + endOffset, 0);
  const events = live.reduce((sum, { version }) => sum + version, 0);
  await waitUntil('all is in the log', async () => (await relayed()) >= events);
  const same = await tryOut('--against', 'sayer', '--dry-run');
  assert.equal(same.code, 0);
  assert.deepEqual([...new Set([...same.trials.values()].map(({ outcome }) => outcome))].sort(), ['same', 'skipped']);
  const { code, trials } = await tryOut('--against', 'sayer-2', '--dry-run');
  assert.equal(code, 1);
  assert.equal(trials.get(plain)?.outcome, 'same');
  assert.equal(trials.get(dialogue)?.outcome, 'skipped');
  assert.deepEqual(trials.get(large)?.difference, {
    pointer: '/artifacts/0/parts/0/data/length',
    before: long.length,
    after: long.length + 1,
  });
  assert.equal(trials.get(fails)?.outcome, 'different');
  assert.equal(trials.get(fails)?.difference?.pointer, '/artifacts/0');
  assert.deepEqual(await states(), live, 'no task was made, none was changed');
  assert.equal((await relayed()) - events, 0);
});

test('without --dry-run nothing is tried', async () => {
  const access = ['--url', node.url, '--token', node.token];
  const { code, stderr } = await runParley('log', 'replay', '--against', 'sayer', ...access);
  assert.notEqual(code, 0);
  assert.match(stderr, /add --dry-run/);
});
