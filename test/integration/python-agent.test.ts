import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { decode } from '@msgpack/msgpack';
import type { DeploymentView } from '../../src/control/index.ts';
import { isRunning } from '../support/process-table.ts';
import {
  createPythonAgentClient,
  hasStatus,
  type PythonAgentClient,
  packContext,
} from '../support/python-agent-client.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { connectSdk, createSdkRequest, sdkBindings, sdkTask } from '../support/sdk-client.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const needs = requires('python3', 'procfs');
const needsGrpc = requires('grpcio', 'procfs');

const manifest = `name: coder
version: 1.0.0
runtime: {python: ">=3.8"}
metadata: {python_agent: true}
exports:
  - {name: environment, type: function, handler: agent.environment}
`;
const agent = 'import os\nSECRET = "of the package"\ndef environment(request):\n    return dict(os.environ)\n';

interface World {
  readonly node: TestNode;
  readonly deployment: DeploymentView;
  readonly client: PythonAgentClient;
  connect(view: DeploymentView, headers?: Readonly<Record<string, string>>): PythonAgentClient;
}

/** A node with one deployment of a package that asks for Python sessions, and a client at its gRPC port. */
async function open(t: TestContext, settings: object = {}): Promise<World> {
  const folder = await createTestFolder();
  await mkdir(join(folder, 'coder'));
  await writeFile(join(folder, 'coder', 'agent.yaml'), manifest);
  await writeFile(join(folder, 'coder', 'agent.py'), agent);
  const node = await startTestNode({ settings: { ...settings } });
  const clients: PythonAgentClient[] = [];
  const connect: World['connect'] = (view, headers) => {
    const client = createPythonAgentClient(`localhost:${view.ports?.grpc}`, headers);
    clients.push(client);
    return client;
  };
  t.after(async () => {
    for (const client of clients) client.close();
    await node.close();
    await removeFolder(folder);
  });
  const source = { kind: 'folder', path: join(folder, 'coder') } as const;
  const deployment = await deployHealthy(node, { source });
  const client = connect(deployment);
  await waitUntil('gRPC answers', () => answers(client));
  return { node, deployment, client, connect };
}

async function answers(client: PythonAgentClient): Promise<boolean> {
  return client.state('nobody').then(
    () => true,
    (thrown: unknown) => hasStatus(thrown, status.NOT_FOUND),
  );
}

test('code runs in a session of the deployment whose port was dialled', needs, async (t) => {
  const { client } = await open(t);
  const session_id = 'table';
  const first = await client.execute({
    session_id,
    code: 'total = sum(rows)\nprint("added")',
    context: packContext({ rows: [1, 2, 3] }),
  });
  assert.deepEqual([first.success, first.error, first.stdout, first.values], [true, '', 'added\n', { total: 6 }]);
  assert.ok(first.metrics.memory_used_bytes > 1_000_000 && first.metrics.execution_time_ms >= 0);
  const second = await client.execute({ session_id, code: 'mean = total / 0' });
  assert.equal(second.success, false);
  assert.match(second.error, /ZeroDivisionError/);
  const edits = [{ line_number: 1, old_line: 'mean = total / 0', new_line: 'mean = total / len(rows)' }];
  const third = await client.retry({ session_id, patch: { edits } });
  assert.deepEqual(third.values, { mean: 2 });
  const state = await client.state(session_id);
  assert.deepEqual(state.values, { rows: [1, 2, 3], total: 6, mean: 2 });
  assert.ok(state.created_at <= state.last_accessed && state.created_at > Date.now() - 60_000);
  await assert.rejects(client.retry({ session_id, patch: { edits } }), (thrown) =>
    hasStatus(thrown, status.INVALID_ARGUMENT),
  );
});

test('a stream brings what the code prints while it runs, and ends with its results or its error', needs, async (t) => {
  const { client } = await open(t);
  const seen: [number, string][] = [];
  const code = 'import sys\nprint("one")\nprogress({"done": 1})\nprint("two", file=sys.stderr)\nx = [1, None]';
  for await (const { type, data, timestamp } of client.stream({ code })) {
    assert.ok(timestamp > Date.now() - 60_000);
    if (type === 2) assert.deepEqual(decode(data), { x: [1, null] });
    else seen.push([type, data.toString()]);
  }
  assert.deepEqual(
    seen.sort(([a], [b]) => a - b),
    [
      [0, 'one\n'],
      [1, 'two\n'],
      [3, '{"done": 1}'],
    ],
  );
  const types: number[] = [];
  for await (const { type } of client.stream({ code: 'raise KeyError("gone")' })) types.push(type);
  assert.deepEqual(types, [4]);
});

test('a message of up to 100 MB passes, a larger one is refused', { ...needs, timeout: 60_000 }, async (t) => {
  const { client } = await open(t);
  const files = [Buffer.alloc(99 * 1024 * 1024, 'x')];
  const code = 'import os\nsize = os.path.getsize(files[0])\nback = b"y" * 1_000_000';
  const { values } = await client.execute({ code, files });
  assert.equal(values['size'], 99 * 1024 * 1024);
  assert.equal((values['back'] as Uint8Array).length, 1_000_000);
  const larger = client.execute({ code, files: [Buffer.alloc(101 * 1024 * 1024)] });
  await assert.rejects(larger, (thrown) => hasStatus(thrown, status.RESOURCE_EXHAUSTED));
});

test('sessions belong to their deployment, and only so many may be open', needs, async (t) => {
  const { node, deployment, client, connect } = await open(t, {
    python: { maxSessionsPerDeployment: 2, maxSessions: 3 },
  });
  const other = await deployHealthy(node, { source: deployment.source, agentId: 'second' });
  const stranger = connect(other);
  await waitUntil('gRPC answers', () => answers(stranger));
  await client.execute({ session_id: 'a', code: 'x = 1' });
  await assert.rejects(stranger.state('a'), (thrown) => hasStatus(thrown, status.NOT_FOUND));
  await client.execute({ session_id: 'b', code: 'x = 1' });
  const full = (thrown: unknown): boolean => hasStatus(thrown, status.RESOURCE_EXHAUSTED);
  await assert.rejects(client.execute({ session_id: 'c', code: 'x = 1' }), full);
  assert.equal((await stranger.execute({ session_id: 'a', code: 'fresh = "x" not in dir()' })).values['fresh'], true);
  await assert.rejects(stranger.execute({ session_id: 'b', code: 'x = 1' }), full);
});

test('code sees neither credentials nor the environment of the deployment', needs, async (t) => {
  const { node, deployment, client } = await open(t);
  await node.client.deployments.restart(deployment.id);
  const code = 'import os, agent\nseen = dict(os.environ)\nhome = os.getcwd()\nof_package = agent.SECRET';
  const { values, error } = await client.execute({ code });
  assert.equal(error, '');
  const seen = values['seen'] as Record<string, string>;
  assert.equal(seen['HOME'], values['home']);
  assert.deepEqual(
    Object.keys(seen).filter((name) => /TOKEN|SECRET|PAR_|URL/.test(name)),
    [],
  );
  assert.equal(values['of_package'], 'of the package');
});

test('with a credential only the deployment itself and the operator may call', needs, async (t) => {
  const { node, deployment, connect } = await open(t);
  const bearer = (token: string) => connect(deployment, { authorization: `Bearer ${token}` });
  assert.equal((await bearer(node.token).execute({ code: 'x = 1' })).success, true);
  const wrong = bearer('wrong').execute({ code: 'x = 1' });
  await assert.rejects(wrong, (thrown) => hasStatus(thrown, status.UNAUTHENTICATED));
});

test('a caller that leaves stops its code', needs, async (t) => {
  const { client } = await open(t);
  const session_id = 's';
  const stream = client.stream({ session_id, code: 'import os\nprogress(str(os.getpid()))\nwhile True: pass' });
  stream[Symbol.asyncIterator]()
    .next()
    .then(
      () => stream.cancel(),
      () => {},
    );
  assert.equal((await client.execute({ session_id, code: 'x = 1', timeout_seconds: 5 })).success, true);
});

test('a node that stops, and one that is killed, leave no session behind', needs, async (t) => {
  for (const end of ['close', 'kill'] as const) {
    await t.test(end, async (inner) => {
      const { node, client } = await open(inner);
      const code =
        'import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprogress(str(os.getpid()))\nwhile True: pass';
      const stream = client.stream({ session_id: 's', code });
      const first = await stream[Symbol.asyncIterator]().next();
      const pid = Number(first.value.data.toString());
      assert.ok(isRunning(pid));
      if (end === 'kill') await node.kill();
      else await node.client.node.shutdown();
      await waitUntil('the session has ended', () => !isRunning(pid));
    });
  }
});

/** A skill that runs code as an adapter of the originals does: with grpcio, without a credential, at the address it is told. */
const adapter = `import os
import grpc


def run(request):
    address = request["address"].replace("$A2A_PORT", os.environ["A2A_PORT"])
    address = address.replace("$PARLEY_PYTHON_SOCKET", os.environ["PARLEY_PYTHON_SOCKET"])
    code = request["code"].encode()
    with grpc.insecure_channel(address) as channel:
        execute = channel.unary_unary("/pixell.python_agent.PythonAgent/Execute")
        return {"answer": execute(bytes([10, len(code)]) + code, timeout=20).hex()}
`;

test('a package reaches its sessions with grpcio and no credential, by port and by socket', needsGrpc, async (t) => {
  const { node } = await open(t, { workers: { python: fastapiPython() } });
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  await writeFile(join(folder, 'agent.yaml'), `${manifest.split('exports:')[0]}entrypoint: agent:run\n`);
  await writeFile(join(folder, 'agent.py'), adapter);
  const { id } = await deployHealthy(node, { source: { kind: 'folder', path: folder }, agentId: 'adapter' });
  const [json] = sdkBindings;
  assert.ok(json);
  const client = await connectSdk(`${node.url}/a2a/${id}`, json);
  for (const address of ['localhost:$A2A_PORT', 'unix:$PARLEY_PYTHON_SOCKET']) {
    const data = { address, code: 'import os; print("ran as", os.getuid())' };
    const { artifacts, status: state } = sdkTask(await client.sendMessage(createSdkRequest({ parts: [{ data }] })));
    assert.equal(artifacts.length, 1, JSON.stringify(state));
    assert.match(
      Buffer.from(JSON.stringify(artifacts).match(/"answer":"(\w+)"/)?.[1] ?? '', 'hex').toString(),
      /ran as \d+/,
    );
  }
});

test('a package that does not ask for sessions has none', needs, async (t) => {
  const { node, deployment, connect } = await open(t);
  assert.ok(deployment.source.kind === 'folder');
  await writeFile(join(deployment.source.path, 'agent.yaml'), manifest.replace(/metadata.*\n/, ''));
  const plain = await deployHealthy(node, { source: deployment.source, agentId: 'plain' });
  const client = connect(plain);
  await waitUntil('its port serves, but no sessions', () =>
    client.execute({ code: 'x = 1' }).then(
      () => assert.fail('There are sessions.'),
      (thrown: unknown) => hasStatus(thrown, status.UNIMPLEMENTED),
    ),
  );
});
