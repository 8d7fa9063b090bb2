import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type AgentExecutor, createRemoteExecutor, type RemoteCard } from '../../src/agents/index.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import { openRedis, type RedisClient } from '../../src/drivers/redis/index.ts';
import { untilHealthy as bridgeHealthy, startBridge } from '../bridge/bridge-fixture.ts';
import { startRedis } from '../support/redis-server.ts';
import type { Capability } from '../support/requires.ts';
import { type After, createFolder, startNode, untilHealthy, writePackage } from './runtime-fixture.ts';

/** What goes wrong: each kind of executor has an agent that does it, under that name. */
const faults = ['hangs', 'crashes', 'refuses', 'slow', 'garbage'] as const;
export type Fault = (typeof faults)[number];

/** One way to do an agent's work, with real processes or servers behind it. */
export interface ExecutorKind {
  readonly name: string;
  /** What its tests need on this machine. */
  readonly needs: readonly Capability[];
  /** What nobody tells it of: from here it looks as if the agent hung. */
  readonly silent: readonly Fault[];
  /** An executor that does the fault with whatever it is given. */
  open(fault: Fault, after: After): Promise<AgentExecutor>;
}

const manifest = [
  'name: faulty',
  'version: 1.0.0',
  'runtime: node24',
  'exports:',
  '  - name: do',
  '    type: function',
  '    handler: agent.run',
  '',
].join('\n');

const bodies: Readonly<Record<Fault, string>> = {
  hangs: 'return new Promise(() => {});',
  crashes: "context.status('begun'); process.kill(process.pid, 'SIGKILL'); return new Promise(() => {});",
  refuses: 'return null;',
  slow: "for (let i = 0; i < 4; i++) { await pause(150); context.status('still at it'); } return 'done';",
  garbage: 'writeSync(3, Buffer.alloc(64, 0xff)); return new Promise(() => {});',
};

const worker: ExecutorKind = {
  name: 'a worker',
  needs: [],
  silent: [],
  async open(fault, after) {
    const folder = await createFolder(after);
    const node = await startNode(folder, { workers: { cancelGraceMs: 200 } });
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    const code = `import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function run(input, context) { ${bodies[fault]} }
`;
    const source = await writePackage(folder, 'faulty', { 'agent.yaml': manifest, 'agent.js': code });
    await node.runtime.deploy({ source, deploymentId: 'faulty-1' });
    await untilHealthy(node.runtime, 'faulty-1');
    const { executor } = node.registry.find('faulty');
    if (fault === 'refuses') await node.runtime.stop('faulty-1');
    return executor;
  },
};

type Answer = (request: { readonly method: string; readonly id: unknown }, response: ServerResponse) => void;

const remote: ExecutorKind = {
  name: 'a remote A2A server',
  needs: [],
  silent: [],
  async open(fault, after) {
    const server = createServer((request, response) => void answer(request, response, remoteAnswers[fault]));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const close = (): void => {
      server.close();
      server.closeAllConnections();
    };
    if (fault === 'refuses') close();
    else after(close);
    const http = createHttpClient({ allow: { kind: 'public', except: ['127.0.0.1'] } });
    after(() => http.close());
    const url = `http://127.0.0.1:${port}/`;
    const card: RemoteCard = {
      supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
      capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    };
    const patience = { reconnectMs: 200, cancelWaitMs: 300 };
    return createRemoteExecutor({ http, card: () => card, patience });
  },
};

const remoteAnswers: Readonly<Record<Fault, Answer>> = {
  hangs: ({ method, id }, response) => {
    if (method === 'SendStreamingMessage') sendItem(response, id, { task: remoteTask('TASK_STATE_WORKING') });
    else sendJson(response, id, remoteTask('TASK_STATE_CANCELED'));
  },
  crashes: ({ method, id }, response) => {
    if (method === 'SendStreamingMessage') sendItem(response, id, { task: remoteTask('TASK_STATE_WORKING') });
    setImmediate(() => response.destroy());
  },
  refuses: (_request, response) => void response.destroy(),
  slow: ({ id }, response) => {
    sendItem(response, id, { task: remoteTask('TASK_STATE_WORKING') });
    let sent = 0;
    const timer = setInterval(() => {
      const state = ++sent === 4 ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_WORKING';
      const message = { messageId: `m-${sent}`, role: 'ROLE_AGENT', parts: [{ text: `still at it ${sent}` }] };
      sendItem(response, id, { statusUpdate: { taskId: 'r-1', contextId: 'c-1', status: { state, message } } });
      if (sent < 4) return;
      clearInterval(timer);
      response.end();
    }, 150);
  },
  garbage: (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.alloc(64, 0xff));
  },
};

async function answer(request: IncomingMessage, response: ServerResponse, by: Answer): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  by(JSON.parse(Buffer.concat(chunks).toString()) as Parameters<Answer>[0], response);
}

function sendItem(response: ServerResponse, id: unknown, result: object): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
}

function sendJson(response: ServerResponse, id: unknown, result: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

function remoteTask(state: string): object {
  return { id: 'r-1', contextId: 'c-1', status: { state } };
}

/**
 * The agent has taken its work out of the queue before anything goes wrong: a queue has no connection that breaks. A Redis that
 * is away is waited for, longer than this table has patience.
 */
const redis: ExecutorKind = {
  name: 'a Redis agent',
  needs: ['redis'],
  silent: ['crashes', 'refuses', 'garbage'],
  async open(fault, after) {
    const server = await startRedis({ after });
    const { registry } = await startBridge({ after }, server.url, { staleAfterMs: 600_000 });
    const client = await openRedis({ url: server.url });
    after(() => client.close());
    const heart = { id: 'faulty', type: 'sonnet', capabilities: '["coding"]', status: 'active' };
    const fields = Object.entries({ ...heart, last_heartbeat: localTime() }).flat();
    await client.command('HSET', 'agent:faulty', ...fields);
    await bridgeHealthy(registry, 'faulty');
    const leave = new AbortController();
    after(() => leave.abort());
    if (fault === 'refuses') await server.kill();
    else void workOnce(client, redisAnswers[fault], leave.signal);
    return registry.find('faulty').executor;
  },
};

/** What the agent puts into the reply queue, and after how long. */
const redisAnswers: Readonly<
  Record<Exclude<Fault, 'refuses'>, { afterMs: number; text?: (task: Assignment) => string }>
> = {
  hangs: { afterMs: 0 },
  crashes: { afterMs: 0 },
  slow: { afterMs: 600, text: createResult },
  garbage: { afterMs: 0, text: () => '\u0000{not json' },
};

interface Assignment {
  readonly from_agent: string;
  readonly payload: { readonly task_id: string };
}

async function workOnce(
  client: RedisClient,
  { afterMs, text }: (typeof redisAnswers)['hangs'],
  signal: AbortSignal,
): Promise<void> {
  const queue = client.openBlocking();
  try {
    const taken = (await queue.run(signal, 'BRPOP', 'queue:faulty', 0)) as readonly [string, string];
    const task = JSON.parse(taken[1]) as Assignment;
    await pause(afterMs, undefined, { signal });
    if (text) await client.command('LPUSH', `queue:${task.from_agent}`, text(task));
  } catch {
    // The test is over.
  } finally {
    queue.close();
  }
}

function createResult({ from_agent, payload: { task_id } }: Assignment): string {
  const timestamp = localTime();
  const payload = {
    task_id,
    original_task_id: task_id,
    status: 'completed',
    result: 'done',
    processed_by: 'faulty',
    timestamp,
  };
  return JSON.stringify({
    ...{ id: 'answer-1', type: 'task_result', from_agent: 'faulty', to_agent: from_agent, timestamp },
    ...{ payload, retry_count: 0 },
  });
}

/** Without a zone, as these agents write it. */
function localTime(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** All there are. A new kind gets an entry here and runs through the whole table. */
export const executorKinds: readonly ExecutorKind[] = [worker, remote, redis];
