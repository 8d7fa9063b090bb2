import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NegotiationView } from '../../src/control/index.ts';
import { writePackage } from '../faults/runtime-fixture.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const names = ['one', 'two', 'three'];
let folder: string;
let node: TestNode;

/** Bids for what needs its name, does it itself, and puts out to tender what is to be done by others; the last one says how it was called. */
function agentFiles(name: string): Readonly<Record<string, string>> {
  const manifest = `
name: ${name}
version: 1.0.0
runtime: node24
market: { provider: { price: 10, capabilities: [${name}], executes: true }, executor: { own: true } }
exports: [{ name: work, handler: agent.work }]
`;
  const code = `
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

export async function work({ then = [], gate }, { call, caller, signal }) {
  const [next, ...rest] = then;
  if (next === undefined) {
    while (gate && !existsSync(gate)) await setTimeout(10, undefined, { signal });
    return { by: '${name}', origin: caller.id, path: caller.path };
  }
  const terms = { description: 'Go on', required_capabilities: [next], input: { then: rest, gate } };
  const { state, data, text } = await call('market', terms);
  if (state !== 'completed') throw new Error(text);
  return data;
}
`;
  return { 'agent.yaml': manifest, 'agent.js': code };
}

before(async () => {
  folder = await createTestFolder();
  chmodSync(folder, 0o711);
  const sources = await Promise.all(names.map((name) => writePackage(folder, name, agentFiles(name))));
  node = await startTestNode({ args: sources.flatMap(({ path }) => ['--deploy', path]) });
  await node.ready;
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

/** Puts out to tender what the first of them is to do, and it by the next ones. */
async function ask([first = '', ...then]: readonly string[], more: object = {}): Promise<NegotiationView> {
  const input = [{ data: { then, ...more } }];
  const deadlineAtMs = Date.now() + 60_000;
  return node.client.market.request({ description: 'Begin', requiredCapabilities: [first], input, deadlineAtMs });
}

async function endOf({ taskId }: NegotiationView): Promise<NegotiationView> {
  let last: NegotiationView | undefined;
  for await (const view of node.client.market.follow(taskId, AbortSignal.timeout(30_000))) last = view;
  return last ?? assert.fail('It was not seen.');
}

/** Those that were made since, newest first. */
async function madeSince({ taskId }: NegotiationView): Promise<readonly NegotiationView[]> {
  const { negotiations } = await node.client.market.list({ limit: 20 });
  return negotiations.slice(
    0,
    negotiations.findIndex((other) => other.taskId === taskId),
  );
}

test('who is awarded what an agent has put out to tender is the next link in the chain of its calls', async () => {
  const asked = await ask(['one', 'two', 'three']);
  const { phase, result, message } = await endOf(asked);
  assert.equal(phase, 'completed', message);
  assert.deepEqual(result, [{ data: { by: 'three', origin: 'agent:market', path: ['one', 'two'] } }]);
  const inner = await madeSince(asked);
  assert.deepEqual(
    inner.map(({ deadlineAtMs }) => deadlineAtMs),
    [asked.deadlineAtMs, asked.deadlineAtMs],
  );
});

for (const [path, reason] of [
  [['one', 'one'], 'one → one'],
  [['one', 'two', 'one'], 'one → two → one'],
] as const) {
  test(`a chain of tenders that comes back to an agent in it is refused: ${reason}`, async () => {
    const asked = await ask(path);
    assert.equal((await endOf(asked)).phase, 'failed');
    const [newest] = await madeSince(asked);
    assert.deepEqual([newest?.phase, newest?.code], ['failed', 'CHAIN_REFUSED']);
    assert.ok(newest?.message?.includes(reason), newest?.message);
  });
}

test('an agent that waits for a tender of its own is awarded what others ask for', async () => {
  const gate = join(folder, 'two.gate');
  const waiting = await ask(['one', 'two'], { gate });
  await waitUntil('two works', async () => (await madeSince(waiting)).some(({ phase }) => phase === 'running'));
  const { phase, result, message } = await endOf(await ask(['one']));
  assert.equal(phase, 'completed', message);
  assert.deepEqual(result, [{ data: { by: 'one', origin: 'agent:market', path: [] } }]);
  writeFileSync(gate, '');
  assert.equal((await endOf(waiting)).phase, 'completed');
});
