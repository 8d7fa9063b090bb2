import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFrontDoorServices } from '../../testing/index.ts';
import { createGateway } from '../index.ts';

const gateway = createGateway({ port: 0, version: '0.0.0' });
const services = createFrontDoorServices();

before(async () => {
  await gateway.start();
  gateway.admit(services);
});
after(() => gateway.stop(AbortSignal.timeout(1_000)));

const send = { message: { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'reply' }] } };

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function request(method: string, path: string, body?: object, headers = {}): Promise<Answer> {
  const response = await fetch(gateway.url + path, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
  });
  return { status: response.status, body: await response.text() };
}

function callRpc(path: string, method: string, params: object, headers = {}): Promise<Answer> {
  return request('POST', path, { jsonrpc: '2.0', id: 1, method, params }, headers);
}

async function startTask(path: string): Promise<string> {
  const body = { message: { ...send.message, parts: [{ text: 'wait' }] }, configuration: { returnImmediately: true } };
  const { status, body: answer } = await request('POST', path, body);
  assert.equal(status, 200, answer);
  return (JSON.parse(answer) as { task: { id: string } }).task.id;
}

test('below an agent, every operation of 1.0 is there with any tenant in front, and the tenant changes nothing', async () => {
  const id = await startTask('/a2a/echo/acme/message:send');
  const at = `/a2a/echo/acme/tasks/${id}`;
  for (const path of [at, `/a2a/echo/tasks/${id}`, '/a2a/echo/acme/tasks', `${at}/pushNotificationConfigs`]) {
    assert.equal((await request('GET', path)).status, 200, path);
  }
  const followed = fetch(`${gateway.url}${at}:subscribe`, { headers: { 'a2a-version': '1.0' } });
  assert.equal((await followed).status, 200);
  assert.match((await request('POST', `${at}:cancel`, {})).body, /TASK_STATE_CANCELED/);
  assert.match((await (await followed).text()).trim(), /TASK_STATE_CANCELED/);
  assert.match((await request('POST', '/a2a/echo/acme/message:stream', send)).body, /^id: /);
  assert.match((await request('GET', '/a2a/echo/acme/extendedAgentCard')).body, /UNSUPPORTED_OPERATION/);
});

test('paths that are there without a tenant mean what they meant, also when a tenant has such a name', async () => {
  const id = await startTask('/a2a/echo/tasks/message:send');
  assert.match((await request('GET', '/a2a/echo/tasks/tasks')).body, /TASK_NOT_FOUND/);
  assert.equal((await request('GET', `/a2a/echo/tasks/tasks/${id}`)).status, 200);
  assert.equal((await request('GET', '/a2a/echo/v1/tasks')).status, 404);
});

test('at the root the tenant is the agent, in the path, the body, the query and the parameters', async () => {
  const id = await startTask('/echo/message:send');
  const named = [
    request('GET', `/echo/tasks/${id}`),
    request('GET', `/echo-1/tasks/${id}`),
    request('GET', `/tasks/${id}?tenant=echo`),
    request('POST', `/tasks/${id}:cancel`, { tenant: 'echo' }),
    callRpc('/', 'GetTask', { id, tenant: 'echo' }),
  ];
  for (const { status, body } of await Promise.all(named)) {
    assert.equal(status, 200);
    assert.ok(body.includes(id), body);
  }
  assert.equal((await request('GET', `/tasks/${id}`)).status, 404, 'the fabric’s own agent does not have the task');
  assert.match((await callRpc('/', 'GetTask', { id, tenant: '' })).body, /TASK_NOT_FOUND/);
});

test('the header that names a deployment wins over the tenant at the root', async () => {
  const id = await startTask('/a2a/echo/message:send');
  const headers = { 'x-deployment-id': 'echo-1' };
  assert.ok((await callRpc('/', 'GetTask', { id, tenant: 'nobody' }, headers)).body.includes(id));
  assert.equal((await request('GET', `/nobody/tasks/${id}`, undefined, headers)).status, 200);
});

test('a tenant at the root that is no agent, or no text, is refused', async () => {
  assert.equal((await request('POST', '/nobody/message:send', send)).status, 404);
  assert.match((await callRpc('/', 'SendMessage', { ...send, tenant: 'nobody' })).body, /AGENT_NOT_FOUND/);
  assert.match((await callRpc('/', 'SendMessage', { ...send, tenant: 7 })).body, /must be text/);
});

test('0.3 has no tenants: what a call says of one is not looked at', async () => {
  const old = { 'a2a-version': '0.3' };
  const { body } = await callRpc('/', 'tasks/get', { id: 'nope', tenant: 'nobody' }, old);
  assert.match(body, /TASK_NOT_FOUND|-32001/);
});
