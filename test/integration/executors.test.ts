import { existsSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type AgentExecutor, createRemoteExecutor } from '../../src/agents/index.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import { type AgentCard, decodeCard } from '../../src/protocol/index.ts';
import { type ExecutorSubject, executorContract } from '../../src/testing/index.ts';
import { startNode, untilHealthy } from '../faults/runtime-fixture.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

const agent = { source: { kind: 'folder', path: fixtureAgent('contract') } } as const;
const http = createHttpClient({ allow: { kind: 'public', except: ['127.0.0.1'] } });
const cleanups: (() => Promise<unknown>)[] = [() => http.close()];
let remote: Promise<TestNode> | undefined;

after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function toSubject(executor: AgentExecutor): ExecutorSubject {
  const file = join(mkdtempSync(join(tmpdir(), 'parley-tick-')), 'ticks');
  cleanups.push(() => removeFolder(join(file, '..')));
  return { executor, agentId: 'contract', file, size: () => (existsSync(file) ? statSync(file).size : 0) };
}

executorContract('a worker', {
  async open() {
    const folder = await createTestFolder();
    const { runtime, registry, component } = await startNode(folder);
    cleanups.push(async () => {
      await component.stop(AbortSignal.timeout(5_000));
      await removeFolder(folder);
    });
    const { id } = await runtime.deploy({ ...agent, replicas: 2 });
    await untilHealthy(runtime, id);
    return toSubject(registry.find('contract').executor);
  },
});

/** One node for all that is remote; its agents run as its own user, so that they may write where the test looks. */
function openRemote(): Promise<TestNode> {
  remote ??= (async () => {
    const node = await startTestNode({ settings: { workers: { uids: { mode: 'off' } } } });
    cleanups.push(() => node.close());
    await deployHealthy(node, { ...agent, replicas: 2 });
    return node;
  })();
  return remote;
}

async function readCard({ url }: TestNode, path: string, version?: string): Promise<AgentCard> {
  const headers = version === undefined ? {} : { 'a2a-version': version };
  const response = await fetch(`${url}/a2a/contract/.well-known/${path}`, { headers });
  return decodeCard(await response.json());
}

interface Variant {
  readonly path: string;
  readonly version: string;
  readonly binding: string;
  readonly streaming: boolean;
}

function remoteContract(name: string, { path, version, binding, streaming }: Variant): void {
  executorContract(name, {
    async open() {
      const card = await readCard(await openRemote(), path, version);
      const supportedInterfaces = card.supportedInterfaces.filter((way) => way.protocolBinding === binding);
      const capabilities = { ...card.capabilities, streaming };
      const chosen = { ...card, supportedInterfaces, capabilities };
      const executor = createRemoteExecutor({ http, card: () => chosen, patience: { askPollMs: 200 } });
      return { ...toSubject(executor), hearsAll: streaming };
    },
  });
}

const path = 'agent-card.json';
remoteContract('a server of 1.0 by JSON-RPC', { path, version: '1.0', binding: 'JSONRPC', streaming: true });
remoteContract('a server of 1.0 by HTTP+JSON', { path, version: '1.0', binding: 'HTTP+JSON', streaming: true });
remoteContract('a server of 1.0 that does not stream', { path, version: '1.0', binding: 'JSONRPC', streaming: false });
remoteContract('a server of 0.3 by JSON-RPC', { path, version: '0.3', binding: 'JSONRPC', streaming: true });
remoteContract('a server of 0.3 by HTTP+JSON', { path, version: '0.3', binding: 'HTTP+JSON', streaming: true });
remoteContract('a server of 0.2.6', { path: 'agent.json', version: '0.3', binding: 'JSONRPC', streaming: true });
