import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callHttp, type HttpAnswer } from '../support/http-call.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

const secret = `secret-${randomBytes(16).toString('hex')}`;
const bodyBytes = 100_000;

let node: TestNode;
/** What the fabric gave to the worker of an agent; the agent tells it. */
let workerToken: string;

before(async () => {
  node = await startTestNode({ settings: { log: { level: 'debug' }, limits: { bodyBytes } } });
  const source = { kind: 'folder', path: fixtureAgent('node') } as const;
  await deployHealthy(node, { source, environment: { SECRET: secret } });
  workerToken = textOf(await send('credential'));
});

after(() => node?.close());

test('each operator route needs the credential of the operator, on loopback too', async () => {
  const routes = await findOperatorRoutes();
  assert.ok(routes.length >= 12, `only ${routes.length} routes`);
  for (const { method, path } of routes) {
    const ask = async (token: string | undefined): Promise<string> => {
      const { status, body } = await call(method, path, { ...(token !== undefined && { token }) });
      return `${method} ${path} ${status} ${errorOf(body)}`;
    };
    assert.equal(await ask(undefined), `${method} ${path} 401 UNAUTHENTICATED`);
    assert.equal(await ask('not-the-token'), `${method} ${path} 401 UNAUTHENTICATED`);
    assert.equal(await ask(`${node.token}x`), `${method} ${path} 401 UNAUTHENTICATED`);
    assert.equal(await ask(`${workerToken.slice(0, -2)}xx`), `${method} ${path} 401 UNAUTHENTICATED`);
    assert.equal(await ask(workerToken), `${method} ${path} 403 PERMISSION_DENIED`);
  }
  assert.equal((await call('GET', '/api/v1/status', { token: node.token })).status, 200);
});

test('the command line takes the token from the data folder, and says so with its own exit code when it is wrong', async () => {
  assert.equal((await runParley('status', '--data-folder', node.dataFolder)).code, 0);
  const refused = await runParley('status', '--data-folder', node.dataFolder, '--token', 'wrong');
  assert.equal(refused.code, 4);
  assert.equal(refused.stdout, '');
});

test('a wrong credential is refused where none is needed, too', async () => {
  assert.equal((await send('text', { token: 'wrong' })).status, 401);
});

test('a request for a foreign host name is refused, whatever it asks', async () => {
  for (const path of ['/agents', '/api/v1/version', '/a2a/node-tester/.well-known/agent-card.json']) {
    for (const host of [
      'evil.example',
      'evil.example:8000',
      '10.0.0.1',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      const { status, body } = await call('GET', path, { headers: { host } });
      assert.deepEqual([status, errorOf(body)], [403, 'FORBIDDEN_ORIGIN'], `${host} ${path}`);
    }
    assert.equal((await call('GET', path, { headers: { host: 'localhost:1' } })).status, 200);
  }
});

test("a web page of another site cannot call, not even with the operator's token", async () => {
  const attempts: readonly Readonly<Record<string, string>>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${node.url}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of attempts) {
    assert.equal((await send('text', { headers })).status, 403, JSON.stringify(headers));
    assert.equal((await call('GET', '/api/v1/status', { headers, token: node.token })).status, 403);
    const { headers: answered } = await call('OPTIONS', '/a2a/node-tester', { headers });
    assert.equal(answered['access-control-allow-origin'], undefined);
  }
  assert.equal((await send('text', { headers: { origin: node.url, host: new URL(node.url).host } })).status, 200);
});

test('a body over the limit is refused with 413, one below it is taken', async () => {
  const pad = (length: number): string => createBody('text', { pad: 'x'.repeat(length) });
  for (const path of ['/a2a/node-tester/message:send', '/a2a/node-tester', '/api/v1/deployments']) {
    const { status } = await call('POST', path, { body: pad(bodyBytes), token: node.token });
    assert.equal(status, 413, path);
  }
  assert.equal((await call('POST', '/a2a/node-tester/message:send', { body: pad(bodyBytes / 2) })).status, 200);
});

test('a node does not listen where others reach it', async () => {
  const folder = await createTestFolder();
  try {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      const { code, stdout, stderr } = await runParley('up', '--host', host, '--port', '0', '--data-folder', folder);
      assert.deepEqual([code, stdout], [1, ''], host);
      assert.match(stderr, /only loopback/i);
    }
  } finally {
    await removeFolder(folder);
  }
});

test('the environment of a deployment reaches its worker, and nobody else: no answer, no log, no file', async () => {
  assert.equal(textOf(await send('digest')), createHash('sha256').update(secret).digest('hex'));
  for (const { method, path } of await findOperatorRoutes()) {
    if (method !== 'GET' || /\/(?:watch|stream|follow)(?:\/|$)/.test(path)) continue;
    const { body } = await call(method, path, { token: node.token });
    assert.doesNotMatch(JSON.stringify(body), new RegExp(secret), path);
  }
  assert.ok(!node.output().includes(secret));
  for (const { path, content } of await readDataFolder()) assert.ok(!content.includes(secret), path);
});

test('the token of the operator is in its own file alone, which nobody else may read', async () => {
  assert.ok(!node.output().includes(node.token));
  for (const { path, content } of await readDataFolder()) {
    assert.equal(content.includes(node.token), path === join(node.dataFolder, 'operator.token'), path);
  }
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  // As root, the group that deployments share may pass through, and not look.
  const open = process.getuid?.() === 0 ? 0o710 : 0o700;
  assert.equal(await modeOf(node.dataFolder), open);
  for (const name of ['operator.token', 'node.key']) assert.equal(await modeOf(join(node.dataFolder, name)), 0o600);
});

test('a caller neither sees nor touches the tasks of another; the operator does', async () => {
  const owners = [undefined, workerToken];
  const ids = await Promise.all(
    owners.map(async (token) => taskOf(await send('text', { ...(token && { token }) })).id),
  );
  for (const [index, token] of owners.entries()) {
    const own = ids[index] ?? '';
    const foreign = ids[1 - index] ?? '';
    const as = { ...(token !== undefined && { token }) };
    const list = (await call('GET', '/a2a/node-tester/tasks?pageSize=100', as)).body as { tasks: { id: string }[] };
    const listed = list.tasks.map(({ id }) => id);
    assert.deepEqual([listed.includes(own), listed.includes(foreign)], [true, false]);
    assert.equal((await call('GET', `/a2a/node-tester/tasks/${own}`, as)).status, 200);
    for (const [method, path] of [
      ['GET', `/a2a/node-tester/tasks/${foreign}`],
      ['GET', `/a2a/node-tester/tasks/${foreign}:subscribe`],
      ['POST', `/a2a/node-tester/tasks/${foreign}:cancel`],
    ] as const) {
      assert.equal((await call(method, path, as)).status, 404, path);
    }
    assert.equal((await send('text', { ...as, taskId: foreign })).status, 404);
    assert.equal((await call('GET', `/a2a/node-tester/tasks/${own}`, { token: node.token })).status, 200);
  }
});

interface Asked {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function call(method: string, path: string, { token, headers = {}, body }: Asked = {}): Promise<HttpAnswer> {
  const all = {
    'a2a-version': '1.0',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  return callHttp({ method, url: node.url + path, headers: all, ...(body !== undefined && { body }) });
}

function send(skill: string, { taskId, ...asked }: Asked & { readonly taskId?: string } = {}): Promise<HttpAnswer> {
  const body = createBody(skill, { name: 'Ada' }, taskId);
  return call('POST', '/a2a/node-tester/message:send', { ...asked, body });
}

function createBody(skill: string, data: object = {}, taskId?: string): string {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }], metadata: { skill }, taskId };
  return JSON.stringify({ message });
}

interface AnsweredTask {
  readonly id: string;
  readonly artifacts: readonly { readonly parts: readonly { readonly text?: string }[] }[];
}

function taskOf({ body }: HttpAnswer): AnsweredTask {
  return (body as { task: AnsweredTask }).task;
}

function textOf(answer: HttpAnswer): string {
  return taskOf(answer).artifacts[0]?.parts[0]?.text ?? '';
}

function errorOf(body: unknown): string {
  return (body as { error: { code: string } }).error.code;
}

/** As the node's own description has them, with the ids of something that is there. */
async function findOperatorRoutes(): Promise<readonly { readonly method: string; readonly path: string }[]> {
  const { body } = await call('GET', '/api/v1/openapi.json');
  const { paths } = body as { paths: Record<string, Record<string, { security: readonly object[] }>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => security.length > 0)
      .map(([method]) => ({ method: method.toUpperCase(), path: path.replace('{id}', 'node-tester') })),
  );
}

/** Every file that the node itself has written. */
async function readDataFolder(): Promise<readonly { readonly path: string; readonly content: Buffer }[]> {
  const entries = await readdir(node.dataFolder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path, content: await readFile(path) })));
}
