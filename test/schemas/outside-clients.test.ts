import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import {
  createHttpRegistry,
  createRecordCodec,
  type RecordCodec,
  readOwnSubjects,
} from '../../src/log/schema/index.ts';
import { projectFolder } from '../support/project.ts';
import { confluentPython, requires } from '../support/requires.ts';
import { startTestNode, type TestNode } from '../support/test-node.ts';

let node: TestNode;

before(async () => {
  node = await startTestNode();
});

after(() => node.close());

const [requests] = readOwnSubjects();
assert.ok(requests);
const request = { task_id: 't', requester_id: 'r', description: 'd', proposed_cost: 7.5, priority: 3, timestamp: 1 };

function registryOf({ url, token }: TestNode): ReturnType<typeof createHttpRegistry> {
  const http = createHttpClient({ allow: { kind: 'origins', origins: [new URL(url).origin] } });
  return createHttpRegistry({ url: `${url.replace('://', `://operator:${token}@`)}/schema-registry`, http });
}

async function withCodec<T>(use: (codec: RecordCodec) => Promise<T>): Promise<T> {
  const registry = registryOf(node);
  try {
    return await use(createRecordCodec(registry));
  } finally {
    await registry.close();
  }
}

const encodeRequest = (): Promise<Buffer> =>
  withCodec(async (codec) => (await codec.encoderFor(requests.subject, requests.schema)).encode(request));

function createKafkajsClient(): SchemaRegistry {
  const auth = { username: 'operator', password: node.token };
  return new SchemaRegistry({ host: `${node.url}/schema-registry`, auth, retry: { retries: 0 } });
}

test("kafkajs' client registers, is refused, and reads what we wrote as we read what it wrote", async () => {
  const client = createKafkajsClient();
  const schema = (...fields: readonly object[]): { type: SchemaType.AVRO; schema: string } => ({
    type: SchemaType.AVRO,
    schema: JSON.stringify({ type: 'record', name: 'Step', namespace: 'a.b', fields }),
  });
  const text = { name: 'text', type: 'string' };
  const options = { subject: 'kafkajs-value', compatibility: COMPATIBILITY.FULL };
  const { id } = await client.register(schema(text), options);
  assert.equal((await client.register(schema(text), options)).id, id);
  assert.equal(await client.getRegistryId('kafkajs-value', 1), id);
  assert.equal(await client.getLatestSchemaId('kafkajs-value'), id);
  assert.equal(await client.getRegistryIdBySchema('kafkajs-value', schema(text)), id);
  await assert.rejects(client.register(schema({ name: 'n', type: 'int' }), options), /incompatible/);

  const decoded = await client.decode(await encodeRequest());
  assert.deepEqual({ ...decoded }, request);
  const theirs = await client.encode(id, { text: 'é' });
  const read = await withCodec((codec) => codec.decode(theirs));
  assert.deepEqual([read.schemaId, { ...(read.value as object) }], [id, { text: 'é' }]);
});

interface PythonAnswer {
  readonly ids: readonly [number, number];
  readonly theirs: string;
  readonly ours: unknown;
  readonly [key: string]: unknown;
}

test("Confluent's own client, in Python, does the same", requires('confluent-kafka'), async () => {
  const program = join(projectFolder, 'test', 'schemas', 'confluent_client.py');
  const ours = (await encodeRequest()).toString('hex');
  const args = [program, `${node.url}/schema-registry`, node.token, ours];
  const { stdout } = await promisify(execFile)(confluentPython(), args, { timeout: 60_000 });
  const { ids, theirs, ...answer } = JSON.parse(stdout) as PythonAnswer;
  assert.deepEqual(answer, {
    again: ids[0],
    versions: [1, 2],
    latest: [2, ids[1]],
    looked_up: 1,
    fits: true,
    does_not_fit: false,
    level: 'FULL',
    refused: {
      incompatible: [409, 409],
      invalid: [422, 42201],
      'no subject': [404, 40401],
      'no version': [404, 40402],
    },
    ours: request,
    deleted: [1, 2],
  });
  const read = await withCodec((codec) => codec.decode(Buffer.from(theirs, 'hex')));
  assert.deepEqual([read.schemaId, { ...(read.value as object) }], [ids[1], { id: 'j-1', note: 'é' }]);
});

test('who is not the operator may read schemas, and change none', async () => {
  const root = `${node.url}/schema-registry`;
  const body = JSON.stringify({ schema: requests.schema });
  assert.equal((await fetch(`${root}/subjects/task-requests-value/versions/1`)).status, 200);
  assert.equal((await fetch(`${root}/subjects/task-requests-value`, { method: 'POST', body })).status, 200);
  const changes = [
    ['POST', '/subjects/x/versions'],
    ['DELETE', '/subjects/task-requests-value'],
    ['DELETE', '/subjects/task-requests-value/versions/1'],
    ['PUT', '/config'],
    ['PUT', '/config/x'],
    ['DELETE', '/config'],
    ['PUT', '/mode'],
    ['DELETE', '/mode/x'],
  ] as const;
  for (const [method, path] of changes) {
    const answer = await fetch(root + path, { method, body });
    assert.equal(answer.status, 401, `${method} ${path}`);
    assert.equal(((await answer.json()) as { error_code: number }).error_code, 401);
  }
});
