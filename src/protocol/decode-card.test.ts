import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCard } from './decode-card.ts';
import type { AgentCard } from './model.ts';
import { v1Codec } from './v1/codec.ts';
import { addOldFields, encodeCard, encodeOldCard } from './v03/card.ts';

const card: AgentCard = {
  name: 'Analyst',
  description: 'Adds.',
  version: '1.2.0',
  supportedInterfaces: [
    { url: 'https://a.example/a2a', protocolBinding: 'HTTP+JSON', protocolVersion: '1.0', tenant: 'x' },
    { url: 'https://a.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
  ],
  capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [{ uri: 'urn:x' }] },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: [],
  skills: [{ id: 'sum', name: 'Sum', description: '', tags: ['math'], examples: ['1 and 2'] }],
};

test('a card of 1.0 is read as it was written, also with the older fields beside', () => {
  const wire = v1Codec.encodeCard(card);
  assert.deepEqual(decodeCard(wire), card);
  assert.deepEqual(decodeCard(addOldFields(card, wire)), card);
});

test('a card of 0.3 or 0.2.6 names the addresses of that version', () => {
  const [, second] = card.supportedInterfaces;
  assert.deepEqual(
    new Set(decodeCard(encodeCard(card)).supportedInterfaces.map(({ url }) => url)),
    new Set([second?.url]),
  );
  const [old] = decodeCard(encodeOldCard(card)).supportedInterfaces;
  assert.deepEqual(old, { url: 'https://a.example/a2a/rpc', protocolBinding: 'JSONRPC', protocolVersion: '0.3' });
});

test('what is 1.0 comes before what is older, and a card without an address is refused', () => {
  const swapped = { ...card, supportedInterfaces: card.supportedInterfaces.toReversed() };
  assert.equal(decodeCard(v1Codec.encodeCard(swapped)).supportedInterfaces[0]?.protocolVersion, '1.0');
  for (const json of [[], 'x', {}, { url: '' }, { url: 'https://a.example', protocolVersion: '7' }]) {
    assert.throws(() => decodeCard(json), { code: 'INVALID_AGENT_RESPONSE' });
  }
});

test('fields of the wrong kind are left out, not trusted', () => {
  const odd = decodeCard({
    url: 'https://a.example',
    name: 7,
    skills: [1, { id: 's', tags: [1, 'ok'] }, { name: 'no id' }],
  });
  assert.deepEqual(odd.skills, [{ id: 's', name: 's', description: '', tags: ['ok'] }]);
  assert.equal(odd.name, '');
});
