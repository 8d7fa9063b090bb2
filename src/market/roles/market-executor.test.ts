import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Invocation } from '../../agents/index.ts';
import { hasCode, type JsonObject } from '../../base/index.ts';
import type { Market, MarketRequest } from '../port.ts';
import { createMarketExecutor } from './market-executor.ts';

/** What the market is asked for by a call; rejects when the call is refused. */
async function ask(data: JsonObject, caller: Partial<Invocation['caller']> = {}): Promise<MarketRequest> {
  const asked: MarketRequest[] = [];
  const seen = new Error('seen');
  const market = {
    request(request: MarketRequest) {
      asked.push(request);
      return Promise.reject(seen);
    },
  } as unknown as Market;
  const invocation = {
    ...{ id: 'call-1', parts: [{ data }], signal: AbortSignal.timeout(10_000), deadlineAtMs: undefined },
    caller: { id: 'anonymous', roles: [], path: [], ...caller },
    trace: { correlationId: 'c-1' },
    task: { id: 'task-1' },
  } as unknown as Invocation;
  const events = createMarketExecutor(async () => market).execute(invocation);
  try {
    for await (const _event of events);
  } catch (thrown) {
    if (thrown !== seen) throw thrown;
  }
  const [request] = asked;
  assert.ok(request);
  return request;
}

test('a message becomes a request under the id of its call, with what the data part says', async () => {
  const { taskId, causationId, description, budget, requiredCapabilities, input, trace } = await ask({
    ...{ description: 'Count', budget: 9, required_capabilities: ['count'], input: { of: 3 } },
  });
  assert.deepEqual(
    { taskId, causationId, description, budget, requiredCapabilities, input, correlationId: trace?.correlationId },
    {
      ...{ taskId: 'call-1', causationId: 'task-1', description: 'Count', budget: 9, requiredCapabilities: ['count'] },
      ...{ input: [{ data: { of: 3 } }], correlationId: 'c-1' },
    },
  );
});

test('nobody asks under the name of an agent but the agent itself, and operators', async () => {
  const data = { description: 'Count', requester: 'shop' };
  const isDenied = (thrown: unknown): boolean => hasCode(thrown, 'PERMISSION_DENIED');
  await assert.rejects(ask(data), isDenied);
  await assert.rejects(ask(data, { id: 'operator', path: ['thief'] }), isDenied);
  assert.equal((await ask(data, { path: ['front', 'shop'] })).requesterId, 'shop');
  assert.equal((await ask(data, { id: 'operator' })).requesterId, 'shop');
  assert.equal((await ask(data, { id: 'key:ci', roles: ['operator'] })).requesterId, 'shop');
});

test('a field of another type is refused by its name', async () => {
  await assert.rejects(
    ask({ description: 'Count', budget: '9' }),
    (thrown) => hasCode(thrown, 'INVALID_PARAMS') && thrown.message.includes('"budget"'),
  );
});
