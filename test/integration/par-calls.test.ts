import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makePackage } from '../support/package-server.ts';
import { callPar } from '../support/par-client.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';

let node: TestNode;
let folder: string;

const tools = `
name: tools
version: 1.0.0
runtime: node24
exports:
  - {name: add, handler: "agent:add", input_schema: {type: object, required: [a, b]}}
  - {name: fail, handler: "agent:fail"}
  - {name: greet, handler: "agent:greet"}
  - {name: inner, handler: "agent:inner", private: true}
  - {name: guarded, handler: "agent:guarded", role_required: accountant}
`;
const toolsCode = `
export const add = ({ a, b }) => ({ sum: a + b });
export const fail = () => { throw new Error('it does not add up'); };
export const greet = ({ text, context }) => 'hello ' + text + (context ? ' of ' + context.from : '');
export const inner = () => ['for agents only'];
export const guarded = () => 'guarded';
`;
/** As agents of PAR call one another: by the supervisor's address, and those that know of it with the credential they have. */
const callerCode = `
export async function relay({ path, secretly, body }) {
  const credential = secretly ? { authorization: 'Bearer ' + process.env.PARLEY_TOKEN } : {};
  const response = await fetch(process.env.PAR_SUPERVISOR_URL + path, {
    method: 'POST', headers: { 'content-type': 'application/json', ...credential }, body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
`;

before(async () => {
  folder = await createTestFolder();
  const caller = 'name: caller\nversion: 1.0.0\nruntime: node24\nexports: [{name: relay, handler: "agent:relay"}]\n';
  const made = await Promise.all([
    makePackage(folder, { name: 'tools', version: '1.0.0', files: { 'agent.yaml': tools, 'agent.mjs': toolsCode } }),
    makePackage(folder, { name: 'caller', version: '1.0.0', files: { 'agent.yaml': caller, 'agent.mjs': callerCode } }),
  ]);
  node = await startTestNode();
  await Promise.all(made.map(({ file: path }) => deployHealthy(node, { source: { kind: 'file', path } })));
});

after(async () => {
  await node?.close();
  await removeFolder(folder);
});

async function relay(body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const answer = await callPar(node, { path: '/agents/caller/exports/relay', token: null, body });
  assert.equal(answer.status, 200);
  return answer.body;
}

test('an agent calls an export of another: JSON in, JSON out', async () => {
  const answer = await relay({ path: '/agents/tools/exports/add', body: { a: 1, b: 2 } });
  assert.deepEqual(answer, { status: 200, body: { sum: 3 } });
});

test('what there is not, and what fails, is said as PAR said it', async () => {
  const call = (path: string, body: unknown = {}): Promise<unknown> => relay({ path, body });
  const detail = (status: number, text: string): unknown => ({ status, body: { detail: text } });
  assert.deepEqual(await call('/agents/nobody/exports/add'), detail(404, 'Agent nobody not found'));
  assert.deepEqual(await call('/agents/tools/exports/nope'), detail(404, "Export 'nope' not found"));
  assert.deepEqual(await call('/agents/tools/exports/fail'), detail(502, 'it does not add up'));
  assert.equal(((await call('/agents/tools/exports/add', { a: 1 })) as { status: number }).status, 400);
  await callPar(node, { method: 'POST', path: '/api/v1/agents/tools/disable' });
  assert.deepEqual(await call('/agents/tools/exports/greet'), detail(503, 'Agent tools unavailable'));
  const enabled = await callPar(node, { method: 'POST', path: '/runtime/agents/tools/enable' });
  assert.deepEqual([enabled.status, (enabled.body as { agent_id: string }).agent_id], [200, 'tools']);
  assert.deepEqual(await call('/agents/tools/exports/greet', { text: 'you' }), { status: 200, body: 'hello you' });
});

test('a deployment’s own port answers as PAR’s workers do: invoke, exports, health', async () => {
  const [{ ports } = {}] = (await node.client.deployments.list()).filter(({ agentId }) => agentId === 'tools');
  const url = `http://127.0.0.1:${ports?.http}`;
  const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<unknown[]> => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    };
    const answer = await fetch(url + path, init);
    return [answer.status, await answer.json()];
  };
  assert.deepEqual(await post('/exports/add', { a: 1, b: 2 }), [200, { sum: 3 }]);
  assert.deepEqual(await post('/exports/nope', {}), [404, { detail: "Export 'nope' not found" }]);
  assert.deepEqual(await post('/exports/inner', {}), [404, { detail: "Export 'inner' not found" }]);
  const [status, invoked] = await post('/invoke', { input: { action: 'greet', text: 'you' } });
  assert.deepEqual([status, (invoked as { output: string }).output], [200, 'hello you']);
  assert.equal((await post('/exports/add', {}, { origin: 'https://elsewhere.example' }))[0], 403);
  const health = (await (await fetch(`${url}/health`)).json()) as Readonly<Record<string, unknown>>;
  const { status: said, agent_id, port, package_id, agent_status } = health;
  assert.deepEqual(
    [said, agent_id, port, package_id, agent_status],
    ['healthy', 'tools', ports?.http, 'tools@1.0.0', 'healthy'],
  );
});

test('a private export is for agents only: from outside it does not exist', async () => {
  const path = '/agents/tools/exports/inner';
  const outside = await callPar(node, { path, token: null, body: {} });
  assert.deepEqual([outside.status, outside.body], [404, { detail: "Export 'inner' not found" }]);
  assert.deepEqual(await relay({ path, body: {} }), { status: 404, body: { detail: "Export 'inner' not found" } });
  assert.deepEqual(await relay({ path, body: {}, secretly: true }), { status: 200, body: ['for agents only'] });
  const action = { path: '/agents/tools/invoke', token: null, body: { input: { action: 'inner' } } };
  assert.equal((await callPar(node, action)).status, 400);
});

test('an export that asks for a role is refused to those who do not have it', async () => {
  const path = '/agents/tools/exports/guarded';
  const outside = await callPar(node, { path, token: null, body: {} });
  assert.equal(outside.status, 403);
  assert.match((outside.body as { detail: string }).detail, /accountant/);
  const operator = await callPar(node, { path, body: {} });
  assert.deepEqual([operator.status, operator.body], [200, 'guarded']);
});

test('an agent is invoked with an input, and says what came of it and how long it took', async () => {
  const body = { input: { action: 'greet', text: 'you' }, context: { from: 'Rome' }, trace_id: 'trace-7' };
  const { status, body: said } = await callPar(node, { path: '/agents/tools/invoke', token: null, body });
  const { duration_ms, metadata, ...rest } = said as { duration_ms: number; metadata: { skill: string } };
  assert.equal(status, 200);
  assert.deepEqual(rest, { agent_id: 'tools', output: 'hello you of Rome', trace_id: 'trace-7' });
  assert.ok(duration_ms >= 0);
  assert.equal(metadata.skill, 'greet');
  const failed = await callPar(node, { path: '/runtime/agents/tools/invoke', body: { input: { action: 'fail' } } });
  assert.deepEqual([failed.status, failed.body], [502, { error: 'AgentError', message: 'it does not add up' }]);
  const missing = await callPar(node, { path: '/agents/nobody/invoke', body: { input: 'x' } });
  assert.deepEqual([missing.status, (missing.body as { error: string }).error], [404, 'AgentNotFound']);
});

test('the node says that it answers A2A, and where gRPC is', async () => {
  const a2a = (await (await fetch(`${node.url}/a2a/health`)).json()) as Readonly<Record<string, unknown>>;
  const { grpcAddress = '' } = await node.client.node.status();
  assert.deepEqual([a2a['ok'], a2a['service'], a2a['port']], [true, 'a2a', Number(grpcAddress.split(':').at(-1))]);
});

test('calls and requests are counted under the names that dashboards know', async () => {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  assert.match(
    text,
    /pixell_http_requests_total\{method="POST",endpoint="\/agents\/:agent\/exports\/:name",status="200"\} \d/,
  );
  assert.match(text, /pixell_http_request_duration_seconds_count\{method="POST",endpoint="[^"]+"\} \d/);
  const { body } = await callPar(node, { path: '/runtime/info' });
  const info = body as Readonly<Record<string, unknown>>;
  const names = ['version', 'start_time', 'packages_loaded', 'agents_mounted', 'total_invocations', 'status'];
  assert.deepEqual(Object.keys(info), names);
  assert.ok(Number(info['total_invocations']) >= 5);
});
