import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sdk from '@a2a-js/sdk';
import type { JsonObject } from '../../base/index.ts';
import { type Message, type Task, taskStates } from '../model.ts';
import { v1Codec } from './codec.ts';

const message: Message = {
  messageId: 'm-1',
  role: 'agent',
  contextId: 'c-1',
  taskId: 't-1',
  parts: [
    { text: 'hello', metadata: { tone: 'kind' } },
    { data: { rows: [1, 2.5, null] }, mediaType: 'application/json' },
    { raw: Buffer.from('a,b\n1,2\n'), filename: 'table.csv', mediaType: 'text/csv' },
    { url: 'https://example.com/chart.svg', filename: 'chart.svg' },
  ],
  metadata: { skill: 'analyse' },
  extensions: ['https://example.com/ext'],
  referenceTaskIds: ['t-0'],
};

const task: Task = {
  id: 't-1',
  contextId: 'c-1',
  status: { state: 'auth-required', message, timestamp: '2026-01-31T12:00:00.123Z' },
  artifacts: [{ artifactId: 'a-1', name: 'report', description: 'a report', parts: message.parts }],
  history: [message],
  metadata: { a: 1 },
};

interface SdkCodec<T> {
  fromJSON(json: unknown): T;
  toJSON(value: T): unknown;
}

/** What the official SDK understood of our JSON, written by the SDK. */
function throughSdk<T>(codec: SdkCodec<T>, json: JsonObject): unknown {
  return JSON.parse(JSON.stringify(codec.toJSON(codec.fromJSON(JSON.parse(JSON.stringify(json))))));
}

test('the official SDK reads everything that we write, and writes it the same', () => {
  const update = { taskId: 't-1', contextId: 'c-1', metadata: { a: 1 } };
  const artifact = { artifactId: 'a-1', parts: message.parts };
  const items = [
    v1Codec.encodeStreamItem({ kind: 'task', task }),
    v1Codec.encodeStreamItem({ kind: 'message', message }),
    v1Codec.encodeStreamItem({ kind: 'status', update: { ...update, status: task.status } }),
    v1Codec.encodeStreamItem({ kind: 'artifact', update: { ...update, artifact, append: true, lastChunk: true } }),
    v1Codec.encodeStreamItem({ kind: 'artifact', update: { ...update, artifact, append: false, lastChunk: false } }),
  ];
  for (const item of items) {
    assert.deepEqual(throughSdk(sdk.StreamResponse, item), JSON.parse(JSON.stringify(item)));
  }
  const page = v1Codec.encodeTaskPage({ tasks: [task], nextPageToken: 'p', pageSize: 10, totalSize: 11 });
  assert.deepEqual(throughSdk(sdk.ListTasksResponse, page), JSON.parse(JSON.stringify(page)));
});

test('the official SDK reads every state by its name', () => {
  for (const state of taskStates) {
    const encoded = v1Codec.encodeTask({ ...task, status: { state, timestamp: '' } });
    const name = (encoded['status'] as JsonObject)['state'];
    assert.equal(sdk.taskStateToJSON(sdk.taskStateFromJSON(name)), name);
    assert.notEqual(sdk.taskStateFromJSON(name), sdk.TaskState.UNRECOGNIZED);
  }
});

test('a send that the official SDK writes is read as it was meant', () => {
  const written = sdk.SendMessageRequest.toJSON({
    tenant: '',
    message: {
      messageId: 'm-1',
      contextId: '',
      taskId: 't-1',
      role: sdk.Role.ROLE_USER,
      parts: [
        { content: { $case: 'text', value: 'hello' }, metadata: undefined, filename: '', mediaType: '' },
        { content: { $case: 'data', value: [1] }, metadata: { a: 1 }, filename: '', mediaType: '' },
        { content: { $case: 'raw', value: Buffer.from('hi') }, metadata: undefined, filename: 'f', mediaType: 't/p' },
        { content: { $case: 'url', value: 'https://example.com' }, metadata: undefined, filename: '', mediaType: '' },
      ],
      metadata: { skill: 's' },
      extensions: [],
      referenceTaskIds: ['t-0'],
    },
    configuration: {
      acceptedOutputModes: ['text/plain'],
      taskPushNotificationConfig: undefined,
      historyLength: 0,
      returnImmediately: true,
    },
    metadata: { trace: 'x' },
  });
  assert.deepEqual(v1Codec.decodeSend(JSON.parse(JSON.stringify(written))), {
    message: {
      messageId: 'm-1',
      taskId: 't-1',
      role: 'user',
      parts: [
        { text: 'hello' },
        { data: [1], metadata: { a: 1 } },
        { raw: Buffer.from('hi'), filename: 'f', mediaType: 't/p' },
        { url: 'https://example.com' },
      ],
      metadata: { skill: 's' },
      referenceTaskIds: ['t-0'],
    },
    configuration: { acceptedOutputModes: ['text/plain'], historyLength: 0, returnImmediately: true },
    metadata: { trace: 'x' },
  });
});

test('a card means the same to the official SDK', () => {
  const card = v1Codec.encodeCard({
    name: 'analyst',
    description: 'Answers statistics.',
    version: '1.0.0',
    supportedInterfaces: [
      { url: 'http://127.0.0.1:8000/a2a/analyst', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    ],
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    defaultInputModes: ['text/csv'],
    defaultOutputModes: ['application/json'],
    skills: [{ id: 'analyse', name: 'Analyse', description: 'Statistics', tags: ['csv'] }],
  });
  assert.deepEqual(throughSdk(sdk.AgentCard, card), card);
});
