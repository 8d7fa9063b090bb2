import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure } from './harness/format.ts';
import { putLoad } from './harness/load.ts';
import { benchAgent, deployAndWait, type ParleySubject, startNode } from './harness/parley-subject.ts';
import type { Answer, BenchSettings, Question } from './harness/question.ts';
import { SampleBook } from './harness/samples.ts';
import { waitFor } from './harness/subject.ts';
import type { LoadPlan } from './load/load-plan.ts';

const callers = [10, 500];

/** P9: how long it takes to find agents by what they can do, and to have a simple task done, with few and many callers. */
export const discovery: Question = {
  id: 'P9',
  title: 'discovery by capability among 1,000 agents, and a simple task end to end',
  async answer(settings) {
    const agents = settings.quick ? 100 : 1_000;
    const fleet = await startFleet(agents);
    const book = new SampleBook();
    try {
      const node = await startFull(fleet, agents);
      try {
        for (let round = 0; round < settings.rounds; round++) await measureRound(node, book, settings);
      } finally {
        await node.stop();
      }
    } finally {
      await fleet.close();
    }
    return answerOf(book, agents);
  },
};

interface Fleet {
  /** Names all of its agents. */
  readonly file: string;
  close(): Promise<void>;
}

/** A server with so many agents' cards, each with a skill of its own and one that ten share. */
async function startFleet(agents: number): Promise<Fleet> {
  const server: Server = createServer((request, response) => {
    const [, number = '0'] = /^\/agents\/(\d+)\//.exec(request.url ?? '') ?? [];
    response.writeHead(200, { 'content-type': 'application/json', etag: `"${number}"` });
    response.end(JSON.stringify(createCard(Number(number))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-fleet-'));
  const file = join(folder, 'agents.yaml');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entries = Array.from({ length: agents }, (_, n) => ({ id: `agent-${n}`, url: `${base}/agents/${n}` }));
  await writeFile(file, JSON.stringify({ agents: entries }));
  return {
    file,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createCard(number: number): object {
  const skill = (id: string): object => ({
    id,
    name: id,
    description: `Does ${id} for whoever asks.`,
    tags: ['bench'],
  });
  return {
    ...{ name: `Agent ${number}`, description: 'One of many.', version: '1.0.0' },
    supportedInterfaces: [{ url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'] },
    skills: [skill(`only-${number}`), skill(`shared-${number % 100}`)],
  };
}

/** A node that knows the fleet, with the echo agent. */
async function startFull({ file }: Fleet, agents: number): Promise<ParleySubject> {
  const node = await startNode({ registry: { agentsFile: file, pollMs: 3_600_000 } });
  await deployAndWait(node.client, { kind: 'folder', path: benchAgent('echo') });
  await waitFor('all cards to be read', async () => {
    const { length } = await node.client.agents.list({ tag: 'bench', status: 'healthy' });
    return length === agents ? length : undefined;
  });
  return node;
}

type Call = Pick<LoadPlan, 'url' | 'method' | 'headers' | 'body' | 'expect'>;

function createCall(url: string, skill: string, part: object, expect: string): Call {
  const message = { messageId: 'bench-000000000000', role: 'ROLE_USER', parts: [part], metadata: { skill } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } });
  return { url, headers: { 'a2a-version': '1.0' }, body, expect };
}

/** What is asked: the registry, by the API of operators; the same by a task of the fabric's own agent; an agent's task. */
function createCalls(node: ParleySubject): Readonly<Record<string, Call>> {
  const { origin } = new URL(node.url);
  const wanted = { capability: 'shared-7' };
  return {
    discovery: {
      url: `${origin}/api/v1/agents?${new URLSearchParams(wanted)}`,
      method: 'GET',
      headers: { authorization: `Bearer ${node.token}` },
      ...{ body: '', expect: 'agent-7' },
    },
    'discovery by A2A': createCall(node.urlOf('parley'), 'agent_discovery', { data: wanted }, 'agent-7'),
    task: createCall(node.url, 'echo', { text: 'hello, agent' }, 'TASK_STATE_COMPLETED'),
  };
}

async function measureRound(node: ParleySubject, book: SampleBook, settings: BenchSettings): Promise<void> {
  const measureMs = settings.seconds * 1_000;
  for (const connections of callers) {
    for (const [name, call] of Object.entries(createCalls(node))) {
      const result = await putLoad({ ...call, connections, warmUpMs: 1_000, measureMs });
      book.add(`${name} ${connections} p99 ms`, result.p99Ms);
      book.add(`${name} ${connections} per second`, result.perSecond);
      settings.say(`${name}, ${connections} callers: p99 ${figure(result.p99Ms)} ms, ${figure(result.perSecond)}/s`);
    }
  }
}

function answerOf(book: SampleBook, agents: number): Answer {
  const rows = ['discovery', 'discovery by A2A', 'task'].flatMap((name) =>
    callers.map((count) => [
      name,
      String(count),
      figure(book.median(`${name} ${count} p99 ms`)),
      figure(book.median(`${name} ${count} per second`)),
    ]),
  );
  const bars = callers.flatMap((count) => [
    { what: `discovery with ${count} callers, p99 ms`, value: book.median(`discovery ${count} p99 ms`), atMost: 100 },
    { what: `task with ${count} callers, p99 ms`, value: book.median(`task ${count} p99 ms`), atMost: 500 },
  ]);
  return {
    columns: ['call', 'callers', 'p99 ms', 'calls/s'],
    rows,
    bars,
    notes: [
      `Among ${figure(agents)} agents, of which one in a hundred matches. Discovery asks the registry: GET /api/v1/agents?capability=…. By A2A it is a task of the fabric's own agent, journalled like any other, and has no bar of its own.`,
    ],
    samples: book.all(),
  };
}
