import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { deferred, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import { createManualClock } from '../testing/index.ts';
import { withDeadlines } from './with-deadlines.ts';

async function* noAnswers(): AsyncGenerator<Message> {}

function createInvocation(rest: Partial<Invocation> = {}): Invocation {
  return {
    id: 'i-1',
    agentId: 'analyst',
    skill: 'sum',
    parts: [],
    task: undefined,
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: '',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: noAnswers(),
    trace: { correlationId: 'x' },
    ...rest,
  };
}

/** Yields the events, then works until it is stopped. */
function createEndless(...events: ExecutionEvent[]): AgentExecutor & { readonly working: Promise<void> } {
  const working = deferred<void>();
  return {
    working: working.promise,
    async *execute({ signal }) {
      yield* events;
      const stopped = deferred<void>();
      signal.addEventListener('abort', () => stopped.resolve());
      working.resolve();
      await stopped.promise;
      yield { kind: 'end', state: 'canceled' };
    },
  };
}

async function collect(events: AsyncIterable<ExecutionEvent>): Promise<string[]> {
  const kinds: string[] = [];
  for await (const event of events) kinds.push(event.kind);
  return kinds;
}

test('work without an event for the idle time is stopped', async () => {
  const clock = createManualClock();
  const endless = createEndless({ kind: 'status', text: 'working' });
  const result = collect(withDeadlines(endless, { clock, idleMs: 1_000 }).execute(createInvocation()));
  await endless.working;
  const refused = assert.rejects(result, { code: 'DEADLINE_EXCEEDED' });
  await clock.advance(1_000);
  await refused;
});

test('waiting for the caller counts for nothing', async () => {
  const clock = createManualClock();
  const outside = new AbortController();
  const endless = createEndless({ kind: 'ask', state: 'input-required', parts: [{ text: 'how many?' }] });
  const result = collect(
    withDeadlines(endless, { clock, idleMs: 1_000 }).execute(createInvocation({ signal: outside.signal })),
  );
  await endless.working;
  await clock.advance(3_600_000);
  outside.abort(new ParleyError('CANCELED', 'enough'));
  assert.deepEqual(await result, ['ask', 'end']);
});

test('the deadline of the call holds however busy the work is', async () => {
  const clock = createManualClock();
  const endless = createEndless({ kind: 'status', text: 'working' });
  const deadlineAtMs = clock.now() + 500;
  const result = collect(
    withDeadlines(endless, { clock, idleMs: 300_000 }).execute(createInvocation({ deadlineAtMs })),
  );
  await endless.working;
  const refused = assert.rejects(result, { code: 'DEADLINE_EXCEEDED' });
  await clock.advance(500);
  await refused;
});

test('work that ends in time leaves no timer behind', async () => {
  const clock = createManualClock();
  const quick: AgentExecutor = {
    async *execute() {
      yield { kind: 'end', state: 'completed' };
    },
  };
  assert.deepEqual(await collect(withDeadlines(quick, { clock, idleMs: 1_000 }).execute(createInvocation())), ['end']);
  assert.equal(clock.pending, 0);
});
