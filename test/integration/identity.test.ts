import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
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

let node: TestNode;
let issuer: Issuer;
const keys = { ada: '', finance: '', caller: '' };

interface Issuer {
  readonly url: string;
  readonly server: Server;
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/** An OpenID Connect issuer as far as keys go. */
async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const server = createServer((request, response) => {
    const document = { issuer: url(), jwks_uri: `${url()}/keys` };
    response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ iss: url(), aud: 'parley', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setExpirationTime('5 minutes')
      .sign(privateKey);
  return { url: url(), server, sign };
}

before(async () => {
  issuer = await startIssuer();
  const everybody = { roles: ['*'], agents: ['guarded', 'relay'] };
  node = await startTestNode({
    settings: {
      log: { level: 'debug' },
      identity: {
        modes: ['keys', 'jwt'],
        jwt: { issuer: issuer.url, audience: 'parley', algorithms: ['ES256'] },
        rights: [everybody, { roles: ['reader'], agents: ['parley'], operations: ['read'] }],
      },
    },
  });
  const source = { kind: 'folder', path: fixtureAgent('guarded') } as const;
  await Promise.all(['guarded', 'relay'].map((agentId) => deployHealthy(node, { source, agentId })));
  keys.ada = (await node.client.keys.create({ subject: 'ada', roles: [] })).key;
  keys.finance = (await node.client.keys.create({ subject: 'bank', roles: ['finance'] })).key;
  const right = { agents: ['guarded'], skills: ['whoami'], operations: ['call', 'read'] as const };
  keys.caller = (await node.client.keys.create({ subject: 'narrow', roles: ['finance'], rights: [right] })).key;
});

after(async () => {
  await node?.close();
  issuer?.server.close();
});

test('the agent learns who calls and with which roles, by key or by token', async () => {
  assert.deepEqual(dataOf(await send(keys.ada, 'whoami')), { id: 'key:ada', roles: [] });
  assert.deepEqual(dataOf(await send(keys.finance, 'whoami')), { id: 'key:bank', roles: ['finance'] });
  const token = await issuer.sign({ sub: 'ada', roles: ['audit'] });
  assert.deepEqual(dataOf(await send(token, 'whoami')), { id: 'jwt:ada', roles: ['audit'] });
});

test('a skill with a role is for those who have it, also when an agent calls it for them', async () => {
  assert.equal((await send(keys.ada, 'pay')).status, 403);
  assert.deepEqual(dataOf(await send(keys.finance, 'pay')), { id: 'key:bank', roles: ['finance'] });
  assert.equal(dataOf(await send(await issuer.sign({ sub: 'cfo', roles: 'x finance' }), 'pay'))['id'], 'jwt:cfo');
  assert.equal(dataOf(await send(node.token, 'pay'))['id'], 'operator');
  const input = { agent: 'guarded', skill: 'pay' };
  const passed = dataOf(await send(keys.finance, 'pass', { agent: 'relay', data: input }));
  assert.deepEqual(passed['data'], { id: 'key:bank', roles: ['finance'] });
  const refused = (await send(keys.ada, 'pass', { agent: 'relay', data: input })).body as { task: { status: object } };
  assert.match(JSON.stringify(refused.task.status), /TASK_STATE_FAILED.*PERMISSION_DENIED|TASK_STATE_FAILED.*finance/);
});

test('a key with rights of its own may do these and no more', async () => {
  assert.equal((await send(keys.caller, 'whoami')).status, 200);
  for (const [skill, agent] of [
    ['pay', 'guarded'],
    ['pass', 'guarded'],
    ['whoami', 'relay'],
  ] as const) {
    assert.equal((await send(keys.caller, skill, { agent })).status, 403, `${skill} of ${agent}`);
  }
  const { task } = (await send(keys.caller, 'whoami')).body as { task: { id: string } };
  assert.equal((await call('GET', `/a2a/guarded/tasks/${task.id}`, keys.caller)).status, 200);
  assert.equal((await call('POST', `/a2a/guarded/tasks/${task.id}:cancel`, keys.caller, {})).status, 403);
});

test('what no rule allows is refused, before anything is looked up', async () => {
  assert.equal((await call('GET', '/a2a/parley/tasks', keys.ada)).status, 403);
  assert.equal((await call('GET', '/a2a/parley/tasks/nothing', keys.ada)).status, 403);
  const reader = await issuer.sign({ sub: 'r', roles: ['reader'] });
  assert.equal((await call('GET', '/a2a/parley/tasks', reader)).status, 200);
});

test('callers neither see nor touch the tasks of one another, nor does one with the same name by another way', async () => {
  const { task } = (await send(keys.ada, 'whoami')).body as { task: { id: string } };
  for (const other of [keys.finance, await issuer.sign({ sub: 'ada' }), await issuer.sign({ sub: 'key:ada' })]) {
    assert.equal((await call('GET', `/a2a/guarded/tasks/${task.id}`, other)).status, 404);
    assert.equal((await call('POST', `/a2a/guarded/tasks/${task.id}:cancel`, other, {})).status, 404);
    const hooks = await call('GET', `/a2a/guarded/tasks/${task.id}/pushNotificationConfigs`, other);
    assert.equal(hooks.status, 404);
    const { tasks } = (await call('GET', '/a2a/guarded/tasks', other)).body as { tasks: { id: string }[] };
    assert.ok(!tasks.some(({ id }) => id === task.id));
  }
  assert.equal((await call('GET', `/a2a/guarded/tasks/${task.id}`, keys.ada)).status, 200);
});

test('the role operator opens the operator’s routes, and nothing else does', async () => {
  const chief = await issuer.sign({ sub: 'chief', roles: ['operator'] });
  assert.equal((await call('GET', '/api/v1/status', chief)).status, 200);
  for (const token of [keys.ada, keys.caller, await issuer.sign({ sub: 'operator' })]) {
    assert.equal((await call('GET', '/api/v1/status', token)).status, 403);
    assert.equal((await call('POST', '/api/v1/keys', token, { subject: 'me', roles: ['operator'] })).status, 403);
  }
  assert.equal((await call('GET', '/api/v1/status', undefined)).status, 401);
});

test('a revoked key ends at once, and the command line makes, shows and ends keys', async () => {
  const at = ['--data-folder', node.dataFolder];
  const made = await runParley('keys', 'create', 'ci', '--agent', 'guarded', '--days', '1', '-o', 'json', ...at);
  const { key, id } = JSON.parse(made.stdout) as { key: string; id: string };
  assert.equal((await send(key, 'whoami')).status, 200);
  const listed = await runParley('keys', 'list', ...at);
  assert.match(listed.stdout, /ci .*call,read,cancel: guarded/);
  assert.ok(!listed.stdout.includes(key));
  assert.equal((await runParley('keys', 'revoke', id, ...at)).code, 0);
  assert.equal((await send(key, 'whoami')).status, 401);
  assert.equal((await runParley('keys', 'revoke', id, ...at)).code, 1);
});

test('the card says how callers show who they are, in the form of each version', async () => {
  const cardOf = async (version: string): Promise<Record<string, unknown>> => {
    const headers = { 'a2a-version': version };
    const url = `${node.url}/a2a/guarded/.well-known/agent-card.json`;
    return (await callHttp({ method: 'GET', url, headers })).body as Record<string, unknown>;
  };
  const discovery = `${issuer.url}/.well-known/openid-configuration`;
  const current = await cardOf('1.0');
  const { apiKey, token } = current['securitySchemes'] as Record<string, Record<string, Record<string, string>>>;
  assert.equal(apiKey?.['httpAuthSecurityScheme']?.['scheme'], 'Bearer');
  assert.equal(token?.['openIdConnectSecurityScheme']?.['openIdConnectUrl'], discovery);
  assert.deepEqual(current['securityRequirements'], [
    { schemes: { apiKey: { list: [] } } },
    { schemes: { token: { list: [] } } },
  ]);
  const old = await cardOf('0.3');
  const schemes = old['securitySchemes'] as Record<string, Record<string, string>>;
  assert.deepEqual([schemes['apiKey']?.['type'], schemes['apiKey']?.['scheme']], ['http', 'Bearer']);
  assert.deepEqual(
    [schemes['token']?.['type'], schemes['token']?.['openIdConnectUrl'], old['security']],
    ['openIdConnect', discovery, [{ apiKey: [] }, { token: [] }]],
  );
});

test('no key, token or their secrets is in a log, an answer or a file', async () => {
  const token = await issuer.sign({ sub: 'ada' });
  await send(token, 'whoami');
  await send(`${keys.ada}x`, 'whoami');
  await send(`${token}x`, 'whoami');
  const views = [await call('GET', '/api/v1/keys', node.token), await call('GET', '/api/v1/tasks', node.token)];
  const entries = await readdir(node.dataFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, 'latin1')));
  for (const secret of [...Object.values(keys), token].map((text) => text.split('.').at(-1) ?? '')) {
    assert.ok(secret.length > 40);
    assert.ok(!node.output().includes(secret));
    assert.ok(!JSON.stringify(views.map(({ body }) => body)).includes(secret));
    for (const [index, content] of contents.entries()) assert.ok(!content.includes(secret), files[index]);
  }
});

test('with an identity a node may listen where others reach it, and then lets nobody in without one', async () => {
  const other = await startTestNode({ settings: { host: '0.0.0.0', identity: { modes: ['keys'] } } });
  try {
    assert.match(other.url, /^http:\/\/127\.0\.0\.1:/);
    assert.equal((await callHttp({ method: 'GET', url: `${other.url}/agents` })).status, 401);
    const headers = { authorization: `Bearer ${other.token}` };
    assert.equal((await callHttp({ method: 'GET', url: `${other.url}/agents`, headers })).status, 200);
  } finally {
    await other.close();
  }
});

test('a node whose operator routes are open to all does not start with an identity', async () => {
  const folder = await createTestFolder();
  try {
    const config = join(folder, 'c.yaml');
    await writeFile(config, 'identity: { modes: [keys] }');
    const { code, stderr } = await runParley('up', '--insecure-operator', '--config', config, '--data-folder', folder);
    assert.equal(code, 1);
    assert.match(stderr, /insecureOperator/);
  } finally {
    await removeFolder(folder);
  }
});

function call(method: string, path: string, token: string | undefined, body?: unknown): Promise<HttpAnswer> {
  const headers = {
    'a2a-version': '1.0',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return callHttp({ method, url: node.url + path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

function send(token: string, skill: string, { agent = 'guarded', data = {} } = {}): Promise<HttpAnswer> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }], metadata: { skill } };
  return call('POST', `/a2a/${agent}/message:send`, token, { message });
}

function dataOf({ status, body }: HttpAnswer): Record<string, unknown> {
  assert.equal(status, 200, JSON.stringify(body));
  const { task } = body as { task: { artifacts: readonly { readonly parts: readonly { readonly data: object }[] }[] } };
  return { ...task.artifacts[0]?.parts[0]?.data };
}
