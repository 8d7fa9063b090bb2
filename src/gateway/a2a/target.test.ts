import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../registry/index.ts';
import { resolveForOperation } from './target.ts';

const registry = createRegistry();

test('the tasks of an agent that is gone can be got, followed and cancelled: whether there are any is not said here', () => {
  for (const operation of ['getTask', 'subscribeToTask', 'cancelTask']) {
    assert.deepEqual(resolveForOperation(registry, 'gone', operation), { agentId: 'gone', endpointId: undefined });
  }
});

test('nothing else can be asked of an agent that is not there, and nothing at all of what is no id', () => {
  for (const operation of ['sendMessage', 'listTasks', 'createPushConfig']) {
    assert.throws(() => resolveForOperation(registry, 'gone', operation), { code: 'AGENT_NOT_FOUND' });
  }
  assert.throws(() => resolveForOperation(registry, '../gone', 'getTask'), { code: 'AGENT_NOT_FOUND' });
});
