import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { collectDescriptors } from '../../scripts/collect-descriptors.ts';
import { protoFolder } from '../../src/gateway/grpc/load-service.ts';
import { grpcurlProgram, requires } from '../support/requires.ts';
import { deployHealthy, exampleAgent, startTestNode, type TestNode } from '../support/test-node.ts';

const grpcurl = requires('grpcurl');
const execute = promisify(execFile);

let node: TestNode;
let address: string;

before(async () => {
  if (grpcurl.skip !== false) return;
  node = await startTestNode();
  await deployHealthy(node, { source: { kind: 'folder', path: exampleAgent('wordcount') } });
  address = (await node.client.node.status()).grpcAddress ?? '';
});

after(() => node?.close());

/** As in docs/grpc.md: it knows nothing of the services but what the port tells it. */
async function ask(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(grpcurlProgram(), ['-plaintext', ...args], { timeout: 30_000 });
  return stdout;
}

test('what reflection tells is what a compiler makes of the files below proto/', grpcurl, async () => {
  const kept = await readFile(join(protoFolder, 'descriptors.binpb'));
  assert.ok(kept.equals(await collectDescriptors(grpcurlProgram())), 'run npm run descriptors');
});

test('grpcurl lists the services and describes their methods and messages', grpcurl, async () => {
  const listed = (await ask(address, 'list')).trim().split('\n');
  for (const name of [
    'lf.a2a.v1.A2AService',
    'a2a.v1.A2AService',
    'pixell.agent.AgentService',
    'grpc.health.v1.Health',
  ]) {
    assert.ok(listed.includes(name), `${name} is not among ${listed.join(', ')}`);
  }
  assert.match(
    await ask(address, 'describe', 'pixell.agent.AgentService'),
    /rpc Invoke \( ?\.pixell\.agent\.ActionRequest/,
  );
  assert.match(
    await ask(address, 'describe', 'lf.a2a.v1.A2AService'),
    /rpc SendMessage \( ?\.lf\.a2a\.v1\.SendMessageRequest/,
  );
  assert.match(await ask(address, 'describe', '.lf.a2a.v1.Message'), /repeated \.lf\.a2a\.v1\.Part parts/);
});

test('grpcurl calls an action of the agent that x-deployment-id names', grpcurl, async () => {
  const data = JSON.stringify({ action: 'count', parameters: { text: 'one two' } });
  const answer = await ask('-H', 'x-deployment-id: wordcount', '-d', data, address, 'pixell.agent.AgentService/Invoke');
  const { success, result } = JSON.parse(answer) as { success: boolean; result: string };
  assert.equal(success, true);
  assert.match(result, /2/);
  const unknown = ask('-H', 'x-deployment-id: nobody', address, 'pixell.agent.AgentService/Health');
  await assert.rejects(unknown, /NotFound/);
});

test('grpcurl sends an A2A message and follows a stream of one', grpcurl, async () => {
  const message = (id: string): string =>
    JSON.stringify({ message: { message_id: id, role: 'ROLE_USER', parts: [{ text: 'one two three' }] } });
  const headers = ['-H', 'x-deployment-id: wordcount'];
  const sent = await ask(...headers, '-d', message('m-1'), address, 'lf.a2a.v1.A2AService/SendMessage');
  const { task } = JSON.parse(sent) as { task: { status: { state: string } } };
  assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
  const streamed = await ask(...headers, '-d', message('m-2'), address, 'lf.a2a.v1.A2AService/SendStreamingMessage');
  assert.match(streamed, /TASK_STATE_COMPLETED/);
});
