import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { deferred, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import { createManualClock } from '../testing/index.ts';
import { withHedging } from './with-hedging.ts';

async function* noAnswers(): AsyncGenerator<Message> {}

const invocation: Invocation = {
  ...{ id: 'i-1', agentId: 'sums', skill: 'add', parts: [], task: undefined, callToken: '', deadlineAtMs: undefined },
  ...{ caller: { id: 'anonymous', roles: [], path: [] }, trace: { correlationId: 'x' }, answers: noAnswers() },
  signal: new AbortController().signal,
};

interface Gated extends AgentExecutor {
  readonly begun: string[];
  readonly stopped: () => boolean;
  say(text: string): void;
  fail(): void;
}

/** Says what it is told to say, when it is told. */
function createGated(): Gated {
  const word = deferred<string>();
  const begun: string[] = [];
  let signal: AbortSignal | undefined;
  return {
    begun,
    stopped: () => signal?.aborted === true,
    say: word.resolve,
    fail: () => word.reject(new ParleyError('WORKER_LOST', 'It was killed.')),
    async *execute(asked) {
      begun.push(asked.id);
      signal = asked.signal;
      yield { kind: 'status', text: await word.promise };
      yield { kind: 'end', state: 'completed' };
    },
  };
}

function open(hasPlace = true): {
  first: Gated;
  second: Gated;
  clock: ReturnType<typeof createManualClock>;
  result: Promise<(string | undefined)[]>;
  released: () => number;
} {
  const [first, second] = [createGated(), createGated()];
  const clock = createManualClock();
  let released = 0;
  const place = { endpoint: { executor: second }, release: () => void released++ };
  const hedged = withHedging(first, { clock, afterMs: 500, second: () => (hasPlace ? place : undefined) });
  return { first, second, clock, result: collect(hedged.execute(invocation)), released: () => released };
}

async function collect(events: AsyncIterable<ExecutionEvent>): Promise<(string | undefined)[]> {
  const words: (string | undefined)[] = [];
  for await (const event of events) words.push(event.kind === 'status' ? event.text : event.kind);
  return words;
}

test('an agent that speaks in time is asked once', async () => {
  const { first, second, clock, result } = open();
  first.say('first');
  assert.deepEqual(await result, ['first', 'end']);
  await clock.advance(1_000);
  assert.deepEqual([second.begun, clock.pending], [[], 0]);
});

test('a silent one gets a second beside it; who speaks first is heard, the other is stopped', async () => {
  const { first, second, clock, result, released } = open();
  await clock.advance(500);
  second.say('second');
  assert.deepEqual(await result, ['second', 'end']);
  assert.deepEqual([first.stopped(), first.begun, second.begun, released()], [true, ['i-1'], ['i-1.2'], 1]);
});

test('when one of two fails, the other may still do it', async () => {
  const { first, second, clock, result } = open();
  await clock.advance(500);
  first.fail();
  second.say('second');
  assert.deepEqual(await result, ['second', 'end']);
});

test('a failure before the time is a failure, and both failing is one, too', async () => {
  const early = open();
  early.first.fail();
  await assert.rejects(early.result, { code: 'WORKER_LOST' });
  const late = open();
  await late.clock.advance(500);
  late.first.fail();
  late.second.fail();
  await assert.rejects(late.result, { code: 'WORKER_LOST' });
  assert.equal(late.released(), 1);
});

test('without a free place the first goes on alone', async () => {
  const { first, second, clock, result } = open(false);
  await clock.advance(500);
  first.say('first');
  assert.deepEqual([await result, second.begun], [['first', 'end'], []]);
});
