import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentCard, canonicalizeAgentCard, generateAgentCardSignature } from '@a2a-js/sdk';
import { CompactSign, exportJWK, FlattenedSign, generateKeyPair } from 'jose';
import type { JsonObject } from '../../base/index.ts';
import { createCardPayloads } from './card-payloads.ts';
import { type CardKey, verifyCard } from './verify-card.ts';

const card: JsonObject = {
  name: 'Ännchen',
  description: '',
  version: '1.0.0',
  supportedInterfaces: [{ url: 'https://a.example/a', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' }],
  capabilities: {
    streaming: false,
    pushNotifications: true,
    extensions: [{ uri: 'urn:x', description: '', required: false, params: { b: [1.0, {}], a: 'é' } }],
  },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: [],
  securitySchemes: { key: { httpAuthSecurityScheme: { scheme: 'Bearer', bearerFormat: '' } } },
  securityRequirements: [{ schemes: { key: { list: [] } } }],
  skills: [{ id: 's', name: 's', description: '', tags: [], examples: [] }],
};

/** The SDK reads the card itself; of one that it has read before it loses the security schemes. */
const asRead = card as unknown as AgentCard;

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

async function createKeys(
  alg: string,
  kid = 'k1',
): Promise<{ readonly privateKey: SigningKey; readonly key: CardKey }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, key: { ...(await exportJWK(publicKey)), kid } };
}

/** The card with a signature by jose over that text. */
async function signed(of: JsonObject, payload: string, privateKey: SigningKey, header: object): Promise<JsonObject> {
  const { protected: text = '', signature } = await new FlattenedSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'ES256', typ: 'JOSE', kid: 'k1', ...header })
    .sign(privateKey);
  return { ...of, signatures: [{ protected: text, signature }] };
}

test('the canonical form keeps required and optional fields and drops other defaults, as the specification’s example says', () => {
  const fragment: JsonObject = {
    name: 'Example Agent',
    description: '',
    supportedInterfaces: [],
    capabilities: { streaming: false, pushNotifications: false, extensions: [] },
    securityRequirements: [],
    skills: [],
  };
  assert.equal(
    createCardPayloads(fragment)[1],
    '{"capabilities":{"pushNotifications":false,"streaming":false},"description":"","name":"Example Agent","skills":[],"supportedInterfaces":[]}',
  );
});

test('the last form is that of the official SDK, which it reads out of the same card', () => {
  assert.equal(createCardPayloads(card).at(-1), canonicalizeAgentCard(asRead));
  const beside = { ...card, url: 'https://a.example', preferredTransport: 'JSONRPC', signatures: [{ signature: 'x' }] };
  assert.equal(createCardPayloads(beside).at(-1), createCardPayloads(card).at(-1));
});

test('a card that the official SDK has signed is trusted with its key, and answered as it was signed', async () => {
  const { privateKey, key } = await createKeys('ES256');
  const sign = generateAgentCardSignature(privateKey, { alg: 'ES256', typ: 'JOSE', kid: 'k1' });
  const made = (await sign(asRead)) as unknown as JsonObject;
  const { kid, card: read } = verifyCard({ ...made, url: 'https://evil.example' }, [key]);
  assert.deepEqual([kid, read['name'], read['url'], read['signatures']], ['k1', 'Ännchen', undefined, undefined]);
});

for (const alg of ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256']) {
  test(`a signature with ${alg} over the whole card or over what 1.0 knows of it counts`, async () => {
    const { privateKey, key } = await createKeys(alg);
    const whole: JsonObject = { ...card, 'x-more': [1] };
    for (const payload of createCardPayloads(whole)) {
      const { card: read } = verifyCard(await signed(whole, payload, privateKey, { alg }), [key]);
      assert.deepEqual(read, JSON.parse(payload));
    }
  });
}

test('a card that is nested without end is refused', () => {
  const levels = 50_000;
  const deep = JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as JsonObject;
  const hostile = { ...card, capabilities: { extensions: [{ uri: 'urn:x', params: deep }] }, signatures: [{}] };
  assert.throws(() => verifyCard(hostile, []), { code: 'INVALID_PARAMS' });
});

test('another key, another card, another algorithm, an unknown header and no signature are not trusted', async () => {
  const [{ privateKey, key }, other] = await Promise.all([createKeys('ES256'), createKeys('ES256')]);
  const [payload = ''] = createCardPayloads(card);
  const good = await signed(card, payload, privateKey, {});
  assert.equal(verifyCard(good, [other.key, { ...key, kid: 'k2' }, key].slice(2)).kid, 'k1');
  const hmac = await new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .sign(Buffer.from(JSON.stringify(key)));
  const [protectedHeader, , signature] = hmac.split('.');
  const wrong: readonly (readonly [JsonObject, readonly CardKey[]])[] = [
    [good, []],
    [good, [other.key]],
    [good, [{ ...key, kid: 'k2' }]],
    [{ ...good, name: 'Another' }, [key]],
    [{ ...good, supportedInterfaces: [] }, [key]],
    [{ ...card, signatures: [{ protected: protectedHeader ?? '', signature: signature ?? '' }] }, [key]],
    [{ ...card, signatures: [{ protected: 'bm8', signature: 'x' }, 'text', null] }, [key]],
    [{ ...card, signatures: [] }, [key]],
    [card, [key]],
  ];
  for (const [given, keys] of wrong) assert.throws(() => verifyCard(given, keys), { code: 'INVALID_AGENT_RESPONSE' });
  const critical = await new FlattenedSign(Buffer.from(payload))
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 } as { alg: string })
    .sign(privateKey, { crit: { x: true } });
  const entry = { protected: critical.protected ?? '', signature: critical.signature };
  assert.throws(() => verifyCard({ ...card, signatures: [entry] }, [key]), { code: 'INVALID_AGENT_RESPONSE' });
});
