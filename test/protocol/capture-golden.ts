/**
 * Writes test/protocol/golden/*.json anew: what the official clients send for each operation, as it leaves them. `npm run golden`
 * starts a node, lets the clients call it and keeps their requests, which it then sends to the official servers, whose answers it keeps. PARLEY_TEST_A2A_PYTHON and PARLEY_TEST_OLD_A2A_PYTHON name the
 * interpreters that have the Python clients.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Part, SendMessageRequest } from '@a2a-js/sdk';
import { A2AClient as OldestClient } from 'a2a-sdk-0.2/client';
import type { MessageSendParams, Part as OldPart } from 'a2a-sdk-0.3';
import * as old from 'a2a-sdk-0.3/client';
import { projectFolder } from '../support/project.ts';
import { a2aPython, oldA2aPython } from '../support/requires.ts';
import { collect, connectSdk, sdkBindings, sdkTask } from '../support/sdk-client.ts';
import { deployHealthy, fixtureAgent, startTestNode } from '../support/test-node.ts';
import { captureAnswers } from './capture-answers.ts';
import type { GoldenRequest } from './golden-request.ts';

const node = await startTestNode();
const url = `${node.url}/a2a/node-tester`;
const webhook = 'https://example.com/hook';
const bytes = Buffer.from([0, 1, 254, 255]);
const seen: GoldenRequest[] = [];

const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const path = request.url.slice(url.length);
  const body = init?.body === undefined || init.body === null ? undefined : JSON.parse(String(init.body));
  const version = request.headers.get('a2a-version') ?? undefined;
  if (!path.startsWith('/.well-known')) {
    seen.push({ verb: request.method, path, ...(version !== undefined && { version }), ...(body && { body }) });
  }
  return realFetch(input, init);
};

try {
  await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('node') } });
  for (const binding of sdkBindings) await capture(`1.0-${binding.name}`, () => callNew(binding));
  for (const transport of [new old.JsonRpcTransportFactory(), new old.RestTransportFactory()]) {
    await capture(`0.3-${transport.protocolName}`, () => callOld(transport));
  }
  await capture('0.2-JSONRPC', callOldest);
  for (const binding of ['JSONRPC', 'HTTP+JSON']) {
    await capture(`python-1.0-${binding}`, () => callPython(a2aPython(), 'call_current.py', binding));
  }
  await capture('python-0.2-JSONRPC', () => callPython(oldA2aPython(), 'call_old.py'));
} finally {
  await node.close();
}
await captureAnswers();

async function capture(name: string, call: () => Promise<void>): Promise<void> {
  seen.length = 0;
  await call();
  const file = join(projectFolder, 'test/protocol/golden', `${name.replace('+', '-').toLowerCase()}.json`);
  await writeFile(file, `${JSON.stringify(seen, undefined, 2)}\n`);
  process.stdout.write(`${file}: ${seen.length} requests\n`);
}

async function callNew(binding: (typeof sdkBindings)[number]): Promise<void> {
  const client = await connectSdk(url, binding);
  const parts: Part[] = [
    { content: { $case: 'data', value: { a: 1, b: 2 } }, metadata: { note: 'n' }, filename: '', mediaType: '' },
    { content: { $case: 'text', value: 'hello' }, metadata: undefined, filename: '', mediaType: 'text/plain' },
    {
      content: { $case: 'raw', value: bytes },
      metadata: undefined,
      filename: 'a.bin',
      mediaType: 'application/x-test',
    },
    { content: { $case: 'url', value: 'https://example.com/a' }, metadata: undefined, filename: '', mediaType: '' },
  ];
  const message = { messageId: 'm-1', role: 'ROLE_USER', metadata: { skill: 'object' }, contextId: 'c-1' };
  const configuration = { acceptedOutputModes: ['text/plain'], historyLength: 3 };
  const request = SendMessageRequest.fromJSON({ message, configuration, metadata: { trace: 't' } });
  const whole = { ...request, message: { ...(request.message as object), parts } } as SendMessageRequest;
  const { id } = sdkTask(await client.sendMessage(whole));
  await collect(client.sendMessageStream(whole));
  await client.getTask({ tenant: '', id, historyLength: 2 });
  await client.listTasks({
    ...{ tenant: '', contextId: 'c-1', status: 3, pageToken: '', pageSize: 5, historyLength: 1 },
    ...{ statusTimestampAfter: undefined, includeArtifacts: true },
  });
  const config = { tenant: '', taskId: id, id: 'w-1', url: webhook, token: 'tkn' };
  await client.createTaskPushNotificationConfig({
    ...config,
    authentication: { scheme: 'Bearer', credentials: 'crd' },
  });
  await client.getTaskPushNotificationConfig({ tenant: '', taskId: id, id: 'w-1' });
  await client.listTaskPushNotificationConfig({ tenant: '', taskId: id, pageSize: 10, pageToken: '' });
  await client.deleteTaskPushNotificationConfig({ tenant: '', taskId: id, id: 'w-1' });
  await client.cancelTask({ tenant: '', id, metadata: { why: 'w' } }).catch(() => {});
  await collect(client.resubscribeTask({ tenant: '', id })).catch(() => {});
}

function createOldSend(): MessageSendParams {
  const parts: OldPart[] = [
    { kind: 'data', data: { a: 1, b: 2 }, metadata: { note: 'n' } },
    { kind: 'text', text: 'hello' },
    { kind: 'file', file: { bytes: bytes.toString('base64'), name: 'a.bin', mimeType: 'application/x-test' } },
    { kind: 'file', file: { uri: 'https://example.com/a', mimeType: 'text/html' } },
  ];
  const metadata = { skill: 'object' };
  const message = {
    kind: 'message' as const,
    messageId: 'm-1',
    role: 'user' as const,
    contextId: 'c-1',
    parts,
    metadata,
  };
  return { message, configuration: { acceptedOutputModes: ['text/plain'], historyLength: 3, blocking: true } };
}

async function callOld(transport: old.JsonRpcTransportFactory | old.RestTransportFactory): Promise<void> {
  const factory = old.ClientFactoryOptions.createFrom(old.ClientFactoryOptions.default, {
    transports: [transport],
    preferredTransports: [transport.protocolName],
  });
  const client = await new old.ClientFactory(factory).createFromUrl(`${url}/`);
  const answer = await client.sendMessage(createOldSend());
  const id = answer.kind === 'task' ? answer.id : '';
  await collect(client.sendMessageStream(createOldSend()));
  await client.getTask({ id, historyLength: 2 });
  const authentication = { schemes: ['Bearer'], credentials: 'crd' };
  const config = { id: 'w-1', url: webhook, token: 'tkn', authentication };
  await client.setTaskPushNotificationConfig({ taskId: id, pushNotificationConfig: config });
  const named: object = { id, pushNotificationConfigId: 'w-1' };
  await client.getTaskPushNotificationConfig(named as Parameters<typeof client.getTaskPushNotificationConfig>[0]);
  await client.listTaskPushNotificationConfig({ id });
  await client.deleteTaskPushNotificationConfig({ id, pushNotificationConfigId: 'w-1' });
  await client.cancelTask({ id }).catch(() => {});
  await collect(client.resubscribeTask({ id })).catch(() => {});
}

async function callOldest(): Promise<void> {
  const client = new OldestClient(url);
  const params = createOldSend() as Parameters<typeof client.sendMessage>[0];
  const answer = (await client.sendMessage(params)) as { result?: { id?: string } };
  const id = answer.result?.id ?? '';
  await collect(client.sendMessageStream(params));
  await client.getTask({ id, historyLength: 2 });
  await client.setTaskPushNotificationConfig({ taskId: id, pushNotificationConfig: { url: webhook } });
  await client.getTaskPushNotificationConfig({ id });
  await client.cancelTask({ id });
  await collect(client.resubscribeTask({ id })).catch(() => {});
}

async function callPython(python: string, program: string, ...args: readonly string[]): Promise<void> {
  const path = join(projectFolder, 'test/protocol/python', program);
  const { stdout } = await promisify(execFile)(python, [path, url, ...args], { timeout: 60_000 });
  seen.push(...(JSON.parse(stdout) as GoldenRequest[]));
}
