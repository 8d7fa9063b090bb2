import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import type { LogRecord } from '../../log/index.ts';
import {
  createEmbeddedRegistry,
  createRecordCodec,
  ensureOwnSubjects,
  readOwnSubjects,
} from '../../log/schema/index.ts';
import { createValueReader } from './value-reader.ts';

const stored: string[] = [];
const registry = createEmbeddedRegistry({
  read: async (after) => stored.slice(after),
  append: async (_after, added) => void stored.push(...added),
});
await ensureOwnSubjects(registry, readOwnSubjects());
const reader = createValueReader(async () => registry);

function recordOf(value: Uint8Array | null, headers: Record<string, string> = {}): LogRecord {
  return { topic: 't', partition: 0, offset: 0, key: 'k', headers, timestampMs: 1, value };
}

async function read(topic: string, value: Uint8Array | null, headers?: Record<string, string>): Promise<object> {
  return (await reader.read([recordOf(value, headers)], topic))[0] ?? {};
}

/** As the original writes it: TaskRequest without a head. */
const raw =
  '06742d31126167656e742d303031325465737420646174612070726f63657373696e67207461736b020000000000c052400480a0abfef962';
const request = {
  task_id: 't-1',
  requester_id: 'agent-001',
  description: 'Test data processing task',
  proposed_cost: 75,
  priority: 2,
  timestamp: 1_700_000_000_000,
};

test('a value with a head is shown as the schema that it names describes it, in any topic', async () => {
  const { id, schema } = await registry.getVersion('task-requests-value', 'latest');
  const codec = createRecordCodec(registry);
  const bytes = (await codec.encoderFor('task-requests-value', schema)).encode(request);
  assert.deepEqual(await read('elsewhere', bytes), { value: request, schemaId: id });
});

test("a value without a head is shown by the topic's own schemas", async () => {
  assert.deepEqual(await read('task-requests', Buffer.from(raw, 'hex')), { value: request });
  const grown = (await registry.getVersion('task-requests-value', 'latest')).schema.replace(
    /\]\s*\}\s*$/,
    ',{"name":"more","type":["null","string"],"default":null}]}',
  );
  await registry.register('task-requests-value', grown);
  assert.deepEqual(
    await read('task-requests', Buffer.from(raw, 'hex')),
    { value: request },
    'written by the first version',
  );
  assert.deepEqual(await read('task-requests', Buffer.from(`${raw}00`, 'hex')), { value: { ...request, more: null } });
});

test('bytes that no schema explains stay text where they are text, and base64 where not', async () => {
  assert.deepEqual(await read('notes', Buffer.from('hello')), { text: 'hello' });
  assert.deepEqual(await read('task-requests', Buffer.from('{"a":1}')), { text: '{"a":1}' });
  assert.deepEqual(await read('notes', Buffer.from([0, 0, 0, 0, 99, 1])), { base64: 'AAAAAGMB' });
  assert.deepEqual(await read('notes', null), {});
});

test('a registry that is away keeps nobody from reading, and it is said why values are bytes', async () => {
  const away = createValueReader(() => Promise.reject(new ParleyError('UNAVAILABLE', 'It is away.')));
  const framed = Buffer.from([0, 0, 0, 0, 1, 2]);
  const records = [Buffer.from(raw, 'hex'), framed, Buffer.from('text')].map((value) => recordOf(value));
  assert.deepEqual(await away.read(records, 'task-requests'), [
    { base64: Buffer.from(raw, 'hex').toString('base64'), notDecoded: 'It is away.' },
    { base64: framed.toString('base64'), notDecoded: 'It is away.' },
    { text: 'text' },
  ]);
});

test('a registry that hangs is waited for once for a page', async () => {
  let asked = 0;
  const ask = (): Promise<never> => {
    asked += 1;
    return new Promise((_, reject) => setImmediate(reject, new ParleyError('UNAVAILABLE', 'It hangs.')));
  };
  const hanging = createValueReader(async () => ({ ...registry, getById: ask, listVersions: ask }));
  const framed = recordOf(Buffer.from([0, 0, 0, 0, 1, 2]));
  await hanging.read([framed, framed, framed], 'task-requests');
  assert.equal(asked, 1);
});

test('bytes in a value are shown as base64', async () => {
  const schema = JSON.stringify({ type: 'record', name: 'File', fields: [{ name: 'content', type: 'bytes' }] });
  const codec = createRecordCodec(registry);
  const bytes = (await codec.encoderFor('files-value', schema)).encode({ content: Buffer.from('hi') });
  assert.deepEqual((await read('files', bytes)) as object, {
    value: { content: 'aGk=' },
    schemaId: bytes.readUInt32BE(1),
  });
});
