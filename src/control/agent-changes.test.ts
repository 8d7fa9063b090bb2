import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, AgentRecord } from '../agents/index.ts';
import { createRegistry, type Endpoint, type Registry } from '../registry/index.ts';
import type { AgentChange } from './agent-changes.ts';
import { type AgentControl, createAgentControl } from './agent-control.ts';
import type { NodeStatus } from './views.ts';

const idle: AgentExecutor = { async *execute() {} };

function createEndpoint(agentId: string, status: Endpoint['status'] = 'healthy'): Endpoint {
  const record: AgentRecord = {
    ...{
      id: agentId,
      name: agentId,
      description: '',
      version: '1',
      packageId: '',
      skills: [],
      defaultSkill: undefined,
    },
    ...{ inputModes: [], outputModes: [], private: false, tags: ['seen'] },
  };
  return { id: `${agentId}-1`, agentId, record, executor: idle, capacity: 2, status };
}

function open(): { registry: Registry; agents: AgentControl } {
  const registry = createRegistry();
  const status = { url: 'http://127.0.0.1:8000' } as NodeStatus;
  return { registry, agents: createAgentControl(registry, () => status) };
}

function show(change: AgentChange | undefined): string {
  if (change === undefined) return 'ended';
  return change.kind === 'gone' ? `${change.id} gone` : `${change.agent.id} ${change.agent.status}`;
}

test('a watch gives what is there, then each change, and nothing about load', async () => {
  const { registry, agents } = open();
  registry.announce(createEndpoint('one'));
  const controller = new AbortController();
  const changes = agents.watch({ tag: 'seen' }, controller.signal)[Symbol.asyncIterator]();
  assert.equal(show((await changes.next()).value), 'one healthy');
  const next = changes.next();
  registry.select('one')?.release();
  registry.announce(createEndpoint('one'));
  registry.announce(createEndpoint('two', 'starting'));
  assert.equal(show((await next).value), 'two starting');
  registry.announce(createEndpoint('two'));
  assert.equal(show((await changes.next()).value), 'two healthy');
  registry.withdraw('one-1');
  assert.equal(show((await changes.next()).value), 'one gone');
  const last = changes.next();
  controller.abort();
  assert.equal((await last).done, true);
});

test('an agent that comes to match or no longer does is told as coming and going', async () => {
  const { registry, agents } = open();
  const controller = new AbortController();
  const changes = agents.watch({ status: 'healthy' }, controller.signal)[Symbol.asyncIterator]();
  const next = changes.next();
  registry.announce(createEndpoint('one', 'starting'));
  registry.announce(createEndpoint('one'));
  assert.equal(show((await next).value), 'one healthy');
  registry.announce(createEndpoint('one', 'failed'));
  assert.equal(show((await changes.next()).value), 'one gone');
  controller.abort();
  await changes.return?.();
});

test('a reader that is slow is told what is, not all that was', async () => {
  const { registry, agents } = open();
  const controller = new AbortController();
  const changes = agents.watch({ id: 'one' }, controller.signal)[Symbol.asyncIterator]();
  const first = changes.next();
  registry.announce(createEndpoint('one'));
  await first;
  for (let n = 0; n < 1_000; n++) registry.announce(createEndpoint('one', n % 2 === 0 ? 'failed' : 'starting'));
  registry.announce(createEndpoint('other'));
  assert.equal(show((await changes.next()).value), 'one starting');
  controller.abort();
  await changes.return?.();
});
