import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { after, before, test } from 'node:test';
import {
  type ApiKeyRecords,
  type ApiKeys,
  createApiKeys,
  createAuthenticator,
  createCallTokens,
  createChainsInFlight,
  createIdentity,
  createRateLimiter,
  createWorkerCredentials,
  type RateLimiter,
} from '../security/index.ts';
import { guardTasks } from '../tasks/index.ts';
import { createFrontDoorServices, createManualClock, type ManualClock } from '../testing/index.ts';
import { createGateway, type Gateway } from './index.ts';

interface Route {
  readonly method: string;
  readonly url: string;
}

/** Every route that the front door has, as it was mounted: a new one is in the table by itself. */
const routes: Route[] = [];
const clock: ManualClock = createManualClock();
let keys: ApiKeys;
let gateway: Gateway;
let callers: RateLimiter | undefined;
const tokens = { ada: '', bob: '', reader: '', expired: '', revoked: '', foreign: '', worker: '', operator: '' };

function createRecords(): ApiKeyRecords {
  const texts = new Map<string, string>();
  return {
    get: async (id) => texts.get(id),
    put: async (id, text) => void texts.set(id, text),
    remove: async (id) => void texts.delete(id),
    list: async () => [...texts.values()],
  };
}

function noteRoutes(message: unknown): void {
  const { fastify } = message as { fastify: { addHook(name: string, note: (route: RouteOptions) => void): void } };
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) if (each !== 'HEAD' && each !== 'TRACE') routes.push({ method: each, url });
  });
}

interface RouteOptions {
  readonly method: string | readonly string[];
  readonly url: string;
}

before(async () => {
  diagnostics.subscribe('fastify.initialization', noteRoutes);
  gateway = createGateway({
    port: 0,
    version: '1.0.0',
    clock,
    metrics: () => 'figures',
    allowedOrigins: ['https://a.example'],
  });
  diagnostics.unsubscribe('fastify.initialization', noteRoutes);
  const key = 'a key of the fabric, for tests only';
  keys = createApiKeys({ records: createRecords(), clock });
  const other = createApiKeys({ records: createRecords(), clock });
  const create = async (subject: string, rest: object = {}): Promise<string> =>
    (await keys.create({ subject, roles: [], ...rest })).key;
  tokens.ada = await create('ada');
  tokens.bob = await create('bob');
  tokens.reader = await create('reader', { rights: [{ agents: ['fabric'], skills: ['*'], operations: ['read'] }] });
  tokens.expired = await create('ada', { expiresAtMs: clock.now() });
  const revoked = await keys.create({ subject: 'ada', roles: [] });
  await keys.revoke(revoked.id);
  tokens.revoked = revoked.key;
  tokens.foreign = (await other.create({ subject: 'ada', roles: ['operator'] })).key;
  const services = createFrontDoorServices();
  tokens.worker = services.workerToken;
  tokens.operator = services.operatorToken;
  const authenticator = createAuthenticator({
    ...{ operatorTokens: [services.operatorToken], workerCredentials: createWorkerCredentials(key) },
    ...{ callTokens: createCallTokens(key), chains: createChainsInFlight() },
    identity: createIdentity({ apiKeys: keys, jwt: undefined, rules: [] }),
    callers: { take: (name) => callers?.take(name) ?? 0, size: 0 },
  });
  await gateway.start();
  gateway.admit({ ...services, authenticator, tasks: guardTasks(services.tasks, services.admission) });
});

after(() => gateway.stop(new AbortController().signal));

interface Asked {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask({ method, url }: Route, { token, headers = {}, body }: Asked = {}): Promise<Response> {
  const answer = await fetch(gateway.url + url, {
    method,
    headers: {
      'a2a-version': '1.0',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
  return answer;
}

/** A path without the patterns in parentheses behind its places. */
function withoutPatterns(path: string): string {
  let depth = 0;
  return [...path]
    .filter((letter) => {
      if (letter === '(') depth++;
      const isOutside = depth === 0;
      if (letter === ')') depth--;
      return isOutside;
    })
    .join('');
}

/** The route with the ids of something that is there, and a body that it can read. */
function toCall(route: Route): { readonly route: Route; readonly body: string | undefined } {
  const url = withoutPatterns(route.url.replaceAll('::', '%colon%'))
    .replace(/:(?:agent|id)\b/g, 'echo')
    .replace(/:\w+/g, 'x')
    .replaceAll('%colon%', ':')
    .replaceAll('*', 'x');
  const body = route.method === 'POST' ? '{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{}}' : undefined;
  return { route: { ...route, url }, body };
}

/** What anybody may see: that the node and its deployments live, cards, and public keys. */
const open = [
  /^\/health$/,
  /^\/runtime\/health$/,
  /\/deployments\/:\w+\/health$/,
  /\.well-known\/(?:agent|agent-card|jwks)\.json$/,
  /^\/agents\/:\w+\/(?:a2a\/)?health$/,
  /^\/a2a\/health$/,
];

const isOpen = ({ url }: Route): boolean => open.some((pattern) => pattern.test(url));

test('without a credential, with a wrong, altered, expired, revoked or foreign one every route refuses, on every binding', async () => {
  const guarded = routes.filter((route) => !isOpen(route));
  assert.ok(guarded.length > 60, `only ${guarded.length} routes`);
  const wrong = {
    none: undefined,
    nonsense: 'nonsense',
    altered: `${tokens.ada.slice(0, -2)}AA`,
    'a key with another secret': `${tokens.ada.slice(0, 17)}${tokens.bob.slice(17)}`,
    expired: tokens.expired,
    revoked: tokens.revoked,
    foreign: tokens.foreign,
    'not our token': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
    'a worker of another fabric': createWorkerCredentials('other').issue({ agentId: 'echo', deploymentId: 'echo-1' }),
  };
  for (const each of guarded) {
    const { route, body } = toCall(each);
    for (const [name, token] of Object.entries(wrong)) {
      const { status, headers } = await ask(route, { token, ...(body !== undefined && { body }) });
      const what = `${route.method} ${route.url} with ${name}: ${status}`;
      // PAR's clients tell a wrong credential from a missing one.
      if (status === 403 && token !== undefined) continue;
      assert.equal(status, 401, what);
      // Clients of schema registries are asked for Basic, too.
      assert.match(headers.get('www-authenticate') ?? '', /\bBearer realm="parley"/, what);
    }
  }
});

test('what anybody may see needs no credential', async () => {
  for (const url of [
    '/health',
    '/.well-known/agent-card.json',
    '/a2a/echo/.well-known/agent.json',
    '/.well-known/jwks.json',
  ]) {
    assert.equal((await ask({ method: 'GET', url })).status, 200, url);
  }
  assert.ok(routes.some(isOpen));
});

test('a caller with an identity is no operator', async () => {
  for (const url of ['/metrics', '/supervisor/status', '/runtime/info']) {
    for (const token of [tokens.ada, tokens.worker]) {
      assert.equal((await ask({ method: 'GET', url }, { token })).status, 403, url);
    }
  }
  assert.equal((await ask({ method: 'GET', url: '/metrics' }, { token: tokens.operator })).status, 200);
});

async function sendAs(token: string, path: string = '/a2a/echo'): Promise<Response> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hello' }] };
  return ask({ method: 'POST', url: `${path}/message:send` }, { token, body: JSON.stringify({ message }) });
}

test('each caller sees and touches its own tasks alone, by every route; the operator all', async () => {
  const { task } = (await (await sendAs(tokens.ada)).json()) as { task: { id: string } };
  const attempts: readonly (readonly [string, string, string?])[] = [
    ['GET', `/a2a/echo/tasks/${task.id}`],
    ['GET', `/tasks/${task.id}`],
    ['POST', `/a2a/echo/tasks/${task.id}:cancel`, '{}'],
    ['POST', `/a2a/echo/tasks/${task.id}:subscribe`, '{}'],
  ];
  for (const token of [tokens.bob, tokens.worker]) {
    for (const [method, url, body] of attempts) {
      const { status } = await ask({ method, url }, { token, ...(body !== undefined && { body }) });
      assert.equal(status, 404, `${method} ${url}`);
    }
    const { tasks: listed } = (await (await ask({ method: 'GET', url: '/a2a/echo/tasks' }, { token })).json()) as {
      tasks: { id: string }[];
    };
    assert.ok(!listed.some(({ id }) => id === task.id));
  }
  for (const token of [tokens.ada, tokens.operator]) {
    assert.equal((await ask({ method: 'GET', url: `/a2a/echo/tasks/${task.id}` }, { token })).status, 200);
  }
});

test('a caller may do what its rights say, and learns nothing beyond', async () => {
  assert.equal((await ask({ method: 'GET', url: '/a2a/fabric/tasks' }, { token: tokens.reader })).status, 200);
  assert.equal((await sendAs(tokens.reader, '/a2a/fabric')).status, 403);
  for (const url of ['/a2a/echo/tasks', '/a2a/echo/tasks/no-such-task', '/a2a/echo-1/tasks/no-such-task']) {
    assert.equal((await ask({ method: 'GET', url }, { token: tokens.reader })).status, 403, url);
  }
  const { agents } = (await (await ask({ method: 'GET', url: '/agents' }, { token: tokens.reader })).json()) as {
    agents: { id: string }[];
  };
  assert.deepEqual(
    agents.map(({ id }) => id),
    ['fabric'],
  );
});

test('over its limit a caller gets 429 with the time to wait, in the form of its binding; others go on', async () => {
  callers = createRateLimiter({ perSecond: 1, burst: 2 }, clock);
  try {
    const list = { method: 'GET', url: '/a2a/echo/tasks' };
    for (const status of [200, 200, 429]) assert.equal((await ask(list, { token: tokens.ada })).status, status);
    const rest = await ask(list, { token: tokens.ada });
    assert.equal(rest.headers.get('retry-after'), '1');
    const { error } = (await rest.json()) as { error: { status: string; details: { reason?: string }[] } };
    assert.deepEqual([error.status, error.details[0]?.reason], ['RESOURCE_EXHAUSTED', 'RATE_LIMITED']);
    const body = '{"jsonrpc":"2.0","id":7,"method":"ListTasks","params":{}}';
    const rpc = await ask({ method: 'POST', url: '/a2a/echo' }, { token: tokens.ada, body });
    const answer = (await rpc.json()) as { id: number; error: { code: number } };
    assert.deepEqual([rpc.status, answer.id, answer.error.code], [429, 7, -32090]);
    assert.equal((await ask(list, { token: tokens.bob })).status, 200);
    for (let call = 0; call < 5; call++) assert.equal((await ask(list, { token: tokens.operator })).status, 200);
    await clock.advance(1_000);
    assert.equal((await ask(list, { token: tokens.ada })).status, 200);
  } finally {
    callers = undefined;
  }
});

test('an allowed page asks without a credential whether it may call, and may read why it was refused', async () => {
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
  const asked = await ask({ method: 'OPTIONS', url: '/a2a/echo' }, { headers });
  assert.deepEqual([asked.status, asked.headers.get('access-control-allow-origin')], [204, 'https://a.example']);
  assert.match(asked.headers.get('access-control-allow-headers') ?? '', /Authorization/);
  const refused = await ask({ method: 'GET', url: '/agents' }, { headers: { origin: 'https://a.example' } });
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, 'https://a.example']);
  assert.equal(
    (await ask({ method: 'GET', url: '/agents' }, { headers: { origin: 'https://b.example' } })).status,
    403,
  );
});

test('no answer of the node’s own lets a browser guess its type, frame it, or pass its address on', async () => {
  for (const url of ['/health', '/agents', '/a2a/echo/.well-known/agent-card.json', '/nothing']) {
    const { headers } = await ask({ method: 'GET', url }, { token: tokens.ada });
    assert.equal(headers.get('x-content-type-options'), 'nosniff', url);
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, url);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', url);
  }
});
