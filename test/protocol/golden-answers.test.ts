import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ParleyError } from '../../src/base/index.ts';
import {
  type ClientCodec,
  createSseParser,
  type OperationName,
  type Part,
  parseJsonRpcError,
  parseWireError,
  type StreamItem,
  v1Codec,
  v03Client,
  v03RestClient,
} from '../../src/protocol/index.ts';
import type { GoldenAnswer } from './golden-answer.ts';
import { readRequest } from './read-golden.ts';

const folder = join(import.meta.dirname, 'golden/answers');

/** What the agent behind every server says. */
const parts: readonly Part[] = [
  { data: { sum: 42 } },
  { text: 'hello' },
  { raw: new Uint8Array([0, 1, 254, 255]), filename: 'a.bin', mediaType: 'application/x-test' },
  { url: 'https://example.com/a', mediaType: 'text/html' },
];

/** An answer as our client takes it. */
interface Taken {
  readonly operation: OperationName;
  readonly client: ClientCodec;
  /** Results, one or those of a stream. */
  readonly results: readonly unknown[];
  readonly error: ParleyError | undefined;
}

function take({ request, status, contentType, text }: GoldenAnswer): Taken {
  const { codec, binding, operation } = readRequest(request);
  const isRpc = binding === 'json-rpc';
  const client = codec.version === '1.0' ? v1Codec : isRpc ? v03Client : v03RestClient;
  const bodies = (contentType.startsWith('text/event-stream') ? readEvents(text) : [text]).map(
    (body) => JSON.parse(body) as Record<string, unknown>,
  );
  const failed = bodies.find((body) => 'error' in body || (status >= 400 && 'code' in body));
  const parse = (): ParleyError =>
    isRpc ? parseJsonRpcError(failed?.['error']) : parseWireError({ status, body: failed });
  const results = failed ? [] : bodies.map((body) => (isRpc ? body['result'] : body));
  return { operation: operation.name, client, results, error: failed && parse() };
}

function readEvents(text: string): readonly string[] {
  const events: string[] = [];
  createSseParser(({ data }) => events.push(data)).push(text);
  return events;
}

/** Without the fields that a server sends with their defaults. */
function plain(given: readonly Part[]): readonly object[] {
  return given.map((part) => {
    const said = Object.entries(part).filter(([name, value]) => name !== 'metadata' && value !== '');
    const readable = said.map(([name, value]) => [name, name === 'raw' ? [...(value as Uint8Array)] : value]);
    return Object.fromEntries(readable) as object;
  });
}

/** The server of 0.3 leaves the names of files out over HTTP+JSON. */
function expectedParts(file: string): readonly object[] {
  const whole = plain(parts);
  return file === '0.3-http-json.json'
    ? whole.map(({ filename: _name, ...part }: { filename?: string }) => part)
    : whole;
}

function partsOf(items: readonly StreamItem[]): readonly Part[] {
  return items.flatMap((item) => (item.kind === 'artifact' ? item.update.artifact.parts : []));
}

function statesOf(items: readonly StreamItem[]): readonly string[] {
  return items.flatMap((item) =>
    item.kind === 'task' ? item.task.status.state : item.kind === 'status' ? item.update.status.state : [],
  );
}

for (const file of readdirSync(folder)) {
  const answers = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenAnswer[];
  const taken = answers.map(take);
  const find = (name: OperationName): Taken => {
    const found = taken.find(({ operation }) => operation === name);
    assert.ok(found, `${file} has no ${name}`);
    return found;
  };

  test(`${file}: our client reads the task that the official server answers, when it is sent, got and listed`, () => {
    const sent = find('sendMessage');
    const item = sent.client.decodeStreamItem(sent.results[0]);
    assert.ok(item.kind === 'task');
    const got = find('getTask');
    const tasks = [item.task, got.client.decodeTask(got.results[0])];
    if (!/(^|-)0\./.test(file)) {
      const listed = find('listTasks');
      tasks.push(...listed.client.decodeTaskPage(listed.results[0]).tasks.filter(({ id }) => id === item.task.id));
      assert.equal(tasks.length, 3);
    }
    for (const task of tasks) {
      assert.deepEqual([task.id, task.contextId, task.status.state], [item.task.id, 'c-1', 'completed']);
      assert.deepEqual(plain(task.artifacts.flatMap((artifact) => artifact.parts)), expectedParts(file));
      assert.deepEqual(
        task.artifacts.map(({ artifactId, name }) => [artifactId, name]),
        [['a-1', 'answer']],
      );
    }
  });

  test(`${file}: our client reads the official server's stream, event by event`, () => {
    const { client, results } = find('streamMessage');
    const items = results.map((result) => client.decodeStreamItem(result));
    assert.deepEqual(statesOf(items), ['submitted', 'working', 'completed']);
    assert.deepEqual(plain(partsOf(items)), expectedParts(file));
    const [said] = items.flatMap((item) =>
      item.kind === 'status' && item.update.status.message ? [item.update.status.message] : [],
    );
    assert.deepEqual([said?.role, said && plain(said.parts)], ['agent', [{ text: 'on it' }]]);
  });

  test(`${file}: our client knows what the official server refuses`, () => {
    const canceled = find('cancelTask');
    // The Python server of 0.2 cancels what has ended.
    if (file.startsWith('python-0.2'))
      assert.equal(canceled.client.decodeTask(canceled.results[0]).status.state, 'canceled');
    else assert.equal(canceled.error?.code, 'TASK_NOT_CANCELABLE');
    const subscribed = taken.find(({ operation }) => operation === 'subscribeToTask');
    if (subscribed?.error) assert.equal(subscribed.error.code, 'UNSUPPORTED_OPERATION');
    for (const result of subscribed?.results ?? []) {
      assert.deepEqual(statesOf([(subscribed as Taken).client.decodeStreamItem(result)]), ['completed']);
    }
  });
}
