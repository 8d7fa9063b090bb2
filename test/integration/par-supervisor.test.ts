import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type MadePackage, makePackage } from '../support/package-server.ts';
import { callPar } from '../support/par-client.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

let node: TestNode;
let folder: string;
let made: MadePackage;

const code = `console.error('hello from the worker');
export const setting = () => process.env.GREETING;
`;
const manifest = `name: clerk
version: 1.0.0
runtime: node24
exports: [{name: setting, handler: "agent:setting"}]
`;

before(async () => {
  folder = await createTestFolder();
  const files = { 'agent.yaml': manifest, 'agent.mjs': code };
  made = await makePackage(folder, { name: 'clerk', version: '1.0.0', files });
  node = await startTestNode();
});

after(async () => {
  await node?.close();
  await removeFolder(folder);
});

type Processes = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

async function readProcesses(): Promise<Processes> {
  const { body } = await callPar(node, { path: '/supervisor/status' });
  return (body as { processes: Processes }).processes;
}

test('an agent is spawned, is running with its environment, and is not spawned twice', async () => {
  const env_vars = { GREETING: 'good day' };
  const body = {
    agent_id: 'clerk',
    package_id: 'clerk@1.0.0',
    package_path: made.file,
    env_vars,
    memory_limit_mb: 256,
  };
  const spawned = await callPar(node, { path: '/supervisor/spawn', body });
  const { port, ...rest } = spawned.body as { port: number };
  assert.deepEqual([spawned.status, rest], [200, { status: 'success', process_id: 'par-clerk' }]);
  const { 'par-clerk': found } = await readProcesses();
  const { agent_id, package_id, state, restart_count, error } = found ?? {};
  assert.deepEqual([agent_id, package_id, state, restart_count, error], ['clerk', 'clerk@1.0.0', 'running', 0, null]);
  assert.deepEqual([found?.['port'], typeof found?.['pid']], [port, 'number']);
  const called = await callPar(node, { path: '/agents/clerk/exports/setting', body: {} });
  assert.equal(called.body, 'good day');
  const again = await callPar(node, { path: '/supervisor/spawn', body });
  assert.deepEqual([again.status, again.body], [409, { detail: 'Process par-clerk already running' }]);
});

test('health lists each agent, and only the operator is told', async () => {
  const { body } = await callPar(node, { path: '/supervisor/health' });
  const agent_health = { clerk: { status: 'healthy' } };
  assert.deepEqual(body, { status: 'healthy', total_agents: 1, healthy_agents: 1, agent_health });
  for (const path of ['health', 'status', 'logs']) {
    assert.equal((await callPar(node, { path: `/supervisor/${path}`, token: null })).status, 401);
  }
});

test('logs are read by process, level and number, and cleared', async () => {
  const read = async (query: string): Promise<readonly { readonly message: string; readonly process_id: string }[]> => {
    const { body } = await callPar(node, { path: `/supervisor/logs?${query}` });
    const { logs, count } = body as { logs: { message: string; process_id: string }[]; count: number };
    assert.equal(count, logs.length);
    return logs;
  };
  await waitUntil('the line is there', async () => (await read('process_id=par-clerk')).length > 0);
  const [line] = await read('process_id=par-clerk&limit=1');
  assert.deepEqual([line?.message, line?.process_id], ['hello from the worker', 'par-clerk']);
  assert.deepEqual(await read('level=DEBUG'), []);
  assert.equal((await callPar(node, { path: '/supervisor/logs?level=loud' })).status, 422);
  assert.equal((await callPar(node, { method: 'DELETE', path: '/supervisor/logs' })).status, 200);
  assert.deepEqual(await read('limit=10'), []);
});

test('a process is restarted with its port, stopped, and spawned again', async () => {
  const before = (await readProcesses())['par-clerk'];
  const restarted = await callPar(node, { method: 'POST', path: '/supervisor/restart/par-clerk' });
  assert.deepEqual(restarted.body, { status: 'success', process_id: 'par-clerk' });
  await waitUntil('there is a new process', async () => {
    const now = (await readProcesses())['par-clerk'];
    return now?.['state'] === 'running' && now['pid'] !== before?.['pid'] && now['port'] === before?.['port'];
  });
  await callPar(node, { method: 'POST', path: '/supervisor/stop/par-clerk' });
  assert.equal((await readProcesses())['par-clerk']?.['state'], 'stopped');
  const body = { agent_id: 'clerk', package_id: 'clerk@1.0.0', package_path: made.file };
  assert.equal((await callPar(node, { path: '/supervisor/spawn', body })).status, 200);
  const unknown = await callPar(node, { method: 'POST', path: '/supervisor/stop/par-nobody' });
  assert.deepEqual([unknown.status, unknown.body], [404, { detail: 'Process par-nobody not found' }]);
});

test('a package is uploaded as a form, runs when that is answered, and is listed', async () => {
  const form = new FormData();
  const bytes = new Uint8Array(await readFile(made.file));
  form.set('note', 'what is not the file is passed over');
  form.set('file', new Blob([bytes]), 'clerk-1.0.0.apkg');
  const authorization = `Bearer ${node.token}`;
  await callPar(node, { method: 'POST', path: '/supervisor/stop/par-clerk' });
  const response = await fetch(`${node.url}/packages/upload`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  });
  const expected = { status: 'success', package_id: 'clerk@1.0.0', agents: ['clerk'] };
  assert.deepEqual([response.status, await response.json()], [200, expected]);
  assert.equal((await callPar(node, { path: '/agents/clerk/exports/setting', body: {} })).status, 200);
  const { body } = await callPar(node, { path: '/runtime/packages' });
  const [listed] = (body as { packages: Readonly<Record<string, unknown>>[] }).packages;
  assert.deepEqual([listed?.['package_id'], listed?.['loaded'], listed?.['agents']], ['clerk@1.0.0', true, ['clerk']]);
});

test('a form without the file, a damaged one and what is no form are refused', async () => {
  const send = async (contentType: string, body: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${node.token}`, 'content-type': contentType };
    const response = await fetch(`${node.url}/packages/upload`, { method: 'POST', headers, body });
    return [response.status, ((await response.json()) as { error: string }).error];
  };
  const field = '--x\r\ncontent-disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n';
  const cut = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.apkg"\r\n\r\nhello';
  const noPackage = `${cut}\r\n--x--\r\n`;
  assert.deepEqual(await send('multipart/form-data; boundary=x', field), [400, 'InvalidRequest']);
  assert.deepEqual(await send('multipart/form-data; boundary=x', cut), [400, 'InvalidRequest']);
  assert.deepEqual(await send('multipart/form-data', field), [400, 'InvalidRequest']);
  assert.deepEqual(await send('application/json', '{}'), [400, 'ContentTypeNotSupported']);
  assert.deepEqual(await send('multipart/form-data; boundary=x', noPackage), [400, 'PackageInvalid']);
});

test('a package is loaded from the disk of the node; what is not there is said', async () => {
  const loaded = await callPar(node, { path: '/packages/load', body: { path: made.file } });
  assert.deepEqual([loaded.status, (loaded.body as { agents: unknown }).agents], [200, ['clerk']]);
  const missing = await callPar(node, { path: '/runtime/packages/load', body: { path: '/nowhere/at/all.apkg' } });
  assert.deepEqual([missing.status, (missing.body as { error: string }).error], [404, 'NotFound']);
  assert.equal((await callPar(node, { path: '/packages/load', body: { path: 'a.apkg' } })).status, 422);
});

test('all that runs is reloaded without an end of service, and the node shuts down when it is told', async () => {
  const pidBefore = (await readProcesses())['par-clerk']?.['pid'];
  const reloaded = await callPar(node, { method: 'POST', path: '/runtime/reload' });
  assert.equal(reloaded.status, 200);
  await waitUntil('there are new workers', async () => (await readProcesses())['par-clerk']?.['pid'] !== pidBefore);
  const answer = await callPar(node, { method: 'POST', path: '/runtime/shutdown' });
  assert.deepEqual([answer.status, answer.body], [202, { status: 'accepted' }]);
  await waitUntil('the node has ended', () => node.output().includes('"stopped"'));
});
