import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionEvent, Invocation, SkillRecord } from '../../agents/index.ts';
import { type Clock, deferred, ParleyError, silentTelemetry, systemClock } from '../../base/index.ts';
import { createRegistry, type Endpoint } from '../../registry/index.ts';
import { anonymous, createCallTokens, createChainsInFlight, workerPrincipal } from '../../security/index.ts';
import { createCallResilience, createManualClock } from '../../testing/index.ts';
import { type AgentCall, createInvokeControl, type InvokeControl } from './invoke-control.ts';

type Work = (invocation: Invocation) => AsyncIterable<ExecutionEvent>;

const skill: SkillRecord = {
  id: 'add',
  name: 'add',
  description: '',
  tags: [],
  idempotent: false,
  private: false,
  timeouts: {},
};

const callTokens = createCallTokens('k'.repeat(43));

interface Bench extends InvokeControl {
  readonly announce: (work: Work, rest?: Partial<Endpoint>, skillRest?: Partial<SkillRecord>) => void;
  readonly inFlight: () => number;
}

function createBench(clock: Clock = systemClock, maxWaiting: number = 1): Bench {
  const registry = createRegistry();
  const options = { registry, callTokens, chains: createChainsInFlight(), clock, telemetry: silentTelemetry };
  const { invoke } = createInvokeControl({
    ...options,
    idleMs: 60_000,
    maxWaiting,
    resilience: createCallResilience(clock),
  });
  return {
    invoke,
    inFlight: () => registry.resolve('sums').listing.inFlight,
    announce(work, rest = {}, skillRest = {}) {
      const record = {
        id: 'sums',
        name: 'sums',
        description: '',
        version: '1.0.0',
        packageId: 'sums@1.0.0',
        skills: [{ ...skill, ...skillRest }],
        defaultSkill: 'add',
        inputModes: [],
        outputModes: [],
        private: false,
      };
      const executor = { execute: work };
      registry.announce({ id: 'sums-1', agentId: 'sums', record, executor, capacity: 1, status: 'healthy', ...rest });
    },
  };
}

function createCall(rest: Partial<AgentCall> = {}): AgentCall {
  return {
    id: 'sums',
    skill: 'add',
    parts: [{ data: { a: 1 } }],
    context: { principal: anonymous, trace: { correlationId: 'c-1' } },
    signal: new AbortController().signal,
    ...rest,
  };
}

const completed: ExecutionEvent = { kind: 'end', state: 'completed' };

function artifact(artifactId: string, value: number, append: boolean = false): ExecutionEvent {
  return { kind: 'artifact', artifact: { artifactId, parts: [{ data: value }] }, append, lastChunk: true };
}

async function* answer(...events: ExecutionEvent[]): AsyncGenerator<ExecutionEvent> {
  yield* events;
}

/** Works until it is stopped; `begun` says when each call has begun. */
function createEndless(): { readonly work: Work; readonly begun: Promise<Invocation> } {
  const begun = deferred<Invocation>();
  return {
    begun: begun.promise,
    async *work(invocation) {
      begun.resolve(invocation);
      await new Promise((resolve) => invocation.signal.addEventListener('abort', resolve, { once: true }));
      yield { kind: 'end', state: 'canceled' };
    },
  };
}

test('a call answers what the handler returned, and holds a place only while it runs', async () => {
  const bench = createBench();
  const seen: number[] = [];
  bench.announce(({ parts, caller, callToken }) => {
    seen.push(bench.inFlight());
    assert.deepEqual([parts, caller], [[{ data: { a: 1 } }], { id: 'anonymous', roles: [], path: [] }]);
    assert.deepEqual(callTokens.verify(callToken).path, ['sums']);
    return answer(artifact('extra', 1), artifact('result', 3), completed);
  });
  const { parts, state, artifacts, deploymentId } = await bench.invoke(createCall());
  assert.deepEqual([parts, state, deploymentId], [[{ data: 3 }], 'completed', 'sums-1']);
  assert.deepEqual([artifacts.length, seen, bench.inFlight()], [2, [1], 0]);
});

test('chunks of a result come as one, and a failure with what the agent says', async () => {
  const bench = createBench();
  bench.announce(() => answer(artifact('chunks', 1), artifact('chunks', 2, true), completed));
  assert.deepEqual((await bench.invoke(createCall())).parts, [{ data: 1 }, { data: 2 }]);
  bench.announce(() => answer({ kind: 'end', state: 'failed', parts: [{ text: 'no sums today' }] }));
  const failed = await bench.invoke(createCall());
  assert.deepEqual([failed.state, failed.parts], ['failed', [{ text: 'no sums today' }]]);
});

test('arguments and results are held against the schemas of the skill', async () => {
  const bench = createBench();
  const inputSchema = { type: 'object', required: ['b'] };
  bench.announce(() => answer(completed), {}, { inputSchema });
  await assert.rejects(bench.invoke(createCall()), { code: 'INVALID_PARAMS' });
  bench.announce(() => answer(artifact('result', 3), completed), {}, { outputSchema: { type: 'string' } });
  await assert.rejects(bench.invoke(createCall()), { code: 'OUTPUT_INVALID' });
  assert.equal(bench.inFlight(), 0);
});

test('a skill that there is not, a question and an agent without a result are errors', async () => {
  const bench = createBench();
  bench.announce(() => answer({ kind: 'ask', state: 'input-required', parts: [] }, completed));
  await assert.rejects(bench.invoke(createCall({ skill: 'divide' })), { code: 'SKILL_NOT_FOUND' });
  await assert.rejects(bench.invoke(createCall()), { code: 'UNSUPPORTED_OPERATION' });
  bench.announce(() => answer());
  await assert.rejects(bench.invoke(createCall({ skill: undefined })), { code: 'INVALID_AGENT_RESPONSE' });
  await assert.rejects(bench.invoke(createCall({ id: 'nobody' })), { code: 'AGENT_NOT_FOUND' });
});

test('a caller that leaves stops the work and frees its place', async () => {
  const bench = createBench();
  const { work, begun } = createEndless();
  bench.announce(work);
  const caller = new AbortController();
  const result = bench.invoke(createCall({ signal: caller.signal }));
  const { signal } = await begun;
  caller.abort(new ParleyError('CANCELED', 'The caller left.'));
  await assert.rejects(result, { code: 'CANCELED' });
  assert.deepEqual([signal.aborted, bench.inFlight()], [true, 0]);
});

test('a call over its deadline is stopped, at work and while it waits', async () => {
  const clock = createManualClock();
  const bench = createBench(clock);
  const { work, begun } = createEndless();
  bench.announce(work);
  const context = { ...createCall().context, deadlineAtMs: clock.now() + 500 };
  const results = [bench.invoke(createCall({ context })), bench.invoke(createCall({ context }))];
  const refused = Promise.all(results.map((result) => assert.rejects(result, { code: 'DEADLINE_EXCEEDED' })));
  await begun;
  await clock.advance(500);
  await refused;
  assert.deepEqual([clock.pending, bench.inFlight()], [0, 0]);
});

test('calls wait for a place in their order, up to the limit', async () => {
  const bench = createBench();
  const gates = [deferred<void>(), deferred<void>()];
  const order: string[] = [];
  bench.announce(async function* ({ parts: [part] }) {
    order.push(part && 'text' in part ? part.text : '');
    await gates[order.length - 1]?.promise;
    yield completed;
  });
  const call = (text: string): ReturnType<Bench['invoke']> => bench.invoke(createCall({ parts: [{ text }] }));
  const [first, second] = [call('first'), call('second')];
  await assert.rejects(call('third'), { code: 'QUEUE_FULL' });
  gates[0]?.resolve();
  await first;
  gates[1]?.resolve();
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

test('who waits for an agent that goes away is told', async () => {
  const bench = createBench();
  const { work, begun } = createEndless();
  bench.announce(work);
  const caller = new AbortController();
  const running = bench.invoke(createCall({ signal: caller.signal }));
  await begun;
  const waiting = assert.rejects(bench.invoke(createCall()), { code: 'AGENT_UNAVAILABLE' });
  bench.announce(work, { status: 'failed', reason: 'it crashed' });
  await waiting;
  caller.abort(new ParleyError('CANCELED', 'The caller left.'));
  await assert.rejects(running, { code: 'CANCELED' });
});

test('a worker that calls without its token goes on with the chain it works on', async () => {
  const bench = createBench();
  const refusals: unknown[] = [];
  bench.announce(async function* () {
    const context = { principal: workerPrincipal('sums', 'sums-1'), trace: { correlationId: 'other' } };
    await bench.invoke(createCall({ context })).catch((thrown: unknown) => refusals.push(thrown));
    yield completed;
  });
  await bench.invoke(createCall());
  assert.deepEqual(
    refusals.map((thrown) => ParleyError.from(thrown).code),
    ['CHAIN_REFUSED'],
  );
});
