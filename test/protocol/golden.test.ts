import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeGetQuery, decodeListQuery, type OperationName } from '../../src/protocol/index.ts';
import type { GoldenRequest } from './golden-request.ts';
import { asObject, type Reading, readRequest } from './read-golden.ts';

const folder = join(import.meta.dirname, 'golden');
const common: readonly OperationName[] = [
  'sendMessage',
  'streamMessage',
  'getTask',
  'cancelTask',
  'subscribeToTask',
  'createPushConfig',
  'getPushConfig',
];
const covered: Readonly<Record<string, readonly OperationName[]>> = {
  '0.2': common,
  '0.3': [...common, 'listPushConfigs', 'deletePushConfig'],
  '1.0': [...common, 'listPushConfigs', 'deletePushConfig', 'listTasks'],
  // This client cannot go on with a stream.
  'python-0.2': common.filter((name) => name !== 'subscribeToTask'),
};

function coverageOf(file: string): readonly OperationName[] {
  const [client = '', version = ''] = /^(?:python-)?(\d\.\d)/.exec(file) ?? [];
  return covered[client] ?? covered[version] ?? [];
}

const decoders: Readonly<Record<OperationName, (reading: Reading) => unknown>> = {
  sendMessage: ({ codec, params }) => codec.decodeSend(params),
  streamMessage: ({ codec, params }) => codec.decodeSend(params),
  getTask: ({ codec, params, query }) =>
    query.size > 0 ? decodeGetQuery(codec, String(params['id']), query) : codec.decodeGetTask(params),
  listTasks: ({ codec, params, query }) =>
    query.size > 0 ? decodeListQuery(codec, query) : codec.decodeListTasks(params),
  cancelTask: ({ codec, params }) => codec.decodeTaskId(params),
  subscribeToTask: ({ codec, params }) => codec.decodeTaskId(params),
  createPushConfig: ({ codec, params }) => codec.push.decodeCreate(params),
  getPushConfig: ({ codec, params }) => codec.push.decodeId(params),
  listPushConfigs: ({ codec, params }) => codec.push.decodeList(params),
  deletePushConfig: ({ codec, params }) => codec.push.decodeId(params),
  getExtendedCard: () => undefined,
};

/** The message as the codec writes it, out of the answer that has it. */
function rewrite({ codec }: Reading, params: object): unknown {
  const { message } = codec.decodeSend(params);
  const written = JSON.parse(JSON.stringify(codec.encodeStreamItem({ kind: 'message', message }))) as object;
  const [first] = Object.values(written);
  return 'messageId' in written ? written : first;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const requests = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenRequest[];
  const readings = requests.map(readRequest);

  test(`${file}: every operation of the version is there, and each request is read as what it is`, () => {
    const names = readings.map(({ operation }) => operation.name);
    assert.deepEqual([...new Set(names)].sort(), [...coverageOf(file)].sort());
    for (const reading of readings) {
      const decoded = JSON.stringify(decoders[reading.operation.name](reading));
      const { params } = reading;
      const ids = [params['id'], params['taskId']].filter((id) => id !== undefined && id !== '');
      for (const id of ids) assert.ok(decoded.includes(String(id)), `${reading.operation.name}: ${decoded}`);
    }
  });

  test(`${file}: the client's message goes back to it as it wrote it, whatever else is in it`, () => {
    const sends = readings.filter(({ operation }) => /^(send|stream)Message$/.test(operation.name));
    assert.equal(sends.length, 2);
    for (const reading of sends) {
      const message = asObject(reading.params['message']);
      assert.deepEqual(rewrite(reading, reading.params), message);
      const more = { ...message, 'x-unknown': { deep: [1] } };
      assert.deepEqual(rewrite(reading, { ...reading.params, message: more }), more);
    }
  });

  test(`${file}: a webhook is read with its secrets, and written without them`, () => {
    const created = readings.find(({ operation }) => operation.name === 'createPushConfig');
    assert.ok(created);
    const { taskId, config } = created.codec.push.decodeCreate(created.params);
    assert.equal(config.url, 'https://example.com/hook');
    const isWhole = !/^(python-)?0\.2/.test(file);
    assert.deepEqual(config.authentication, isWhole ? { scheme: 'Bearer', credentials: 'crd' } : undefined);
    const written = JSON.stringify(created.codec.push.encode({ taskId, id: 'w-1', url: config.url }));
    assert.ok(written.includes('https://example.com/hook') && written.includes(taskId));
  });
}
