import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { createGrpcClient } from '../support/grpc-client.ts';
import { askReflection } from '../support/reflection-client.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { createShopClient, nodeShop, pythonShop, type ShopClient, shopEnvironment } from '../support/shop-client.ts';
import { deployHealthy, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const health = loadService('grpc/health/v1/health.proto', 'grpc.health.v1.Health');

let node: TestNode;
let address = '';
let client: ShopClient;

before(async () => {
  node = await startTestNode({ settings: { workers: { drainGraceMs: 2_000, python: fastapiPython() } } });
  address = (await node.client.node.status()).grpcAddress ?? '';
  client = createShopClient(address);
});

after(async () => {
  client.close();
  await node.close();
});

const languages = [
  { language: 'Node', path: nodeShop, needs: {} },
  { language: 'Python', path: pythonShop, needs: requires('grpcio') },
];

for (const { language, path, needs } of languages) {
  suite(`a ${language} package's own gRPC service`, { ...needs, timeout: 60_000 }, () => {
    const id = `shop-${language.toLowerCase()}`;
    const named = { 'x-deployment-id': id };
    const source = { kind: 'folder', path } as const;
    let ports: { readonly http: number; readonly grpc: number } | undefined;

    before(async () => {
      const request = { source, agentId: id, deploymentId: `${id}-1`, environment: shopEnvironment };
      ({ ports } = await deployHealthy(node, request));
    });

    test('answers on the node by header, by path, and on the port of its deployment', async () => {
      const own = createShopClient(`localhost:${ports?.grpc}`);
      const order = { item: 'tea', count: 2, payload: Buffer.from([0, 1, 255]) };
      const answers = [
        await client.buy(order, named),
        await client.buy(order, { deployment_id: `${id}-1` }),
        await client.buy(order, {}, { prefix: `/agents/${id}/a2a` }),
        await own.buy(order),
      ];
      own.close();
      for (const { receipt, status: ended, head } of answers) {
        assert.deepEqual([ended.code, receipt?.text, receipt?.payload], [status.OK, '2 tea', order.payload]);
        assert.deepEqual(head?.get('shop-name'), ['corner']);
        assert.deepEqual(ended.metadata.get('shop-total'), ['1']);
      }
    });

    test('streams either way, and both', async () => {
      const watched = await client.watch({ item: 'hour', count: 3 }, named).toArray();
      assert.deepEqual(
        watched.map(({ text }) => text),
        ['hour 0', 'hour 1', 'hour 2'],
      );
      const filled = await new Promise((resolve, reject) => {
        const orders = client.fill(named, (error, receipt) => (error ? reject(error) : resolve(receipt?.text)));
        for (const count of [1, 2, 3]) orders.write({ count });
        orders.end();
      });
      assert.equal(filled, 'total 6');
      const chat = client.chat(named);
      const heard = chat[Symbol.asyncIterator]();
      for (const item of ['one', 'two']) {
        chat.write({ item });
        assert.equal((await heard.next()).value.text, `you said ${item}`);
      }
      chat.end();
      assert.equal((await heard.next()).done, true);
    });

    test('gets the caller and its metadata, and neither credentials nor what only the node says', async () => {
      const { receipt } = await client.buy(
        { item: 'metadata' },
        {
          ...named,
          authorization: `Bearer ${node.token}`,
          cookie: 'a=b',
          'x-parley-caller': 'forged',
          'x-forwarded-for': '1.2.3.4',
          'my-key': 'mine',
          'my-bytes-bin': Buffer.from([1, 2, 254]),
        },
      );
      const metadata = readMetadata(receipt?.text ?? '');
      assert.equal(metadata['my-key'], 'mine');
      assert.deepEqual(metadata['my-bytes-bin'], [1, 2, 254]);
      for (const name of ['authorization', 'cookie', 'x-forwarded-for', 'x-deployment-id'])
        assert.equal(metadata[name], undefined, name);
      const [, claims = ''] = String(metadata['x-parley-caller']).split('.');
      const { sub, kind, aud } = JSON.parse(Buffer.from(claims, 'base64url').toString());
      assert.deepEqual([sub, kind, aud], ['operator', 'operator', `${id}-1`]);
      assert.ok(metadata['x-request-id']);
    });

    test('says its status, its message and its trailers as they are', async () => {
      const { status: ended } = await client.buy({ item: 'fail' }, named);
      assert.deepEqual([ended.code, ended.details], [status.FAILED_PRECONDITION, 'sold out: 100 % gone']);
      assert.deepEqual(ended.metadata.get('shop-reason'), ['sold out']);
      assert.deepEqual(ended.metadata.get('shop-proof-bin'), [Buffer.from([0, 255])]);
    });

    test('is told the deadline, and stopped when the caller leaves or the time is up', async () => {
      const { receipt } = await client.buy({ item: 'time' }, named, { deadlineMs: 9_000 });
      assert.ok(Number(receipt?.text) > 5 && Number(receipt?.text) <= 9, receipt?.text);
      const said = async (line: string): Promise<number> =>
        (await node.client.deployments.logs(`${id}-1`, 0, 1_000)).filter(({ message }) => message === line).length;
      const late = await client.buy({ item: 'wait' }, named, { deadlineMs: 500 });
      assert.equal(late.status.code, status.DEADLINE_EXCEEDED);
      await waitUntil('the late call is cancelled', async () => (await said('cancelled')) === 1);
      const leaving = new AbortController();
      const left = client.buy({ item: 'wait' }, named, { signal: leaving.signal });
      await waitUntil('it waits', async () => (await said('waits')) === 2);
      const [worker] = (await node.client.deployments.get(`${id}-1`)).workers;
      assert.equal(worker?.inFlight, 1);
      leaving.abort();
      assert.equal((await left).status.code, status.CANCELLED);
      await waitUntil('the call that was left is cancelled', async () => (await said('cancelled')) === 2);
    });

    test('is told by health and reflection, on its port and to those who name it', async () => {
      const probe = createGrpcClient(address, health);
      const check = (service: string, headers = {}): Promise<{ status: number }> =>
        probe.call('Check', { service }, headers);
      assert.equal((await check('shop.v1.Shop', named)).status, 1);
      await assert.rejects(check('shop.v1.Shop'), { code: status.NOT_FOUND });
      probe.close();
      const own = `localhost:${ports?.grpc}`;
      for (const [where, headers] of [
        [address, named],
        [own, {}],
      ] as const) {
        const { list_services_response: listed } = await askReflection(where, 'v1', { list_services: '' }, headers);
        const names = listed?.service.map(({ name }) => name) ?? [];
        assert.ok(names.includes('shop.v1.Shop') && names.includes('lf.a2a.v1.A2AService'), names.join());
        const found = await askReflection(where, 'v1', { file_containing_symbol: 'shop.v1.Shop' }, headers);
        const files = found.file_descriptor_response?.file_descriptor_proto.map(String) ?? [];
        assert.ok(files.some((file) => file.includes('Receipt')));
      }
      const { list_services_response: listed } = await askReflection(address, 'v1', { list_services: '' });
      assert.ok(!listed?.service.some(({ name }) => name === 'shop.v1.Shop'));
    });

    test('passes large messages both ways', async () => {
      const payload = Buffer.alloc(20 * 1024 * 1024, 7);
      const { receipt, status: ended } = await client.buy({ item: 'tea', payload }, named);
      assert.equal(ended.code, status.OK, ended.details);
      assert.ok(receipt?.payload.equals(payload));
    });

    test('is UNIMPLEMENTED where it has no such method', async () => {
      const { status: ended } = await client.buy({}, named, { prefix: `/agents/${id}/a2a/none.Such` });
      assert.equal(ended.code, status.UNIMPLEMENTED);
    });

    test('goes on with a call while its worker is renewed, and new calls go to the new one', async () => {
      const chat = client.chat(named);
      const heard = chat[Symbol.asyncIterator]();
      chat.write({ item: 'before' });
      assert.equal((await heard.next()).value.text, 'you said before');
      const readPid = async () => (await node.client.deployments.get(`${id}-1`)).workers[0]?.pid;
      const old = await readPid();
      await node.client.deployments.restart(`${id}-1`);
      await waitUntil('a new worker is there', async () => (await readPid()) !== old);
      assert.equal((await client.buy({ item: 'tea' }, named)).status.code, status.OK);
      chat.write({ item: 'behind' });
      assert.equal((await heard.next()).value.text, 'you said behind');
      chat.end();
      assert.equal((await heard.next()).done, true);
    });

    test('ends calls with UNAVAILABLE when its worker dies, and answers again', async () => {
      const waiting = client.buy({ item: 'wait' }, named);
      const { status: ended } = await client.buy({ item: 'die' }, named);
      assert.deepEqual([ended.code, ended.metadata.get('parley-code')], [status.UNAVAILABLE, ['WORKER_LOST']]);
      assert.equal((await waiting).status.code, status.UNAVAILABLE);
      await waitUntil('a new worker answers', async () => {
        const { status: again } = await client.buy({ item: 'tea' }, named);
        if (again.code !== status.OK) assert.equal(again.code, status.UNAVAILABLE, again.details);
        return again.code === status.OK;
      });
    });
  });
}

test('a call for nobody, or for one without such a service, is refused', async () => {
  const nobody = (await client.buy({}, { 'x-deployment-id': 'nobody' })).status;
  assert.deepEqual([nobody.code, nobody.details], [status.NOT_FOUND, 'Deployment nobody not found or not ready']);
  const unnamed = (await client.buy({})).status;
  assert.equal(unnamed.code, status.UNIMPLEMENTED);
  assert.match(unnamed.details, /x-deployment-id/);
  const fabric = (await client.buy({}, { 'x-deployment-id': 'parley' })).status;
  assert.equal(fabric.code, status.UNIMPLEMENTED);
  const forged = (await client.buy({}, { 'x-deployment-id': 'nobody', authorization: 'Bearer wrong' })).status;
  assert.equal(forged.code, status.UNAUTHENTICATED);
});

test('where callers need an identity, each calls what its rights say, as often as it may', async (t) => {
  const identity = { modes: ['keys'], rights: [{ roles: ['buyer'], agents: ['node-shop'] }] };
  const limits = { perCaller: { perSecond: 0.1, burst: 3 } };
  const guarded = await startTestNode({ settings: { identity, limits } });
  t.after(() => guarded.close());
  await deployHealthy(guarded, { source: { kind: 'folder', path: nodeShop }, environment: shopEnvironment });
  const shop = createShopClient((await guarded.client.node.status()).grpcAddress ?? '');
  t.after(() => shop.close());
  const buy = async (authorization: string | undefined, agent = 'node-shop'): Promise<number> => {
    const headers = { 'x-deployment-id': agent, ...(authorization !== undefined && { authorization }) };
    return (await shop.buy({ item: 'tea' }, headers)).status.code;
  };
  const bearer = async (subject: string, ...roles: string[]): Promise<string> =>
    `Bearer ${(await guarded.client.keys.create({ subject, roles })).key}`;
  const [known, poor] = [await bearer('a', 'buyer'), await bearer('b')];
  const codes = [await buy(known), await buy(poor), await buy(undefined), await buy(undefined, 'nobody')];
  const { OK, PERMISSION_DENIED, UNAUTHENTICATED, RESOURCE_EXHAUSTED } = status;
  assert.deepEqual(codes, [OK, PERMISSION_DENIED, UNAUTHENTICATED, UNAUTHENTICATED]);
  await waitUntil('it has called often enough', async () => (await buy(known)) === RESOURCE_EXHAUSTED);
});

test('calls are counted by service and status, whatever their callers name', async () => {
  await client.buy({}, { 'x-deployment-id': 'nobody' });
  const probe = createGrpcClient(address, health);
  await assert.rejects(probe.call('Check', { service: 'nobody' }));
  probe.close();
  const read = async (): Promise<string> => {
    const answer = await fetch(`${node.url}/metrics`, { headers: { authorization: `Bearer ${node.token}` } });
    return answer.text();
  };
  for (const line of [
    'parley_grpc_calls_total{service="package",status="NOT_FOUND"}',
    'parley_grpc_calls_total{service="grpc.health.v1.Health",status="NOT_FOUND"}',
    'parley_grpc_call_duration_seconds_count{service="package"}',
  ]) {
    await waitUntil(`it is counted: ${line}`, async () => (await read()).includes(line));
  }
});

/** As each language tells it: an object, or pairs with bytes as numbers. */
function readMetadata(text: string): Record<string, unknown> {
  const found = JSON.parse(text) as Record<string, unknown> | readonly (readonly [string, unknown])[];
  const pairs = Array.isArray(found) ? found : Object.entries(found);
  return Object.fromEntries(pairs.map(([name, value]) => [name, isBytes(value) ? value.data : value]));
}

function isBytes(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === 'object' && value !== null && 'data' in value;
}
