import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { operator } from '../../security/index.ts';
import type { ControlResponse } from '../route.ts';
import type { DescribedRoute } from './described-route.ts';
import { farAgent, jobSchema } from './routes.fixture.ts';
import { createWorld, line, view, type World } from './world.fixture.ts';

interface Call {
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly file?: string;
  readonly signal?: AbortSignal;
}

function find({ routes }: World, operationId: string): DescribedRoute {
  const route = routes.find((candidate) => candidate.operationId === operationId);
  assert.ok(route, operationId);
  return route;
}

function call(
  world: World,
  operationId: string,
  { id, query, body, file, signal }: Call = {},
): Promise<ControlResponse> {
  return find(world, operationId).handle({
    params: id === undefined ? {} : { id },
    query: new URLSearchParams(query),
    body,
    ...(file !== undefined && { stream: ReadableStream.from([Buffer.from(file)]) }),
    principal: operator,
    signal: signal ?? new AbortController().signal,
  });
}

const deployBody = { source: { kind: 'folder', path: '/agents/sums' } };

const jsonCalls: readonly [string, Call][] = [
  ['listAgents', {}],
  ['describeAgent', { id: 'sums' }],
  ['listRemoteAgents', {}],
  ['addRemoteAgent', { body: { url: farAgent.url, credential: { header: 'x-key', value: 'k' } } }],
  ['removeRemoteAgent', { id: 'far' }],
  ['deploy', { body: deployBody }],
  ['listDeployments', {}],
  ['getDeployment', { id: 'sums' }],
  ['stopDeployment', { id: 'sums' }],
  ['restartDeployment', { id: 'sums' }],
  ['scaleDeployment', { id: 'sums', body: { replicas: 3 } }],
  ['setWeights', { id: 'sums', body: { weights: { 'sums-1': 90, 'sums-2': 0 } } }],
  ['enableAgent', { id: 'sums' }],
  ['disableAgent', { id: 'sums' }],
  ['rollbackAgent', { id: 'sums', body: { to: 'sums-1~2' } }],
  ['getHistory', { id: 'sums' }],
  ['listPackages', {}],
  ['uploadPackage', { file: 'the package' }],
  ['getPackageRegistry', {}],
  ['refreshPackageRegistry', {}],
  ['getLogs', { id: 'sums', query: 'after=1&limit=5' }],
  ['listTasks', { query: 'state=working&pageSize=10' }],
  ['getTask', { id: 't1' }],
  ['cancelTask', { id: 't1' }],
  ['listFailedWebhooks', {}],
  ['redriveWebhook', { body: { taskId: 't1', id: 'w1' } }],
  ['listDeadLetters', { query: 'agent=sums&pageSize=10' }],
  ['getDeadLetter', { id: 't1' }],
  ['redriveDeadLetters', { body: { agentId: 'sums', perSecond: 1_000 } }],
  ['discardDeadLetters', { body: { ids: ['t1'] } }],
  ['listBreakers', {}],
  ['openBreaker', { id: 'sums', body: { forMs: 1_000 } }],
  ['closeBreaker', { id: 'sums' }],
  ['listKeys', {}],
  ['createKey', { body: { subject: 'ci', rights: [{ agents: ['sums'] }], expiresAtMs: 2 } }],
  ['revokeKey', { id: 'k1' }],
  ['getBridge', {}],
  ['switchBridgeOn', { id: 'sonnet-1' }],
  ['switchBridgeOff', { id: 'sonnet-1' }],
  ['listBridgeLetters', { query: 'limit=5' }],
  ['listTopics', {}],
  ['createTopic', { body: { name: 'jobs', partitions: 1 } }],
  ['getTopic', { id: 'jobs' }],
  ['alterTopic', { id: 'jobs', body: { partitions: 2 } }],
  ['getGroupPositions', { id: 'jobs', query: 'group=g' }],
  ['readRecords', { id: 'jobs', query: 'correlationId=c1&limit=5' }],
  ['replayRecords', { id: 'jobs', body: { to: 'jobs-again', isDry: true } }],
  ['resetGroup', { id: 'jobs', body: { group: 'g', isDry: true } }],
  ['eraseParty', { body: { party: 'key:ci' } }],
  ['requestTask', { body: { description: 'Count the words', proposedCost: 75 } }],
  ['listNegotiations', { query: 'phase=open&limit=5' }],
  ['getNegotiation', { id: 'n1' }],
  ['withdrawNegotiation', { id: 'n1', body: { reason: 'no need' } }],
  ['listMarketAgents', {}],
  ['getMarketAgent', { id: 'counter' }],
  ['listSchemas', {}],
  ['getSchema', { id: 'jobs-value', query: 'version=1' }],
  [
    'checkSchema',
    { id: 'jobs-value', body: { schema: '{"type":"record","name":"Job","fields":[{"name":"n","type":"int"}]}' } },
  ],
  ['registerSchema', { id: 'jobs-value', body: { schema: jobSchema, compatibility: 'FULL' } }],
  ['diffSchema', { id: 'jobs-value' }],
  ['getVersion', {}],
  ['getStatus', {}],
  ['listNodes', {}],
  ['shutdown', {}],
  ['getOpenApi', {}],
];

test('every JSON route answers with its status what its own schema says', async () => {
  const world = createWorld();
  for (const [operationId, request] of jsonCalls) {
    const response = await call(world, operationId, request);
    assert.ok('body' in response, operationId);
    const route = find(world, operationId);
    assert.equal(response.status, route.status, operationId);
    const { error } = route.response.safeParse(JSON.parse(JSON.stringify(response.body)));
    assert.equal(error, undefined, operationId);
  }
  assert.equal(world.stops, 1);
  const streams = world.routes.filter((route) => route.streams).map((route) => route.operationId);
  assert.deepEqual([...jsonCalls.map(([operationId]) => operationId), ...streams].sort(), idsOf(world));
});

test('of several dead letters each says what became of it', async () => {
  const world = createWorld();
  const response = await call(world, 'redriveDeadLetters', { body: { ids: ['t0', 't1'], perSecond: 1_000 } });
  assert.ok('body' in response);
  assert.deepEqual(response.body, {
    done: ['t1'],
    refused: [{ id: 't0', code: 'NOT_FOUND', message: 'There is no dead letter t0.' }],
  });
  assert.deepEqual(world.redriven, ['t1']);
});

test('what a dead letter was to be told comes whole, its bytes as base64', async () => {
  const response = await call(createWorld(), 'getDeadLetter', { id: 't1' });
  assert.ok('body' in response);
  const { message } = response.body as { message: { parts: unknown[] } };
  assert.deepEqual(message.parts, [{ filename: 'a.bin', raw: Buffer.from('bytes').toString('base64') }]);
});

test('the record that a dead letter is about comes whole', async () => {
  const response = await call(createWorld(), 'getDeadLetter', { id: 'jobs:0:7@sums' });
  assert.ok('body' in response);
  const { kind, text, key } = response.body as Record<string, unknown>;
  assert.deepEqual([kind, text, key], ['record', 'seven', 'k1']);
});

function idsOf({ routes }: World): string[] {
  return routes.map((route) => route.operationId).sort();
}

test('nothing but version and description is public', () => {
  const open = createWorld().routes.filter((route) => route.access === 'public');
  assert.deepEqual(open.map((route) => route.path).sort(), ['/api/v1/openapi.json', '/api/v1/version']);
});

test('a deploy request is checked before it reaches the runtime, and every fault is named', async () => {
  const world = createWorld();
  const bad = [
    undefined,
    {},
    { source: { kind: 'file', path: 'relative.apkg' } },
    { source: { kind: 'web', path: '/a' } },
    { ...deployBody, replicas: 0 },
    { ...deployBody, agentId: '../up' },
    { ...deployBody, unknown: 1 },
    { ...deployBody, packageSha256: 'abc' },
    { ...deployBody, environment: { 'NOT OK': 'x' } },
  ];
  for (const body of bad) await assert.rejects(call(world, 'deploy', { body }), { code: 'VALIDATION_FAILED' });
  assert.equal(world.deployed.length, 0);
  await assert.rejects(call(world, 'deploy', { body: { ...deployBody, replicas: 0, agentId: '' } }), (thrown) => {
    const { details } = ParleyError.from(thrown);
    const problems = details['problems'] as { path: string }[];
    assert.deepEqual(problems.map(({ path }) => path).sort(), ['agentId', 'replicas']);
    return true;
  });
  const full = { ...deployBody, agentId: 'a', deploymentId: 'b', replicas: 2, environment: { A: '1' } };
  await call(world, 'deploy', { body: full });
  assert.deepEqual(world.deployed, [full]);
});

test('what is changed reaches the runtime as it was asked for, and what cannot be is refused before', async () => {
  const world = createWorld();
  const bad: readonly [string, unknown][] = [
    ['scaleDeployment', { replicas: 0 }],
    ['scaleDeployment', { replicas: 1.5 }],
    ['scaleDeployment', undefined],
    ['setWeights', { weights: { a: -1 } }],
    ['setWeights', { weights: { '../a': 1 } }],
    ['rollbackAgent', { to: 1 }],
  ];
  for (const [operationId, body] of bad) {
    await assert.rejects(call(world, operationId, { id: 'sums', body }), { code: 'VALIDATION_FAILED' }, operationId);
  }
  assert.deepEqual(world.changed, []);
  for (const [operationId, request] of jsonCalls) {
    if (/^(scale|setWeights|enable|disable|rollback)/.test(operationId)) await call(world, operationId, request);
  }
  assert.deepEqual(world.changed, [
    ['scale', 'sums', 3],
    ['setWeights', 'sums', { 'sums-1': 90, 'sums-2': 0 }],
    ['setEnabled', 'sums', true],
    ['setEnabled', 'sums', false],
    ['rollback', 'sums', 'sums-1~2'],
  ]);
});

test('an uploaded file reaches the library as it comes, and a body that is none is refused', async () => {
  const world = createWorld();
  await call(world, 'uploadPackage', { file: 'PK' });
  assert.deepEqual(world.uploads, ['PK']);
  await assert.rejects(call(world, 'uploadPackage', { body: {} }), { code: 'CONTENT_TYPE_NOT_SUPPORTED' });
});

test('a query out of bounds is refused', async () => {
  const world = createWorld();
  for (const query of ['limit=0', 'limit=x', 'after=-1', 'other=1']) {
    await assert.rejects(call(world, 'getLogs', { id: 'sums', query }), { code: 'VALIDATION_FAILED' }, query);
  }
  await assert.rejects(call(world, 'listTasks', { query: 'state=done' }), { code: 'VALIDATION_FAILED' });
});

test('followed log lines carry their sequence as event id', async () => {
  const response = await call(createWorld(), 'followLogs', { id: 'sums' });
  assert.ok('events' in response);
  const events = [];
  for await (const event of response.events) events.push(event);
  assert.deepEqual(events, [{ id: '7', data: JSON.stringify(line) }]);
});

test('a watched deployment is given as it is, then after each change, until the caller leaves', async () => {
  const world = createWorld();
  const leave = new AbortController();
  const response = await call(world, 'watchDeployment', { id: 'sums', signal: leave.signal });
  assert.ok('events' in response);
  const iterator = response.events[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await iterator.next()).value?.data ?? 'null')?.status ?? null;
  assert.equal(await next(), 'starting');
  const changed = next();
  world.changeTo({ ...view, id: 'another', status: 'failed' });
  world.changeTo({ ...view, status: 'loading' });
  world.changeTo({ ...view, status: 'healthy' });
  assert.equal(await changed, 'healthy');
  leave.abort();
  assert.equal(await next(), null);
  assert.equal(world.watchers.size, 0);
});

test('the description names every route, its place holders and its body', async () => {
  const world = createWorld();
  const response = await call(world, 'getOpenApi');
  assert.ok('body' in response);
  const document = response.body as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> };
  assert.match(document.openapi, /^3\.1\./);
  const described = Object.values(document.paths).flatMap((item) => Object.values(item));
  assert.deepEqual(described.map(({ operationId }) => operationId).sort(), idsOf(world));
  for (const { path, params } of world.routes) {
    assert.deepEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      Object.keys(params),
      path,
    );
  }
  assert.match(JSON.stringify(document.paths['/api/v1/deployments']?.['post']), /requestBody.*packageSha256/);
});

test('a task is found without its agent, and one that nobody has is TASK_NOT_FOUND', async () => {
  const world = createWorld();
  const response = await call(world, 'getTask', { id: 't1' });
  assert.ok('body' in response);
  assert.equal((response.body as { agentId: string }).agentId, 'sums');
  await assert.rejects(call(world, 'getTask', { id: 't2' }), { code: 'TASK_NOT_FOUND' });
});
