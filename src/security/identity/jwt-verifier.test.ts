import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createManualClock, type ManualClock } from '../../testing/index.ts';
import { createJwtVerifier, type JwtSettings, type JwtVerifier } from './jwt-verifier.ts';

const issuer = 'https://id.example';
const settings: JwtSettings = {
  issuer,
  audience: 'parley',
  jwksUrl: undefined,
  algorithms: ['ES256'],
  clockSkewMs: 30_000,
  subjectClaim: 'sub',
  rolesClaim: 'roles',
};

interface Signer {
  readonly jwk: JWK;
  sign(claims?: Readonly<Record<string, unknown>>, header?: { alg?: string; kid?: string }): Promise<string>;
}

async function createSigner(kid: string, clock: ManualClock): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  const seconds = Math.floor(clock.now() / 1_000);
  const usual = { iss: issuer, aud: 'parley', sub: 'ada', exp: seconds + 600, roles: ['finance'] };
  return {
    jwk,
    sign: (claims = {}, header = {}) =>
      new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(privateKey),
  };
}

interface Bench {
  readonly clock: ManualClock;
  readonly signer: Signer;
  readonly fetched: string[];
  readonly answers: Map<string, unknown>;
  readonly verifier: JwtVerifier;
}

async function createBench(rest: Partial<JwtSettings> = {}): Promise<Bench> {
  const clock = createManualClock();
  const signer = await createSigner('first', clock);
  const fetched: string[] = [];
  const answers = new Map<string, unknown>([
    [`${issuer}/.well-known/openid-configuration`, { issuer, jwks_uri: `${issuer}/keys` }],
    [`${issuer}/keys`, { keys: [signer.jwk] }],
  ]);
  const fetchJson = async (url: string): Promise<unknown> => {
    fetched.push(url);
    if (answers.has(url)) return answers.get(url);
    throw new Error(`${url} is down`);
  };
  const verifier = createJwtVerifier({ settings: { ...settings, ...rest }, fetchJson, clock });
  return { clock, signer, fetched, answers, verifier };
}

test('a token of the issuer shows its bearer; the keys are found by discovery and fetched once', async () => {
  const { verifier, signer, fetched } = await createBench();
  assert.deepEqual(await verifier.verify(await signer.sign()), { subject: 'ada', roles: ['finance'] });
  assert.deepEqual(await verifier.verify(await signer.sign({ sub: 'bo', roles: 'a b' })), {
    subject: 'bo',
    roles: ['a', 'b'],
  });
  assert.deepEqual(fetched, [`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
});

test('claims are where the settings say, also below others', async () => {
  const { verifier, signer } = await createBench({ subjectClaim: 'email', rolesClaim: 'realm_access.roles' });
  const token = await signer.sign({ email: 'ada@example.org', realm_access: { roles: ['x', 7] } });
  assert.deepEqual(await verifier.verify(token), { subject: 'ada@example.org', roles: ['x'] });
  assert.equal(await verifier.verify(await signer.sign({ email: '' })), undefined);
});

test('a token that is foreign, for others, too old, not yet valid, endless, altered or unsigned does not count', async () => {
  const { verifier, signer, clock } = await createBench();
  const seconds = Math.floor(clock.now() / 1_000);
  const stranger = await createSigner('first', clock);
  const good = await signer.sign();
  const [head = '', claims = ''] = good.split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  const secret = new TextEncoder().encode(JSON.stringify(signer.jwk));
  const confused = new SignJWT({ iss: issuer, aud: 'parley', sub: 'ada', exp: seconds + 60 });
  for (const wrong of [
    await stranger.sign(),
    await signer.sign({ iss: 'https://evil.example' }),
    await signer.sign({ aud: 'another' }),
    await signer.sign({ exp: seconds - 31 }),
    await signer.sign({ nbf: seconds + 31 }),
    await signer.sign({ exp: undefined }),
    await signer.sign({ sub: undefined }),
    `${head}.${Buffer.from(JSON.stringify({ iss: issuer, aud: 'parley', sub: 'root', exp: seconds + 60 })).toString('base64url')}.${good.split('.')[2]}`,
    `${none}.${claims}.`,
    await confused.setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(secret),
    'not.a.token',
    'x'.repeat(10_000),
  ]) {
    assert.equal(await verifier.verify(wrong), undefined, wrong.slice(0, 200));
  }
});

test('clocks may differ by the skew, and what was checked before ends with its token', async () => {
  const { verifier, signer, clock } = await createBench();
  const seconds = Math.floor(clock.now() / 1_000);
  assert.ok(await verifier.verify(await signer.sign({ exp: seconds - 29 })));
  const token = await signer.sign({ exp: seconds + 5 });
  assert.ok(await verifier.verify(token));
  await clock.advance(36_000);
  assert.equal(await verifier.verify(token), undefined);
});

test('a new key of the issuer is fetched when a token names it, at most twice a minute', async () => {
  const { verifier, signer, clock, answers, fetched } = await createBench();
  assert.ok(await verifier.verify(await signer.sign()));
  const next = await createSigner('second', clock);
  answers.set(`${issuer}/keys`, { keys: [signer.jwk, next.jwk] });
  assert.equal(await verifier.verify(await next.sign()), undefined);
  assert.equal(fetched.length, 2);
  await clock.advance(30_000);
  assert.ok(await verifier.verify(await next.sign()));
  for (let index = 0; index < 20; index++) await verifier.verify(await next.sign({}, { kid: `made-up-${index}` }));
  assert.equal(fetched.length, 4);
});

test('many tokens at once fetch the keys once', async () => {
  const { verifier, signer, fetched } = await createBench();
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => signer.sign({ sub: `user-${index}` })));
  assert.ok((await Promise.all(tokens.map((token) => verifier.verify(token)))).every((found) => found !== undefined));
  assert.equal(fetched.length, 2);
});

test('an issuer that is down is said so, is not asked at every call, and its known keys go on counting for an hour', async () => {
  const { verifier, signer, clock, answers, fetched } = await createBench();
  const keys = answers.get(`${issuer}/keys`);
  answers.delete(`${issuer}/keys`);
  const forAnHour = { exp: Math.floor(clock.now() / 1_000) + 7_200 };
  for (let call = 0; call < 5; call++) {
    await assert.rejects(verifier.verify(await signer.sign(forAnHour)), { code: 'UNAVAILABLE' });
  }
  assert.equal(fetched.length, 2);
  answers.set(`${issuer}/keys`, keys);
  await clock.advance(5_000);
  assert.ok(await verifier.verify(await signer.sign(forAnHour)));
  answers.delete(`${issuer}/keys`);
  await clock.advance(11 * 60_000);
  assert.ok(await verifier.verify(await signer.sign({ ...forAnHour, sub: 'late' })));
  await clock.advance(60 * 60_000);
  await assert.rejects(verifier.verify(await signer.sign({ ...forAnHour, sub: 'later' })), { code: 'UNAVAILABLE' });
});

test('keys are taken from no address that another issuer, or an unsafe one, names', async () => {
  for (const document of [
    { issuer: 'https://other.example', jwks_uri: `${issuer}/keys` },
    { issuer, jwks_uri: 'http://id.example/keys' },
    { issuer },
    [],
  ]) {
    const { verifier, signer, answers, fetched } = await createBench();
    answers.set(`${issuer}/.well-known/openid-configuration`, document);
    await assert.rejects(verifier.verify(await signer.sign()), { code: 'UNAVAILABLE' });
    assert.equal(fetched.length, 1);
  }
});
