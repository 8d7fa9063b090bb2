import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Task } from '../../src/protocol/index.ts';
import { createAfter, createFolder, writePackage } from '../faults/runtime-fixture.ts';
import { callHttp } from '../support/http-call.ts';
import { deployHealthy, startTestNode, type TestNode, untilDeployment } from '../support/test-node.ts';

const options = { timeout: 60_000 };

interface Place {
  readonly folder: string;
  readonly dataFolder: string;
  start(...args: readonly string[]): Promise<TestNode>;
}

async function openPlace(t: TestContext): Promise<Place> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const dataFolder = join(folder, 'data');
  const start = async (...args: readonly string[]): Promise<TestNode> => {
    const node = await startTestNode({ dataFolder, args });
    after(() => node.close().catch(() => {}));
    return node;
  };
  return { folder, dataFolder, start };
}

function writeAsker(folder: string, version: number): ReturnType<typeof writePackage> {
  const code = `
export const say = () => 'version ${version}';
export async function ask(_, context) {
  const { text } = await context.ask('What?');
  return 'version ${version} heard ' + text;
}
`;
  const exports = 'exports:\n  - {name: ask, handler: agent.ask}\n  - {name: say, handler: agent.say}\n';
  const manifest = `name: asker\nversion: ${version}.0.0\nruntime: node24\n${exports}`;
  return writePackage(folder, `asker-${version}`, { 'agent.yaml': manifest, 'agent.js': code });
}

async function send(node: TestNode, skill: string, text: string, taskId?: string): Promise<Task> {
  const message = {
    messageId: randomUUID(),
    role: 'user' as const,
    parts: [{ text }],
    metadata: { skill },
    ...(taskId !== undefined && { taskId }),
  };
  const signal = AbortSignal.timeout(30_000);
  const item = await node.client.agent('asker').send({ message, configuration: { returnImmediately: false } }, signal);
  return item.kind === 'task' ? item.task : assert.fail('a message');
}

function textOf({ artifacts }: Task): string {
  return artifacts.flatMap(({ parts }) => parts.flatMap((part) => ('text' in part ? [part.text] : []))).join('');
}

test('an answer reaches the version that has asked, though another one has replaced it', options, async (t) => {
  const place = await openPlace(t);
  const node = await place.start();
  await deployHealthy(node, { source: await writeAsker(place.folder, 1), deploymentId: 'asker-1' });
  const asked = await send(node, 'ask', 'begin');
  assert.equal(asked.status.state, 'input-required');
  await deployHealthy(node, { source: await writeAsker(place.folder, 2), deploymentId: 'asker-2' });
  const draining = await untilDeployment(node, 'asker-1', ({ status }) => status === 'stopping');
  assert.equal(draining.message, 'Replaced by asker-2.');
  assert.equal(textOf(await send(node, 'say', 'anything')), 'version 2');
  assert.equal(textOf(await send(node, 'ask', 'this', asked.id)), 'version 1 heard this');
  await untilDeployment(node, 'asker-1', ({ status }) => status === 'stopped');
});

test('a call to a disabled agent is 503 without a time to come back, on each way to it', options, async (t) => {
  const place = await openPlace(t);
  const node = await place.start();
  await deployHealthy(node, { source: await writeAsker(place.folder, 1), deploymentId: 'asker-1' });
  await node.client.changes.disable('asker');
  for (const id of ['asker', 'asker-1']) {
    const { status, headers, body } = await callHttp({
      method: 'POST',
      url: `${node.url}/a2a/${id}/message:send`,
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: JSON.stringify({
        message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }], metadata: { skill: 'say' } },
      }),
    });
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], undefined);
    assert.match(JSON.stringify(body), /is disabled: an operator has disabled it; \\"parley enable/);
  }
  await node.client.changes.enable('asker');
  assert.equal(textOf(await send(node, 'say', 'anything')), 'version 1');
});

test('what was rolled back does not come back with the command that had brought it', options, async (t) => {
  const place = await openPlace(t);
  const [one, two] = [await writeAsker(place.folder, 1), await writeAsker(place.folder, 2)];
  const first = await place.start();
  await deployHealthy(first, { source: one });
  await deployHealthy(first, { source: two });
  const { from } = await first.client.changes.rollback('asker');
  await untilDeployment(first, from.id, ({ status }) => status === 'stopped');
  await first.close();

  const second = await place.start('--deploy', two.path);
  await second.ready;
  assert.equal(textOf(await send(second, 'say', 'anything')), 'version 1');
  assert.match(second.output(), /asker@2\.0\.0 was rolled back and is not deployed again/);
  await deployHealthy(second, { source: two });
  assert.equal(textOf(await send(second, 'say', 'anything')), 'version 2');
});
