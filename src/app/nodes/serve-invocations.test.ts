import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentRecord, Invocation } from '../../agents/index.ts';
import { createRegistry } from '../../registry/index.ts';
import { createCallTokens, createChainsInFlight } from '../../security/index.ts';
import { createManualClock } from '../../testing/index.ts';
import type { InnerCall } from './inner-door.ts';
import { InvocationService } from './serve-invocations.ts';
import { chainHeader, innerPaths } from './wire.ts';

const record: AgentRecord = {
  ...{ id: 'a', name: 'a', description: '', version: '1.0.0', packageId: '', skills: [] },
  ...{ defaultSkill: undefined, inputModes: [], outputModes: [], private: false },
};

test('a deadline is as far away as the calling node meant, however the clocks of the two differ', async () => {
  const clock = createManualClock();
  const callTokens = createCallTokens('the key of this fabric');
  const registry = createRegistry({ clock });
  const seen: Invocation[] = [];
  const executor = {
    async *execute(invocation: Invocation) {
      seen.push(invocation);
      yield { kind: 'end', state: 'completed' } as const;
    },
  };
  registry.announce({ id: 'dep', agentId: 'a', record, executor, capacity: 1, status: 'healthy' });
  const service = new InvocationService({
    ...{ registry, callTokens, chains: createChainsInFlight(), clock, maxWaiting: 1 },
  });
  service.admit({ cancelStarted: () => {}, obey: async () => undefined });

  // The other node's clock is 30 s behind this one's, and it gives the work ten seconds.
  const aheadMs = 30_000;
  const deadlineAtMs = clock.now() - aheadMs + 10_000;
  const chain = { origin: 'me', path: ['a'], invocationId: 'i', deadlineAtMs, correlationId: 'c' };
  const call: InnerCall = {
    from: 'other',
    aheadMs,
    body: { id: 'i', agentId: 'a', endpointId: 'dep', parts: [], deadlineAtMs, trace: { correlationId: 'c' } },
    headers: { [chainHeader]: callTokens.sign(chain) },
    signal: new AbortController().signal,
  };
  const lines = service.handlers[innerPaths.invoke]?.(call);
  assert.ok(lines && Symbol.asyncIterator in lines);
  for await (const _line of lines);

  const here = clock.now() + 10_000;
  assert.deepEqual(
    seen.map((invocation) => [invocation.deadlineAtMs, callTokens.verify(invocation.callToken).deadlineAtMs]),
    [[here, here]],
  );
});
