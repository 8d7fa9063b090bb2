import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { createTypeCodec } from './avro-type-codec.ts';
import { createEmbeddedRegistry } from './embedded-registry.ts';
import { createMemoryStorage } from './memory-storage.fixture.ts';
import { ensureOwnSubjects, readOwnSubjects } from './own-subjects.ts';
import { createRecordCodec, type RecordCodec } from './record-codec.ts';

const [requests, responses, negotiations] = readOwnSubjects();
assert.ok(requests && responses && negotiations);

/** As the original's Python writes it (interop facts): no head, the bytes only. */
const golden = Buffer.from(
  '06742d31126167656e742d303031325465737420646174612070726f63657373696e67207461736b020000000000c052400480a0abfef962',
  'hex',
);
const request = {
  task_id: 't-1',
  requester_id: 'agent-001',
  description: 'Test data processing task',
  proposed_cost: 75,
  priority: 2,
  timestamp: 1_700_000_000_000,
};

async function createCodec(): Promise<RecordCodec> {
  const registry = createEmbeddedRegistry(createMemoryStorage());
  await ensureOwnSubjects(registry, readOwnSubjects());
  return createRecordCodec(registry);
}

test('the bytes of a request are those that the original writes, behind the head with the id of its schema', async () => {
  const codec = await createCodec();
  const encoder = await codec.encoderFor('task-requests-value', requests.schema);
  const bytes = encoder.encode(request);
  assert.equal(bytes.subarray(0, 5).toString('hex'), '0000000001');
  assert.equal(bytes.subarray(5).toString('hex'), golden.toString('hex'));
  assert.deepEqual({ ...((await codec.decode(bytes)).value as object) }, request);
});

test('a message of the original, which has no head, is read by the schema of its topic', async () => {
  const codec = await createCodec();
  const { value, schemaId } = await codec.decode(golden, { headerless: requests.schema });
  assert.deepEqual({ ...(value as object) }, request);
  assert.equal(schemaId, undefined);
});

test('a message without a head is refused where nothing says what it is', async () => {
  const codec = await createCodec();
  await assert.rejects(
    codec.decode(golden),
    (thrown) => hasCode(thrown, 'RECORD_INVALID') && /does not begin/.test(thrown.message),
  );
});

test('all three kinds of messages go in and out', async () => {
  const codec = await createCodec();
  const values = [
    [requests, { ...request, proposed_cost: null }],
    [
      responses,
      { task_id: 't', responder_id: 'p', status: 'NEGOTIATING', counter_offer: 90.5, message: null, timestamp: 1 },
    ],
    [
      negotiations,
      {
        task_id: 't',
        sender_id: 'p',
        receiver_id: 'r',
        negotiation_round: 1,
        offer: null,
        approved: false,
        message: 'é',
        timestamp: 1,
      },
    ],
  ] as const;
  for (const [{ subject, schema }, value] of values) {
    const encoder = await codec.encoderFor(subject, schema);
    assert.deepEqual({ ...((await codec.decode(encoder.encode(value))).value as object) }, value);
  }
});

const old = JSON.stringify({
  type: 'record',
  name: 'Job',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'note', type: 'string' },
  ],
});
const grown = JSON.stringify({
  type: 'record',
  name: 'Job',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'deadline', type: ['null', 'long'], default: null },
  ],
});

test('a new field is read from old bytes as its default, and one that was removed is left out', async () => {
  const codec = createRecordCodec(createEmbeddedRegistry(createMemoryStorage()));
  const bytes = (await codec.encoderFor('jobs-value', old)).encode({ id: 'j', note: 'n' });
  assert.deepEqual(
    { ...((await codec.decode(bytes, { reader: grown })).value as object) },
    { id: 'j', deadline: null },
  );
});

test('a reader that knows no more than the old schema reads new bytes, and does not see the unknown field', async () => {
  const reader = JSON.stringify({ type: 'record', name: 'Job', fields: [{ name: 'id', type: 'string' }] });
  const codec = createRecordCodec(createEmbeddedRegistry(createMemoryStorage()));
  const bytes = (await codec.encoderFor('jobs-value', grown)).encode({ id: 'j', deadline: 5 });
  assert.deepEqual({ ...((await codec.decode(bytes, { reader })).value as object) }, { id: 'j' });
});

test('a change that breaks readers is refused before anything is encoded', async () => {
  const codec = createRecordCodec(createEmbeddedRegistry(createMemoryStorage()));
  await codec.encoderFor('jobs-value', old);
  const broken = JSON.stringify({
    type: 'record',
    name: 'Job',
    fields: [
      { name: 'id', type: 'int' },
      { name: 'who', type: 'string' },
    ],
  });
  await assert.rejects(codec.encoderFor('jobs-value', broken), (thrown) => {
    assert.ok(hasCode(thrown, 'SCHEMA_INCOMPATIBLE'));
    assert.match(
      thrown.message,
      /The field id was written as string and is read as int: who reads with the new schema cannot/,
    );
    assert.match(thrown.message, /The field who is not written, and has no default/);
    return true;
  });
});

test('what was written with a schema that the reader cannot read is an error that says so', async () => {
  const codec = createRecordCodec(createEmbeddedRegistry(createMemoryStorage()));
  const bytes = (await codec.encoderFor('jobs-value', old)).encode({ id: 'j', note: 'n' });
  await assert.rejects(
    codec.decode(bytes, { reader: '{"type":"record","name":"Job","fields":[{"name":"id","type":"int"}]}' }),
    {
      code: 'SCHEMA_INCOMPATIBLE',
    },
  );
});

test('a value that does not fit is refused with the fields that are wrong', async () => {
  const codec = await createCodec();
  const encoder = await codec.encoderFor('task-requests-value', requests.schema);
  assert.throws(
    () => encoder.encode({ ...request, task_id: 5, priority: 'high' }),
    (thrown) => {
      assert.ok(hasCode(thrown, 'RECORD_INVALID'));
      assert.deepEqual(thrown.details['fields'], ['task_id', 'priority']);
      return true;
    },
  );
});

test('a field with a default may be left out, one without may not', async () => {
  const codec = await createCodec();
  const encoder = await codec.encoderFor('task-requests-value', requests.schema);
  const { proposed_cost: _cost, priority: _priority, ...least } = request;
  const { value } = await codec.decode(encoder.encode(least));
  assert.deepEqual({ ...(value as object) }, { ...least, proposed_cost: null, priority: 1 });
  assert.throws(() => encoder.encode({ ...request, task_id: undefined }), { code: 'RECORD_INVALID' });
});

const itemsSchema = JSON.stringify({
  type: 'record',
  name: 'L',
  fields: [{ name: 'items', type: { type: 'array', items: 'null' } }],
});
const treeSchema = JSON.stringify({ type: 'record', name: 'T', fields: [{ name: 'next', type: ['null', 'T'] }] });

const hostile: readonly (readonly [what: string, schema: string, hex: string, why: RegExp])[] = [
  ['end too early', requests.schema, golden.subarray(0, 20).toString('hex'), /at byte 15 something of 25 bytes begins/],
  ['go on behind their end', requests.schema, `${golden.toString('hex')}00`, /1 bytes are left over/],
  ['have a length below zero', requests.schema, '01', /something of -1 bytes/],
  ['announce 2^50 items', itemsSchema, '80808080808080808002', /more than 10000 items/],
  ['have a number without an end', requests.schema, 'ff'.repeat(11), /more than ten bytes/],
  ['name a branch that is not there', treeSchema, '06', /number 3, and there are 2/],
  ['are nested without an end', treeSchema, `${'02'.repeat(5_000)}00`, /nested more than 256 deep/],
  ['are none', requests.schema, '', /end within a number/],
];

for (const [what, schema, hex, why] of hostile) {
  test(`bytes that ${what} are refused with what is wrong`, () => {
    assert.throws(
      () => createTypeCodec(schema).decode(Buffer.from(hex, 'hex')),
      (thrown) => {
        assert.ok(hasCode(thrown, 'RECORD_INVALID'));
        assert.match(thrown.message, why);
        return true;
      },
    );
  });
}
