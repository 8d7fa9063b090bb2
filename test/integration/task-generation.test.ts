import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadProtoJson } from '../../src/gateway/grpc/proto-json.ts';
import { taskGenerationUri } from '../../src/protocol/index.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import {
  createTestFolder,
  deployHealthy,
  exampleAgent,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

interface Task {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly metadata?: Readonly<Record<string, unknown>>;
}

type Headers = Readonly<Record<string, string>>;

interface Failure {
  readonly reason: string;
  readonly code: number;
}

/** One way to get and to send; a refusal is thrown as its reason and its code on that wire. */
interface Binding {
  get(agent: string, id: string, headers?: Headers): Promise<Task>;
  send(agent: string, message: object, headers?: Headers): Promise<Task>;
}

const asked = { 'a2a-version': '1.0', 'a2a-extensions': `urn:other, ${taskGenerationUri}` };
let node: TestNode;
let gate: Gate;
let folder = '';
let grpc: TestGrpcClient;

/** Messages as JSON at both ends, as the proto has them. */
const service = Object.fromEntries(
  [
    ['GetTask', 'GetTaskRequest', 'Task'],
    ['SendMessage', 'SendMessageRequest', 'SendMessageResponse'],
  ].map(([name = '', request = '', response = '']) => {
    const proto = (type: string): ReturnType<typeof loadProtoJson> =>
      loadProtoJson('lf/a2a/v1/a2a.proto', `lf.a2a.v1.${type}`);
    return [
      name,
      {
        path: `/lf.a2a.v1.A2AService/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: proto(request).encode,
        requestDeserialize: proto(request).decode,
        responseSerialize: proto(response).encode,
        responseDeserialize: proto(response).decode,
      },
    ];
  }),
) as unknown as ServiceDefinition;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode(), openGate(folder)]);
  const environment = { GATE: gate.path };
  const paths = [fixtureAgent('node'), exampleAgent('concierge')];
  await Promise.all(paths.map((path) => deployHealthy(node, { source: { kind: 'folder', path }, environment })));
  grpc = createGrpcClient((await node.client.node.status()).grpcAddress ?? '', service);
});

after(async () => {
  grpc.close();
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

async function http(path: string, headers: Headers, body?: object): Promise<Record<string, never>> {
  const answer = await fetch(`${node.url}/a2a/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const value = (await answer.json()) as Record<string, never>;
  const failed = (value['error'] as { code: number; details?: object; data?: object } | undefined) ?? undefined;
  if (failed === undefined) return value;
  const [, reason = ''] = /"reason":"(\w+)"/.exec(JSON.stringify(failed)) ?? [];
  throw Object.assign(new Error(reason), { reason, code: failed.code } satisfies Failure);
}

const bindings: Readonly<Record<string, Binding>> = {
  'JSON-RPC': {
    get: async (agent, id, headers = asked) => (await rpc(agent, 'GetTask', { id }, headers)) as unknown as Task,
    send: async (agent, message, headers = asked) =>
      (await rpc(agent, 'SendMessage', { message }, headers))['task'] as unknown as Task,
  },
  'HTTP+JSON': {
    get: async (agent, id, headers = asked) => (await http(`${agent}/tasks/${id}`, headers)) as unknown as Task,
    send: async (agent, message, headers = asked) =>
      (await http(`${agent}/message:send`, headers, { message }))['task'] as unknown as Task,
  },
  gRPC: {
    get: (agent, id, headers = asked) =>
      grpc.call<Task>('GetTask', { id }, { ...headers, 'x-deployment-id': agent }).catch(refuse),
    send: async (agent, message, headers = asked) => {
      const sent = grpc.call<{ task: Task }>('SendMessage', { message }, { ...headers, 'x-deployment-id': agent });
      return (await sent.catch(refuse)).task;
    },
  },
};

async function rpc(
  agent: string,
  method: string,
  params: object,
  headers: Headers,
): Promise<Readonly<Record<string, never>>> {
  return (await http(agent, headers, { jsonrpc: '2.0', id: 1, method, params }))['result'] as unknown as Record<
    string,
    never
  >;
}

function refuse(error: ServiceError): never {
  const [reason = ''] = error.metadata.get('parley-code').map(String);
  throw Object.assign(new Error(reason), { reason, code: error.code } satisfies Failure);
}

function createMessage(skill: string, data: object, more: object = {}): object {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }], metadata: { skill }, ...more };
}

function generationOf({ metadata }: Task): number {
  const generation = metadata?.[`${taskGenerationUri}/generation`];
  assert.ok(typeof generation === 'number', JSON.stringify(metadata));
  return generation;
}

/** A task that stands at a gate, and to which nothing happens until that is opened. */
async function startWaiting(name: string): Promise<string> {
  const configuration = { returnImmediately: true };
  const sent = await http('node-tester/message:send', asked, {
    message: createMessage('together', { gate: name }),
    configuration,
  });
  await gate.arrived(name);
  return (sent['task'] as unknown as Task).id;
}

for (const [name, { get, send }] of Object.entries(bindings)) {
  test(`a get that says which generation it knows waits for the next one, over ${name}`, async () => {
    const id = await startWaiting(name);
    const known = generationOf(await get('node-tester', id));
    const waiting = get('node-tester', id, { ...asked, 'parley-current-generation': String(known) });
    const before = get('node-tester', id, { ...asked, 'parley-current-generation': String(known - 1) });
    assert.equal(generationOf(await before), known);
    gate.open(name);
    const next = await waiting;
    assert.ok(generationOf(next) > known);
    let latest = next;
    while (latest.status.state !== 'TASK_STATE_COMPLETED') {
      latest = await get('node-tester', id, { ...asked, 'parley-current-generation': String(generationOf(latest)) });
    }
    const ended = await get('node-tester', id, { ...asked, 'parley-current-generation': String(generationOf(latest)) });
    assert.equal(generationOf(ended), generationOf(latest));
  });

  test(`a further message that expects another generation is refused and changes nothing, over ${name}`, async () => {
    const first = await send('concierge', createMessage('plan_dinner', {}));
    assert.equal(first.status.state, 'TASK_STATE_INPUT_REQUIRED');
    const answer = createMessage('plan_dinner', {}, { taskId: first.id, parts: [{ text: '4' }] });
    const known = generationOf(first);
    const code = { 'JSON-RPC': -32010, 'HTTP+JSON': 409, gRPC: status.ABORTED }[name];
    const reason = name === 'gRPC' ? 'GENERATION_MISMATCH' : 'TASK_GENERATION_MISMATCH';
    const wrong = { ...asked, 'parley-if-generation-match': String(known - 1) };
    await assert.rejects(send('concierge', answer, wrong), { reason, code });
    assert.equal(generationOf(await get('concierge', first.id)), known);
    const right = await send('concierge', answer, { ...asked, 'parley-if-generation-match': String(known) });
    assert.equal(right.status.state, 'TASK_STATE_COMPLETED');
  });

  test(`who does not ask for the extension learns no generation and does not wait, over ${name}`, async () => {
    const plain = { 'a2a-version': '1.0', 'parley-current-generation': '999', 'parley-if-generation-match': '999' };
    const task = await send('node-tester', createMessage('object', { a: 1, b: 2 }), plain);
    assert.equal((await get('node-tester', task.id, plain)).metadata, undefined);
  });
}

test('over HTTP the fields of A2A 1.1 say the same, and what is no whole number is refused', async () => {
  const id = await startWaiting('fields');
  const known = generationOf((await http(`node-tester/tasks/${id}`, asked)) as unknown as Task);
  const waiting = [
    http(`node-tester/tasks/${id}?currentGeneration=${known}`, asked),
    rpc('node-tester', 'GetTask', { id, currentGeneration: known }, asked),
    rpc('node-tester', 'GetTask', { id, currentGeneration: String(known) }, asked),
  ];
  gate.open('fields');
  for (const task of await Promise.all(waiting)) assert.ok(generationOf(task as unknown as Task) > known);
  for (const wrong of ['-1', 'x', '1.5']) {
    await assert.rejects(http(`node-tester/tasks/${id}?currentGeneration=${wrong}`, asked), {
      reason: 'INVALID_PARAMS',
    });
  }
  const asking = (await http('concierge/message:send', asked, { message: createMessage('plan_dinner', {}) }))[
    'task'
  ] as unknown as Task;
  const message = createMessage('plan_dinner', {}, { taskId: asking.id, parts: [{ text: '4' }] });
  const configuration = { ifGenerationMatch: generationOf(asking) + 1 };
  await assert.rejects(http('concierge/message:send', asked, { message, configuration }), { code: 409 });
  const params = { message, configuration: { ifGenerationMatch: String(generationOf(asking)) } };
  assert.ok(await rpc('concierge', 'SendMessage', params, asked));
});

test('each event of a stream says its generation, which grows, and the answer says that the extension is in use', async () => {
  const message = createMessage('stream', {});
  const headers = { 'content-type': 'application/json', ...asked };
  const body = JSON.stringify({ message });
  const answer = await fetch(`${node.url}/a2a/node-tester/message:stream`, { method: 'POST', headers, body });
  assert.equal(answer.headers.get('a2a-extensions'), taskGenerationUri);
  const text = await answer.text();
  const seen = [...text.matchAll(/task-generation:v1\/generation":(\d+)/g)].map(([, number]) => Number(number));
  const ids = [...text.matchAll(/^id: (\d+)/gm)].map(([, number]) => Number(number));
  assert.deepEqual(seen, ids);
  assert.ok(seen.length > 3 && seen.every((generation, at) => at === 0 || generation > (seen[at - 1] ?? 0)));
});

test('the card tells of the extension, and 0.3 knows nothing of it', async () => {
  const card = await http('node-tester/.well-known/agent-card.json', { 'a2a-version': '1.0' });
  const { extensions } = card['capabilities'] as unknown as { extensions: { uri: string; params: object }[] };
  const entry = extensions.find(({ uri }) => uri === taskGenerationUri);
  assert.deepEqual(entry?.params, { generation: `${taskGenerationUri}/generation`, maxWaitSeconds: 30 });
  const id = await startWaiting('old');
  const old = {
    'x-a2a-extensions': taskGenerationUri,
    'a2a-extensions': taskGenerationUri,
    'parley-current-generation': '99',
  };
  const task = (await http(`node-tester/v1/tasks/${id}`, old)) as unknown as Task;
  assert.equal(task.metadata, undefined);
  gate.open('old');
});

test('a get that waits is answered with the task as it is when its time is over', async () => {
  const id = await startWaiting('time');
  const headers = { ...asked, 'parley-current-generation': '99', 'parley-timeout-ms': '50' };
  assert.equal(((await http(`node-tester/tasks/${id}`, headers)) as unknown as Task).id, id);
  gate.open('time');
});

test('a get that waits is answered with the task as it is when the node stops', async () => {
  const other = await startTestNode();
  const stopped = Promise.withResolvers<void>();
  try {
    await deployHealthy(other, {
      source: { kind: 'folder', path: fixtureAgent('node') },
      environment: { GATE: gate.path },
    });
    const headers = { 'content-type': 'application/json', ...asked };
    const configuration = { returnImmediately: true };
    const body = JSON.stringify({ message: createMessage('together', { gate: 'drain' }), configuration });
    const begun = await fetch(`${other.url}/a2a/node-tester/message:send`, { method: 'POST', headers, body });
    const { task } = (await begun.json()) as { task: Task };
    await gate.arrived('drain');
    const url = `${other.url}/a2a/node-tester/tasks/${task.id}`;
    const waiting = fetch(url, { headers: { ...asked, 'parley-current-generation': '99' } });
    // What comes behind it has been answered: it is there.
    await (await fetch(url, { headers: asked })).text();
    other.close().then(stopped.resolve, stopped.reject);
    const answer = (await (await waiting).json()) as Task;
    assert.deepEqual([answer.id, answer.status.state], [task.id, 'TASK_STATE_WORKING']);
  } finally {
    gate.open('drain');
    await stopped.promise;
  }
});
