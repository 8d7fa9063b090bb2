import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import {
  type Artifact,
  type Message,
  type Part,
  type StreamItem,
  type Task,
  type TaskStatus,
  taskStates,
} from '../model.ts';
import { v1Codec } from './codec.ts';

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
/** JSON has no negative zero. */
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const metadata = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json) as fc.Arbitrary<JsonObject>;
const common = fc.record({ filename: text, mediaType: text, metadata }, { requiredKeys: [] });
const content = fc.oneof(
  fc.record({ text: fc.string() }),
  fc.record({ data: json }),
  fc.record({ raw: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ url: fc.webUrl() }),
);
const parts = fc.array(
  fc.tuple(common, content).map(([rest, body]) => ({ ...rest, ...body }) as Part),
  { minLength: 1, maxLength: 4 },
);

const messages: fc.Arbitrary<Message> = fc.record(
  {
    messageId: text,
    role: fc.constantFrom('user' as const, 'agent' as const),
    parts,
    contextId: text,
    taskId: text,
    metadata,
    extensions: fc.array(text, { maxLength: 2 }),
    referenceTaskIds: fc.array(text, { maxLength: 2 }),
  },
  { requiredKeys: ['messageId', 'role', 'parts'] },
);

const timestamp = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const status: fc.Arbitrary<TaskStatus> = fc.record(
  { state: fc.constantFrom(...taskStates), message: messages, timestamp },
  { requiredKeys: ['state', 'timestamp'] },
);
const artifact: fc.Arbitrary<Artifact> = fc.record(
  { artifactId: text, name: text, description: text, parts, metadata, extensions: fc.array(text, { maxLength: 2 }) },
  { requiredKeys: ['artifactId', 'parts'] },
);

const tasks: fc.Arbitrary<Task> = fc.record(
  {
    id: text,
    contextId: text,
    status,
    artifacts: fc.array(artifact, { maxLength: 3 }),
    history: fc.array(messages, { maxLength: 3 }),
    metadata,
  },
  { requiredKeys: ['id', 'contextId', 'status', 'artifacts', 'history'] },
);

const ids = { taskId: text, contextId: text, metadata };

const updates: fc.Arbitrary<StreamItem> = fc.oneof(
  fc
    .record({ ...ids, status }, { requiredKeys: ['taskId', 'contextId', 'status'] })
    .map((update): StreamItem => ({ kind: 'status', update })),
  fc
    .record(
      { ...ids, artifact, append: fc.boolean(), lastChunk: fc.boolean() },
      { requiredKeys: ['taskId', 'contextId', 'artifact', 'append', 'lastChunk'] },
    )
    .map((update): StreamItem => ({ kind: 'artifact', update })),
);

function overWire<T>(json: unknown, decode: (json: unknown) => T): T {
  return decode(JSON.parse(JSON.stringify(json)));
}

/** Buffers and plain byte arrays hold the same content. */
function plainBytes<T>(value: T): T {
  if (value instanceof Uint8Array) return [...value] as T;
  if (Array.isArray(value)) return value.map(plainBytes) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainBytes(item)])) as T;
}

test('whatever is encoded decodes to the same', () => {
  const items: fc.Arbitrary<StreamItem> = fc.oneof(
    messages.map((item): StreamItem => ({ kind: 'message', message: item })),
    tasks.map((task): StreamItem => ({ kind: 'task', task })),
    updates,
  );
  fc.assert(
    fc.property(items, (item) => {
      const back = overWire(v1Codec.encodeStreamItem(item), v1Codec.decodeStreamItem);
      assert.deepEqual(plainBytes(back), plainBytes(item));
    }),
  );
  fc.assert(
    fc.property(messages, (sent) => {
      const request = {
        message: { ...sent, role: 'user' as const },
        configuration: { returnImmediately: true, historyLength: 2 },
      };
      assert.deepEqual(plainBytes(overWire(v1Codec.encodeSend(request), v1Codec.decodeSend)), plainBytes(request));
    }),
  );
  fc.assert(
    fc.property(fc.array(tasks, { maxLength: 3 }), (listed) => {
      const page = { tasks: listed, nextPageToken: 'p', pageSize: 50, totalSize: 9 };
      assert.deepEqual(plainBytes(overWire(v1Codec.encodeTaskPage(page), v1Codec.decodeTaskPage)), plainBytes(page));
    }),
  );
});

test('random JSON is read or refused, and never breaks the reader', () => {
  const names = [
    'message',
    'messageId',
    'role',
    'parts',
    'text',
    'raw',
    'data',
    'metadata',
    'task',
    'status',
    'state',
    'id',
  ];
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom('ROLE_USER', 'TASK_STATE_WORKING', '', 'x', null, 0, -1, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(fc.constantFrom(...names, '__proto__', 'constructor', 'toString'), fc.string()),
        tie('value'),
      ),
    ),
  })).value;
  const { decodeSend, decodeGetTask, decodeListTasks, decodeTaskId, decodeStreamItem, decodeTask, decodeTaskPage } =
    v1Codec;
  const decoders = [
    decodeSend,
    decodeGetTask,
    decodeListTasks,
    decodeTaskId,
    decodeStreamItem,
    decodeTask,
    decodeTaskPage,
  ];
  const judge = (json: unknown): void => {
    for (const decode of decoders) {
      try {
        decode(json);
      } catch (thrown) {
        assert.ok(thrown instanceof ParleyError, String(thrown));
        assert.ok(['INVALID_PARAMS', 'INVALID_AGENT_RESPONSE'].includes(thrown.code));
      }
    }
  };
  fc.assert(fc.property(values, judge), { numRuns: 500 });
  fc.assert(fc.property(fc.jsonValue(), judge));
  fc.assert(
    fc.property(values, (content) =>
      judge({ message: { messageId: 'm', role: 'ROLE_USER', parts: [content], metadata: content } }),
    ),
  );
});
