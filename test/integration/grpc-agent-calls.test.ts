import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { nodeShop, pythonShop, shopEnvironment } from '../support/shop-client.ts';
import { deployHealthy, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const agentService = loadService('pixell/agent.proto', 'pixell.agent.AgentService');
const folders = { 'shop-node': nodeShop, 'shop-python': pythonShop } as const;
type Shop = keyof typeof folders;
const shops = Object.keys(folders) as readonly Shop[];

interface Result {
  readonly success: boolean;
  readonly result: string;
  readonly error: string;
}

suite("an agent calls another's own gRPC service", { ...requires('grpcio'), timeout: 60_000 }, () => {
  let node: TestNode;
  let client: TestGrpcClient;

  before(async () => {
    node = await startTestNode({ settings: { workers: { python: fastapiPython(), drainGraceMs: 1_000 } } });
    for (const [agentId, path] of Object.entries(folders)) {
      const source = { kind: 'folder', path } as const;
      await deployHealthy(node, { source, agentId, deploymentId: `${agentId}-1`, environment: shopEnvironment });
    }
    client = createGrpcClient((await node.client.node.status()).grpcAddress ?? '', agentService);
  });

  after(async () => {
    client.close();
    await node.close();
  });

  const invoke = (from: Shop, action: string, parameters: object, headers = {}): Promise<Result> =>
    client.call('Invoke', { action, parameters }, { 'x-deployment-id': from, ...headers });

  for (const from of shops) {
    const to = shops.find((shop) => shop !== from) ?? from;

    for (const [way, item] of [
      ['by reflection', undefined],
      ['by descriptors', 'tea'],
    ] as const) {
      test(`${from} calls ${to} ${way}, unary and with streams`, async () => {
        const { result, error } = await invoke(from, 'order', { agent: to, ...(item !== undefined && { item }) });
        assert.equal(error, '');
        assert.deepEqual(JSON.parse(result), {
          bought: '3 tea',
          watched: ['tea 0', 'tea 1'],
          filled: 'total 3',
          chatted: ['you said one', 'you said two'],
          failed: 'FAILED_PRECONDITION: sold out: 100 % gone',
        });
      });
    }

    test(`${to} learns who calls, and in which chain, trace and exchange`, async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const headers = { traceparent, 'x-correlation-id': 'exchange-7' };
      const { result, error } = await invoke(from, 'relay', { agent: to, item: 'metadata' }, headers);
      assert.equal(error, '');
      const told = JSON.parse((JSON.parse(result) as { text: string }).text) as object;
      const metadata = new Map(Array.isArray(told) ? (told as [string, string][]) : Object.entries(told));
      assert.deepEqual([metadata.get('traceparent'), metadata.get('x-request-id')], [traceparent, 'exchange-7']);
      const [, claims = ''] = String(metadata.get('x-parley-caller')).split('.');
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).sub, `agent:${from}`);
      assert.ok(metadata.get('parley-call-token'));
    });

    test(`the deadline of ${from}'s own call is the deadline of the one it makes`, async () => {
      const answer = await invoke(from, 'relay', { agent: to, item: 'time' }, { 'parley-timeout-ms': '9000' });
      const left = Number(JSON.parse(answer.result).text);
      assert.ok(left > 3 && left <= 9, answer.result);
    });

    test(`what ${from} has begun is cancelled with it`, async () => {
      const count = async (line: string): Promise<number> =>
        (await node.client.deployments.logs(`${to}-1`, 0, 1_000)).filter(({ message }) => message === line).length;
      const [waits, cancelled] = [await count('waits'), await count('cancelled')];
      const late = invoke(from, 'relay', { agent: to, item: 'wait' }, { 'parley-timeout-ms': '1500' });
      late.catch(() => {});
      await waitUntil('it waits', async () => (await count('waits')) > waits);
      await assert.rejects(late);
      await waitUntil('it is cancelled', async () => (await count('cancelled')) > cancelled);
    });

    test(`${from} cannot come back to itself`, async () => {
      const { success, error } = await invoke(from, 'relay', { agent: from, item: 'tea' });
      assert.equal(success, false);
      assert.match(error, /refused: .* is already working in this chain/);
    });
  }
});
