import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createLocalJWKSet, flattenedVerify, type JSONWebKeySet, type JWK } from 'jose';
import { protoFolder } from '../../src/gateway/grpc/load-service.ts';
import { toCanonicalJson } from '../../src/protocol/card/canonical-json.ts';
import { type CardKey, verifyCard } from '../../src/protocol/index.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { callHttp, type HttpAnswer } from '../support/http-call.ts';
import { a2aPython, requires } from '../support/requires.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

type Card = Readonly<Record<string, never>> & {
  readonly skills: readonly { readonly id: string }[];
  readonly signatures: readonly { readonly protected: string; readonly signature: string }[];
};

let node: TestNode;
let open: TestNode;
let grpc: TestGrpcClient;
let oldGrpc: TestGrpcClient;
let openGrpc: TestGrpcClient;
const keys = { ada: '', bank: '', auditor: '', stranger: '' };
const source = { kind: 'folder', path: fixtureAgent('guarded') } as const;
const agent = { 'x-deployment-id': 'guarded' };

function serviceOf(file: string, name: string): ServiceDefinition {
  return loadSync(file, { includeDirs: [protoFolder], enums: String })[name] as ServiceDefinition;
}

const a2a = serviceOf('lf/a2a/v1/a2a.proto', 'lf.a2a.v1.A2AService');

before(async () => {
  [node, open] = await Promise.all([startTestNode({ settings: { identity: { modes: ['keys'] } } }), startTestNode()]);
  await Promise.all([deployHealthy(node, { source }), deployHealthy(open, { source })]);
  const create = async (subject: string, more: object = {}): Promise<string> =>
    (await node.client.keys.create({ subject, roles: [], ...more })).key;
  keys.ada = await create('ada');
  keys.bank = await create('bank', { roles: ['finance'] });
  const operations = ['call'];
  keys.auditor = await create('auditor', {
    rights: [{ agents: ['guarded'], skills: ['audit', 'whoami'], operations }],
  });
  keys.stranger = await create('stranger', { rights: [{ agents: ['parley'], skills: ['*'], operations }] });
  const address = (await node.client.node.status()).grpcAddress ?? '';
  grpc = createGrpcClient(address, a2a);
  oldGrpc = createGrpcClient(address, serviceOf('a2a/v1/a2a.proto', 'a2a.v1.A2AService'));
  openGrpc = createGrpcClient((await open.client.node.status()).grpcAddress ?? '', a2a);
});

after(async () => {
  for (const client of [grpc, oldGrpc, openGrpc]) client.close();
  await Promise.all([node.close(), open.close()]);
});

function call(
  path: string,
  { key = '', body = undefined as object | undefined, at = node, version = '' } = {},
): Promise<HttpAnswer> {
  const headers = {
    ...(key !== '' && { authorization: `Bearer ${key}` }),
    ...(version !== '' && { 'a2a-version': version }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const method = body ? 'POST' : 'GET';
  return callHttp({ method, url: `${at.url}${path}`, headers, ...(body && { body: JSON.stringify(body) }) });
}

function rpc(method: string, key: string, at: TestNode = node): Promise<HttpAnswer> {
  return call('/a2a/guarded', { key, at, body: { jsonrpc: '2.0', id: 1, method, params: {} } });
}

async function resultOf(answer: Promise<HttpAnswer>): Promise<Card> {
  const { status: code, body } = await answer;
  assert.equal(code, 200, JSON.stringify(body));
  return (body as { result: Card }).result ?? body;
}

/** Every way in which there is an extended card, by its name. */
const ways: Readonly<Record<string, (key: string) => Promise<Card>>> = {
  'JSON-RPC of 1.0': (key) => resultOf(rpc('GetExtendedAgentCard', key)),
  'HTTP+JSON of 1.0': (key) => resultOf(call('/a2a/guarded/extendedAgentCard', { key })),
  'HTTP+JSON of 1.0 with a tenant': (key) => resultOf(call('/guarded/extendedAgentCard', { key })),
  'gRPC of 1.0': (key) => grpc.call('GetExtendedAgentCard', {}, { ...agent, ...bearer(key) }),
  'JSON-RPC of 0.3': (key) => resultOf(rpc('agent/getAuthenticatedExtendedCard', key)),
  'HTTP+JSON of 0.3': (key) => resultOf(call('/a2a/guarded/v1/card', { key })),
  'gRPC of 0.3': (key) => oldGrpc.call('GetAgentCard', {}, { ...agent, ...bearer(key) }),
  'HTTP of 0.2.6': (key) => resultOf(call('/a2a/guarded/agent/authenticatedExtendedCard', { key })),
};

function bearer(key: string): Readonly<Record<string, string>> {
  return key === '' ? {} : { authorization: `Bearer ${key}` };
}

for (const [way, read] of Object.entries(ways)) {
  test(`the extended card shows each caller what it may call, over ${way}`, async () => {
    const skillsOf = async (key: string): Promise<readonly string[]> => (await read(key)).skills.map(({ id }) => id);
    assert.deepEqual(await skillsOf(keys.ada), ['whoami', 'pass']);
    assert.deepEqual(await skillsOf(keys.bank), ['whoami', 'pay', 'pass']);
    assert.deepEqual(await skillsOf(keys.auditor), ['whoami', 'audit']);
    assert.deepEqual(await skillsOf(node.token), ['whoami', 'pay', 'pass', 'audit']);
  });

  test(`who has no credential or no right on the agent gets no extended card, over ${way}`, async () => {
    const isGrpc = way.startsWith('gRPC');
    const refusal = (name: 'UNAUTHENTICATED' | 'PERMISSION_DENIED', http: number) => (error: unknown) =>
      isGrpc ? (error as ServiceError).code === status[name] : (error as Error).message.includes(`${http} !== 200`);
    await assert.rejects(read(''), refusal('UNAUTHENTICATED', 401));
    await assert.rejects(read('key_wrong.wrong'), refusal('UNAUTHENTICATED', 401));
    await assert.rejects(read(keys.stranger), refusal('PERMISSION_DENIED', 403));
  });
}

test('a private skill is called by who has a right that names it, and by nobody else from outside', async () => {
  const send = (key: string): Promise<HttpAnswer> => {
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data: {} }], metadata: { skill: 'audit' } };
    return call('/a2a/guarded/message:send', { key, body: { message } });
  };
  assert.equal((await send(keys.auditor)).status, 200);
  const refused = await send(keys.bank);
  assert.match(JSON.stringify(refused.body), /SKILL_NOT_FOUND/);
  assert.doesNotMatch(JSON.stringify(refused.body), /Name one in [^"]*audit/);
});

test('the card claims an extended card where there is one, and it is refused in the words of each version where there is none', async () => {
  const path = '/a2a/guarded/.well-known/agent-card.json';
  const claimOf = async (at: TestNode): Promise<readonly unknown[]> => {
    const card = await resultOf(call(path, { at }));
    const { extendedAgentCard } = card['capabilities'] as unknown as Record<string, unknown>;
    return [extendedAgentCard, card['supportsAuthenticatedExtendedCard']];
  };
  assert.deepEqual(await claimOf(node), [true, true]);
  assert.deepEqual(await claimOf(open), [false, false]);
  assert.match(JSON.stringify((await rpc('GetExtendedAgentCard', '', open)).body), /-32004.*UNSUPPORTED_OPERATION/);
  assert.match(JSON.stringify((await rpc('agent/getAuthenticatedExtendedCard', '', open)).body), /-32007/);
  assert.equal((await call('/a2a/guarded/extendedAgentCard', { at: open })).status, 400);
  assert.equal((await call('/a2a/guarded/v1/card', { at: open })).status, 400);
  assert.equal((await call('/a2a/guarded/agent/authenticatedExtendedCard', { at: open })).status, 400);
  await assert.rejects(openGrpc.call('GetExtendedAgentCard', {}, agent), { code: status.FAILED_PRECONDITION });
});

test('every card, on every binding and in every version, says the same schemes', async () => {
  const current = { apiKey: { httpAuthSecurityScheme: { scheme: 'Bearer' } } };
  const old = { apiKey: { type: 'http', scheme: 'Bearer' } };
  const publicPath = '/a2a/guarded/.well-known/agent-card.json';
  const extended = { key: keys.ada };
  for (const card of [
    await resultOf(call(publicPath, { version: '1.0' })),
    await resultOf(call('/a2a/guarded/extendedAgentCard', extended)),
    await resultOf(rpc('GetExtendedAgentCard', keys.ada)),
    await grpc.call<Card>('GetExtendedAgentCard', {}, { ...agent, ...bearer(keys.ada) }),
  ]) {
    const plain = JSON.parse(JSON.stringify(card)) as Record<string, unknown>;
    assert.deepEqual(withoutWords(plain['securitySchemes']), current);
    assert.deepEqual(namesOf(plain['securityRequirements']), ['apiKey']);
  }
  for (const card of [
    await resultOf(call(publicPath, { version: '0.3' })),
    await resultOf(call('/a2a/guarded/.well-known/agent.json')),
    await resultOf(call('/a2a/guarded/v1/card', extended)),
    await resultOf(rpc('agent/getAuthenticatedExtendedCard', keys.ada)),
    await resultOf(call('/a2a/guarded/agent/authenticatedExtendedCard', extended)),
  ]) {
    assert.deepEqual([withoutWords(card['securitySchemes']), card['security']], [old, [{ apiKey: [] }]]);
  }
  const proto = await oldGrpc.call<Record<string, unknown>>('GetAgentCard', {}, { ...agent, ...bearer(keys.ada) });
  const plain = JSON.parse(JSON.stringify(proto)) as Record<string, unknown>;
  assert.deepEqual([withoutWords(plain['securitySchemes']), namesOf(plain['security'])], [current, ['apiKey']]);
});

/** The schemes that requirements name, in the form of 1.0; an empty list of scopes is left out by decoders of protos. */
function namesOf(requirements: unknown): readonly string[] {
  return (requirements as readonly { readonly schemes: object }[]).flatMap(({ schemes }) => Object.keys(schemes));
}

/** Without descriptions, and what a decoder of protos puts in for what is not there. */
function withoutWords(value: unknown): unknown {
  const drop = (name: string, inner: unknown): unknown =>
    name === 'description' || name === 'scheme_' || inner === '' ? undefined : inner;
  return JSON.parse(JSON.stringify(value, drop));
}

async function readKeys(at: TestNode): Promise<{ readonly keys: (CardKey & JWK)[] }> {
  return (await call('/.well-known/jwks.json', { at })).body as { readonly keys: (CardKey & JWK)[] };
}

/** What jose says of the card as it is, but for its signatures, and each of these. */
async function verifyAsIs({ signatures, ...card }: Card, set: JSONWebKeySet): Promise<readonly boolean[]> {
  const payload = Buffer.from(toCanonicalJson(card)).toString('base64url');
  const checks = signatures.map((entry) => flattenedVerify({ ...entry, payload }, createLocalJWKSet(set)));
  return (await Promise.allSettled(checks)).map(({ status: outcome }) => outcome === 'fulfilled');
}

const cardPaths: readonly (readonly [path: string, version: string])[] = [
  ['/.well-known/agent-card.json', ''],
  ['/.well-known/agent-card.json', '1.0'],
  ['/a2a/guarded/.well-known/agent-card.json', ''],
  ['/a2a/guarded/.well-known/agent-card.json', '1.0'],
  ['/a2a/guarded/.well-known/agent-card.json', '0.3'],
  ['/a2a/guarded/.well-known/agent.json', ''],
];

for (const [path, version] of cardPaths) {
  test(`the card at ${path}${version && ` of ${version}`} is signed with a published key, as jose and we see it`, async () => {
    for (const at of [node, open]) {
      const [card, set] = await Promise.all([resultOf(call(path, { at, version })), readKeys(at)]);
      assert.equal((await verifyAsIs(card, set))[0], true);
      const header = JSON.parse(Buffer.from(card.signatures[0]?.protected ?? '', 'base64url').toString()) as object;
      const key = set.keys.find(({ kid }) => kid === (header as { kid: string }).kid);
      assert.ok(key);
      assert.deepEqual(header, { alg: 'ES256', typ: 'JOSE', kid: key.kid, jku: `${at.url}/.well-known/jwks.json` });
      const { signatures: _signatures, ...said } = card;
      assert.deepEqual(verifyCard(card, [key]), { kid: key.kid, card: said });
      const changed = { ...card, description: 'Another.' } as unknown as Card;
      assert.ok((await verifyAsIs(changed, set)).every((holds) => !holds));
      assert.throws(() => verifyCard(changed, [key]), { code: 'INVALID_AGENT_RESPONSE' });
    }
  });
}

test('the official verifier of the JS SDK takes the card of an agent, of the fabric, and the extended one', async () => {
  const set = await readKeys(node);
  const verify = verifyAgentCardSignature(async (kid) => set.keys.find((key) => key.kid === kid) ?? {});
  for (const card of [
    await resultOf(call('/a2a/guarded/.well-known/agent-card.json')),
    await resultOf(call('/.well-known/agent-card.json')),
    await resultOf(call('/a2a/guarded/extendedAgentCard', { key: keys.ada })),
  ]) {
    await verify(card as unknown as AgentCard);
    await assert.rejects(verify({ ...card, name: 'Another' } as unknown as AgentCard));
  }
});

test(
  'the official verifier of the Python SDK takes the card of an agent and of the fabric',
  requires('a2a-sdk-signing'),
  async () => {
    const folder = await createTestFolder();
    try {
      const program = join(import.meta.dirname, 'python-clients', 'verify_card.py');
      const files = [join(folder, 'card.json'), join(folder, 'keys.json')] as const;
      for (const at of [node, open]) {
        await writeFile(files[1], JSON.stringify(await readKeys(at)));
        for (const path of ['/a2a/guarded/.well-known/agent-card.json', '/.well-known/agent-card.json']) {
          await writeFile(files[0], JSON.stringify(await resultOf(call(path, { at }))));
          const { stdout } = await promisify(execFile)(a2aPython(), [program, ...files], { timeout: 60_000 });
          assert.deepEqual(JSON.parse(stdout), { valid: true, changed: 'refused' });
        }
      }
    } finally {
      await removeFolder(folder);
    }
  },
);

test('the command line checks a card with the keys that its user has kept', async () => {
  const folder = await createTestFolder();
  try {
    const [keyFile, cardFile] = [join(folder, 'keys.json'), join(folder, 'card.json')];
    await writeFile(keyFile, JSON.stringify(await readKeys(node)));
    await writeFile(cardFile, JSON.stringify(await resultOf(call('/.well-known/agent-card.json'))));
    const trusted = await runParley('verify-card', cardFile, '--keys', keyFile);
    assert.equal(trusted.code, 0, trusted.stderr);
    assert.match(trusted.stdout, /is signed with the key \S{43}/);
    await writeFile(keyFile, JSON.stringify(await readKeys(open)));
    const foreign = await runParley('verify-card', cardFile, '--keys', keyFile);
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /none of its signatures is by a trusted key/);
  } finally {
    await removeFolder(folder);
  }
});

test('cards over gRPC are signed, too', async () => {
  const set = await readKeys(node);
  const headers = { ...agent, ...bearer(keys.ada) };
  const current = await grpc.call<Card>('GetExtendedAgentCard', {}, headers);
  const overHttp = await resultOf(call('/a2a/guarded/extendedAgentCard', { key: keys.ada }));
  const kids = new Set(set.keys.map(({ kid }) => kid));
  for (const { protected: header } of [...current.signatures, ...overHttp.signatures]) {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    assert.ok(kids.has(kid));
  }
  assert.ok((await oldGrpc.call<Card>('GetAgentCard', {}, headers)).signatures.length > 0);
});

test('a card keeps its ETag and its key while nothing changes, its key also when the node starts again', async () => {
  const folder = await createTestFolder();
  const publicUrl = 'https://agents.example';
  try {
    const kids: string[] = [];
    for (let start = 0; start < 2; start++) {
      const other = await startTestNode({ dataFolder: folder, settings: { publicUrl } });
      try {
        const first = await call('/.well-known/agent-card.json', { at: other });
        const etag = String(first.headers['etag']);
        const headers = { 'if-none-match': etag };
        const again = await fetch(`${other.url}/.well-known/agent-card.json`, { headers });
        assert.deepEqual([again.status, again.headers.get('etag')], [304, etag]);
        const card = first.body as Card;
        const header = Buffer.from(card.signatures[0]?.protected ?? '', 'base64url').toString();
        assert.equal((JSON.parse(header) as { jku: string }).jku, `${publicUrl}/.well-known/jwks.json`);
        kids.push(verifyCard(card, (await readKeys(other)).keys).kid);
      } finally {
        await other.close();
      }
    }
    assert.equal(kids[0], kids[1]);
  } finally {
    await removeFolder(folder);
  }
});
