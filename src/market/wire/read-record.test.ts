import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord, NewRecord } from '../../log/index.ts';
import { createSigningKeyPair, type ParsedKey, parsePrivateKey, parsePublicKey } from '../../security/index.ts';
import { asRecord, award, createTestRegistry, request, response } from '../market.fixture.ts';
import { createMarketCodec } from './market-codec.ts';
import { createRecordReader, type SenderTrust } from './read-record.ts';
import type { MarketRecord } from './records.ts';
import { createRecordWriter } from './write-record.ts';

const pair = createSigningKeyPair();
const known: ParsedKey = parsePublicKey(pair.publicKey);
const codec = createMarketCodec({ registry: createTestRegistry(), wire: 'confluent' });
const open: SenderTrust = { keysOf: () => [], requireSigned: false };
const pinned: SenderTrust = { keysOf: (agentId) => (agentId === 'req' ? [known] : []), requireSigned: false };
const strict: SenderTrust = { ...pinned, requireSigned: true };

function write(record: MarketRecord, signer?: string): Promise<NewRecord> {
  const key = signer === undefined ? undefined : parsePrivateKey(signer);
  return createRecordWriter({ codec, wire: 'confluent', keyOf: () => key })(record);
}

function inTopic(topic: string, { key, value, headers }: NewRecord, changed: Partial<LogRecord> = {}): LogRecord {
  return { topic, partition: 2, offset: 7, key, value, headers: headers ?? {}, timestampMs: 5, ...changed };
}

const read = (record: LogRecord, trust: SenderTrust = open): Promise<MarketRecord> =>
  createRecordReader(codec, trust).read(record);

const mine = asRecord(award(1, 'p', { price: 4 }), {
  ...{ recordId: 't-1/req/2', causationId: 't-1/p/1', correlationId: 'c', traceparent: '00-1-2-01' },
});

test('what was written is read as it was, with its place', async () => {
  const written = await write(mine);
  assert.equal(written.key, 't-1');
  const expected = { ...mine, place: { partition: 2, offset: 7, atMs: 5 }, isVerified: false };
  assert.deepEqual(await read(inTopic('task-awards', written)), expected);
});

test('the same record makes the same bytes, so that it may be published twice', async () => {
  assert.deepEqual(await write(mine, pair.privateKey), await write(mine, pair.privateKey));
});

test('a record of the original has no id but its bytes, and is marked', async () => {
  const { headers: _, ...bare } = await write(asRecord(request()));
  const first = await read(inTopic('task-requests', { ...bare, headers: {} }));
  const again = await read(inTopic('task-requests', { ...bare, headers: {} }, { offset: 99 }));
  assert.match(first.recordId, /^raw\/[\w-]{22}$/);
  assert.equal(again.recordId, first.recordId);
  assert.deepEqual([first.isOriginal, first.isVerified], [true, false]);
});

const wrong: readonly (readonly [what: string, make: () => Promise<LogRecord>])[] = [
  ['without a value', async () => inTopic('task-awards', { ...(await write(mine)), value: null })],
  ['under another key than its task’s', async () => inTopic('task-awards', await write(mine), { key: 't-2' })],
  ['without a key', async () => inTopic('task-awards', await write(mine), { key: undefined })],
  ['in a topic of somebody else', async () => inTopic('elsewhere', await write(mine))],
  ['with the id of another sender', async () => inTopic('task-awards', await write({ ...mine, recordId: 't-1/p/1' }))],
  ['with the id of another task', async () => inTopic('task-awards', await write({ ...mine, recordId: 't-2/req/1' }))],
  ['with an id that is none', async () => inTopic('task-awards', await write({ ...mine, recordId: 't-1/req/1e9' }))],
];

for (const [what, make] of wrong) {
  test(`a record ${what} is refused`, async () => {
    await assert.rejects(read(await make()), { code: 'RECORD_INVALID' });
  });
}

test('a signature of the sender’s key makes it verified', async () => {
  const record = inTopic('task-awards', await write(mine, pair.privateKey));
  assert.equal((await read(record, pinned)).isVerified, true);
  assert.equal((await read(record, strict)).isVerified, true);
});

test('a signature of which nothing is known is let be, unless one is required', async () => {
  const record = inTopic(
    'task-responses',
    await write(asRecord(response('p', 'ACCEPTED'), { recordId: 't-1/p/1' }), pair.privateKey),
  );
  assert.equal((await read(record, pinned)).isVerified, false);
  await assert.rejects(read(record, strict), { code: 'PERMISSION_DENIED' });
});

test('who is known by a key has to sign, also where others need not', async () => {
  const record = inTopic('task-awards', await write(mine));
  await assert.rejects(read(record, pinned), { code: 'UNAUTHENTICATED' });
  await assert.rejects(read(record, strict), { code: 'UNAUTHENTICATED' });
});

test('another agent’s key does not sign for the sender, and no signature moves to another record', async () => {
  const stranger = createSigningKeyPair().privateKey;
  const refused = { code: 'PERMISSION_DENIED' };
  await assert.rejects(read(inTopic('task-awards', await write(mine, stranger)), pinned), refused);
  const signed = await write(mine, pair.privateKey);
  const later = await write({ ...mine, ...award(2, 'thief') }, pair.privateKey);
  const moved = { ...signed, value: later.value };
  await assert.rejects(read(inTopic('task-awards', moved), pinned), refused);
});

test('headers that are endless are as if they were not there', async () => {
  const written = await write({ ...mine, correlationId: 'x'.repeat(5_000) });
  assert.equal((await read(inTopic('task-awards', written))).correlationId, null);
});
