import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type MadePackage, makePackage, type PackageServer, servePackages } from '../support/package-server.ts';
import { callDeploy, callPar, type DeploymentHealth, readHealth } from '../support/par-client.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Told {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let node: TestNode;
let server: PackageServer;
let folder: string;
let first: MadePackage;
let second: MadePackage;
let broken: MadePackage;
const told: Told[] = [];
/** Requests that are not answered yet. */
const slow: ServerResponse[] = [];
/** Addresses of which the package was sent whole. */
const sent: string[] = [];
/** What the webhook answers, in this order, before it takes everything. */
const refusals: number[] = [];

before(async () => {
  folder = await createTestFolder();
  first = await makePackage(folder, { name: 'prices', version: '1.0.0' });
  second = await makePackage(folder, { name: 'prices', version: '2.0.0' });
  broken = await makePackage(folder, { name: 'broken', version: '1.0.0', code: 'throw new Error("no luck today");' });
  server = await servePackages((request, response) => {
    if (request.url === '/hook') return void takeHook(request).then((status) => response.writeHead(status).end());
    if (request.url?.endsWith('?slow')) return void slow.push(response);
    const found = [first, second, broken].find(({ name, version }) =>
      request.url?.startsWith(`/${name}-${version}.apkg`),
    );
    if (found === undefined) return void response.writeHead(404).end();
    const etag = `"${found.sha256}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    if (!isKnown) sent.push(request.url ?? '');
    response.writeHead(isKnown ? 304 : 200, { etag }).end(isKnown ? undefined : found.bytes);
  });
  // What AWS's chain of credentials would find on this machine is none of the test's business.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const nothing = '/dev/null';
  const chain = { AWS_CONFIG_FILE: nothing, AWS_SHARED_CREDENTIALS_FILE: nothing, AWS_EC2_METADATA_DISABLED: 'true' };
  Object.assign(process.env, chain);
  const allowHosts = [server.origin];
  node = await startTestNode({ settings: { packages: { allowHosts }, push: { allowHosts } } });
});

after(async () => {
  await node?.close();
  await server?.close();
  await removeFolder(folder);
});

async function takeHook(request: IncomingMessage): Promise<number> {
  const status = refusals.shift() ?? 204;
  const body = (await request.toArray()).join('');
  if (status === 204) told.push({ headers: request.headers, body });
  return status;
}

/** As PAR's control plane does it: at most 60 polls, until the deployment is healthy or has failed. */
async function pollAsControlPlane(
  id: string,
): Promise<{ readonly last: DeploymentHealth; readonly messages: Set<unknown> }> {
  const messages = new Set<unknown>();
  for (let poll = 1; poll <= 60; poll++) {
    const last = await readHealth(node, id);
    messages.add(last.message);
    if ((last.healthy === true && last.status === 'healthy') || last.status === 'failed') return { last, messages };
    await delay(100);
  }
  throw new Error(`${id} was polled 60 times, and is neither healthy nor failed.`);
}

function addressOf({ name, version }: MadePackage, query = ''): string {
  return `${server.origin}/${name}-${version}.apkg${query}`;
}

test('the control plane deploys by a signed reference, polls, and finds it healthy', async () => {
  const packageUrl = { bucket: 'b', key: 'k', signedUrl: addressOf(first, '?signature=1') };
  const answer = await callDeploy(node, {
    deploymentId: 'prices-a',
    agentAppId: 'prices-app',
    packageUrl,
    memoryMB: 512,
    cpuUnits: 2_048,
  });
  assert.deepEqual([answer.status, answer.body], [202, { status: 'accepted', deploymentId: 'prices-a' }]);
  const { last, messages } = await pollAsControlPlane('prices-a');
  const known = ['Downloading package', 'Loading package', 'Starting runtime', null];
  assert.ok([...messages].every((message) => known.includes(message as string | null)));
  const { ports, ...rest } = last;
  const surfaces = { rest: false, a2a: true, ui: false };
  assert.deepEqual(rest, { status: 'healthy', healthy: true, message: null, details: {}, surfaces });
  assert.deepEqual([ports?.rest, typeof ports?.a2a, ports?.ui], [null, 'number', null]);
  const view = await node.client.deployments.get('prices-a');
  assert.deepEqual([view.agentId, view.limits], ['prices-app', { memoryBytes: 512 * 1024 * 1024, cpus: 2 }]);
});

test('an agent that was deployed so is called by its deployment and by its app', async () => {
  const called = await callPar(node, {
    path: '/deployments/prices-a/invoke',
    body: { action: 'version', context: 'c' },
  });
  assert.deepEqual([called.status, called.body], [200, { success: true, response: '1.0.0', error: null }]);
  const unknown = await callPar(node, { path: '/runtime/deployments/prices-a/invoke', body: { action: 'nope' } });
  const error = 'No handler found for action: nope';
  assert.deepEqual([unknown.status, unknown.body], [200, { success: false, response: null, error }]);
  const unnamed = await callPar(node, { path: '/deployments/prices-a/invoke', body: { context: {} } });
  assert.deepEqual([unnamed.status, (unnamed.body as { error: string }).error], [400, 'InvalidRequest']);
  const outside = await callPar(node, {
    path: '/deployments/prices-a/invoke',
    token: null,
    body: { action: 'version' },
  });
  assert.equal(outside.status, 401);
});

test('the same id deployed again is replaced, and polls tell of the new one', async () => {
  await callDeploy(node, { deploymentId: 'prices-a', agentAppId: 'prices-app', packageUrl: addressOf(second) });
  const { last } = await pollAsControlPlane('prices-a');
  assert.equal(last.status, 'healthy');
  const { body } = await callPar(node, { path: '/deployments/prices-a/invoke', body: { action: 'version' } });
  assert.equal((body as { response: unknown }).response, '2.0.0');
});

test('a replacement that fails is said to have failed, while the earlier one takes calls', async () => {
  const packageUrl = { packageUrl: addressOf(second, '?other') };
  await callDeploy(node, {
    deploymentId: 'prices-a',
    agentAppId: 'prices-app',
    packageUrl,
    packageSha256: 'a'.repeat(64),
  });
  const { last } = await pollAsControlPlane('prices-a');
  const message = `SHA256 verification failed. Expected: ${'a'.repeat(64)}, Got: ${second.sha256}`;
  assert.deepEqual([last.status, last.healthy, last.message, last.details.error], ['failed', false, message, message]);
  const { body } = await callPar(node, { path: '/deployments/prices-a/invoke', body: { action: 'version' } });
  assert.equal((body as { response: unknown }).response, '2.0.0');
});

test('a package that has not changed is not fetched again, unless that is asked for', async () => {
  const deploy = async (deploymentId: string, forceRefresh: boolean): Promise<number> => {
    const packageUrl = addressOf(second, '?fresh');
    await callDeploy(node, { deploymentId, agentAppId: 'fresh', packageUrl, forceRefresh });
    assert.equal((await pollAsControlPlane(deploymentId)).last.status, 'healthy');
    return sent.filter((url) => url.endsWith('?fresh')).length;
  };
  assert.equal(await deploy('fresh-1', false), 1);
  assert.equal(await deploy('fresh-2', false), 1);
  assert.equal(await deploy('fresh-3', true), 2);
});

test('a call that is repeated while it is under way means the same deployment', async () => {
  const call = { deploymentId: 'twice', agentAppId: 'twice-app', packageUrl: addressOf(first, '?slow') };
  const atOnce = await Promise.all([callDeploy(node, call), callDeploy(node, call)]);
  await waitUntil('the package is asked for', () => slow.length > 0);
  const later = await callDeploy(node, call);
  assert.deepEqual(
    [...atOnce, later].map(({ status }) => status),
    [202, 202, 202],
  );
  assert.equal((await readHealth(node, 'twice')).message, 'Downloading package');
  for (const response of slow.splice(0)) response.end(first.bytes);
  assert.equal((await pollAsControlPlane('twice')).last.status, 'healthy');
  const { body } = await callPar(node, { path: '/api/v1/agents/twice/history' });
  assert.equal((body as { deployments: unknown[] }).deployments.length, 1);
});

test('a webhook is told of success, signed with its secret, and tried again when it is out of order', async () => {
  refusals.push(503);
  const webhook = { url: `${server.origin}/hook`, secret: 'a shared secret' };
  await callDeploy(node, { deploymentId: 'hooked', agentAppId: 'hooked-app', packageUrl: addressOf(first), webhook });
  await waitUntil('the webhook is told', () => told.length === 1);
  const [{ headers, body } = { headers: {}, body: '' }] = told.splice(0);
  const { timestamp, ...outcome } = JSON.parse(body) as Record<string, unknown>;
  const expected = {
    deploymentId: 'hooked',
    agentAppId: 'hooked-app',
    status: 'healthy',
    healthy: true,
    message: null,
  };
  assert.deepEqual(outcome, expected);
  assert.ok(Date.parse(String(timestamp)) > 0);
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['parley-hmac'])) ?? [];
  assert.equal(signature, createHmac('sha256', webhook.secret).update(`${seconds}.${body}`).digest('hex'));
});

test('a webhook is told of failure, and without a secret nothing is signed', async () => {
  const webhook = { url: `${server.origin}/hook` };
  await callDeploy(node, {
    deploymentId: 'unlucky',
    agentAppId: 'unlucky-app',
    packageUrl: addressOf(broken),
    webhook,
  });
  await waitUntil('the webhook is told', () => told.length === 1);
  const [{ headers, body } = { headers: {}, body: '' }] = told.splice(0);
  assert.equal(headers['parley-hmac'], undefined);
  const { status, healthy, message } = JSON.parse(body) as { status: string; healthy: boolean; message: string };
  assert.deepEqual([status, healthy], ['failed', false]);
  assert.match(message, /no luck today/);
  assert.match(String((await readHealth(node, 'unlucky')).message), /no luck today/);
});

test('a webhook at an address that may not be called is refused, and nothing is deployed', async () => {
  const webhook = { url: 'http://169.254.169.254/latest' };
  const answer = await callDeploy(node, { deploymentId: 'inward', packageUrl: addressOf(first), webhook });
  assert.deepEqual([answer.status, (answer.body as { error: string }).error], [422, 'ValidationError']);
  assert.equal((await callPar(node, { path: '/deployments/inward/health' })).status, 404);
});

test('deploy calls without a credential, with a wrong one or another key are refused', async () => {
  const body = { deploymentId: 'd', agentAppId: 'a', orgId: 'o', version: '1', packageUrl: addressOf(first) };
  const refused = async (call: Partial<Parameters<typeof callPar>[1]>): Promise<unknown> => {
    const { status, headers, body: said } = await callPar(node, { path: '/deploy', body, ...call });
    assert.equal(typeof headers['x-request-id'], 'string');
    return [status, (said as { error: string }).error];
  };
  assert.deepEqual(await refused({ token: null }), [401, 'Unauthenticated']);
  assert.deepEqual(await refused({ token: 'another' }), [403, 'PermissionDenied']);
  assert.deepEqual(await refused({}), [400, 'InvalidRequest']);
  assert.deepEqual(await refused({ headers: { 'idempotency-key': 'e' } }), [400, 'InvalidRequest']);
  assert.deepEqual(await refused({ body: { ...body, packageUrl: 'ftp://x/y' } }), [422, 'ValidationError']);
  const key = { 'idempotency-key': 'd' };
  const object = { ...body, packageUrl: 's3://bucket/key.apkg' };
  const unsigned = await callPar(node, { path: '/deploy', headers: key, body: object });
  assert.equal(unsigned.status, 422);
  assert.match(JSON.stringify(unsigned.body), /signedUrl/);
  const missing = await callPar(node, { path: '/runtime/deployments/nobody/health', token: null });
  assert.equal(missing.status, 404);
});
