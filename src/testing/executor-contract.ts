import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../agents/index.ts';
import { createId, isObject, ParleyError } from '../base/index.ts';
import type { Message, Part } from '../protocol/index.ts';

/**
 * An executor under test. Behind it is an agent with five skills: `echo` answers `{ input, contextId }`; `chunks` gives `count`
 * pieces, `delayMs` apart, and writes a byte to `file` for each; `ask` asks twice and answers `{ first, second }`; `fail` throws "it went wrong"; `tick` writes a byte to `file` every
 * few milliseconds until it is cancelled.
 */
export interface ExecutorSubject {
  readonly executor: AgentExecutor;
  readonly agentId: string;
  /** A file that the agent may write, not there yet. */
  readonly file: string;
  /** False: what the agent says while it works may be missed. Default true. */
  readonly hearsAll?: boolean;
  /** How many bytes are in it. */
  size(): number;
}

export interface ExecutorContractOptions {
  /** The subject of all tests; called when the first one needs it. */
  readonly open: () => Promise<ExecutorSubject>;
  readonly skip?: string | false;
}

/** Registers the tests of everything that the executor port guarantees. */
export function executorContract(name: string, { open, skip = false }: ExecutorContractOptions): void {
  let opened: Promise<ExecutorSubject> | undefined;
  const contractTest = (sentence: string, run: (subject: ExecutorSubject) => Promise<void>): void => {
    test(`${name}: ${sentence}`, { skip }, async () => {
      opened ??= open();
      await run(await opened);
    });
  };
  answerContract(contractTest);
  questionContract(contractTest);
  stopContract(contractTest);
}

type ContractTest = (sentence: string, run: (subject: ExecutorSubject) => Promise<void>) => void;

function answerContract(contractTest: ContractTest): void {
  contractTest(
    'the input goes in, the result comes out as an artifact, and an end is the last event',
    async (subject) => {
      const events = await collect(subject, { skill: 'echo', parts: [{ data: { year: 2026 } }] });
      assert.deepEqual(dataOf(events)?.['input'], { year: 2026 });
      assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
    },
  );

  contractTest('the context of the task reaches the agent', async (subject) => {
    const events = await collect(subject, { skill: 'echo', task: createTask('the-context') });
    assert.equal(dataOf(events)?.['contextId'], 'the-context');
  });

  contractTest('pieces come in the order in which they were made, none twice', async (subject) => {
    const events = await collect(subject, { skill: 'chunks', parts: [{ data: { count: 300 } }] });
    const indexes = partsOf(events).flatMap((part) =>
      'data' in part && isObject(part.data) ? [part.data['index']] : [],
    );
    assert.deepEqual(
      indexes,
      Array.from({ length: 300 }, (_, index) => index),
    );
  });

  contractTest('two hundred calls at once each get their own answer', async (subject) => {
    const calls = Array.from({ length: 200 }, async (_, n) => {
      const events = await collect(subject, { skill: 'echo', parts: [{ data: { n } }] });
      assert.deepEqual(dataOf(events)?.['input'], { n });
    });
    await Promise.all(calls);
  });

  contractTest('an agent that fails ends the call as failed, and says why', async (subject) => {
    const last = (await collect(subject, { skill: 'fail' })).at(-1);
    assert.ok(last?.kind === 'end' && last.state === 'failed', JSON.stringify(last));
    assert.match(JSON.stringify(last.parts), /it went wrong/);
  });

  contractTest('a skill that is not there is refused or ends the call as failed', async (subject) => {
    const outcome = await collect(subject, { skill: 'no-such-skill' }).then(
      (events) => events.at(-1),
      (thrown) => ParleyError.from(thrown).code,
    );
    const isFailed = typeof outcome === 'object' && outcome.kind === 'end' && outcome.state === 'failed';
    assert.ok(outcome === 'SKILL_NOT_FOUND' || isFailed, JSON.stringify(outcome));
  });
}

function questionContract(contractTest: ContractTest): void {
  contractTest('each question is an event, and each answer reaches the agent', async (subject) => {
    const answers = createAnswers();
    const questions: string[] = [];
    const invocation = createInvocation(subject, { skill: 'ask', task: createTask(), answers });
    const events: ExecutionEvent[] = [];
    for await (const event of subject.executor.execute(invocation)) {
      events.push(event);
      if (event.kind !== 'ask') continue;
      questions.push(textOf(event.parts));
      answers.give(`answer ${questions.length}`);
    }
    assert.deepEqual(questions, ['Which year?', 'Which month?']);
    const result = JSON.stringify(dataOf(events));
    assert.match(result, /answer 1/);
    assert.match(result, /answer 2/);
    const said = events.some((event) => event.kind === 'status' && JSON.stringify(event).includes('thinking'));
    assert.ok(said || subject.hearsAll === false);
  });

  contractTest('answers that are there before the question are taken in their order', async (subject) => {
    const answers = createAnswers();
    for (const text of ['2026', 'May']) answers.give(text);
    const events = await collect(subject, { skill: 'ask', task: createTask(), answers });
    assert.match(JSON.stringify(dataOf(events)), /2026.*May/);
  });
}

function stopContract(contractTest: ContractTest): void {
  contractTest('a call that is called off before it begins does nothing', async (subject) => {
    const signal = AbortSignal.abort(new ParleyError('CANCELED', 'The caller has left.'));
    const events = await collect(subject, { skill: 'tick', parts: [{ data: { file: subject.file } }], signal });
    assert.deepEqual(events, [{ kind: 'end', state: 'canceled' }]);
    assert.equal(subject.size(), 0);
  });

  contractTest('an abort really stops the work, and then the call ends', async (subject) => {
    const controller = new AbortController();
    const parts = [{ data: { file: subject.file } }];
    const invocation = createInvocation(subject, { skill: 'tick', parts, signal: controller.signal });
    const ended = drain(subject.executor.execute(invocation));
    await until('the agent works', () => subject.size() > 3);
    controller.abort(new ParleyError('CANCELED', 'The caller has left.'));
    const last = await ended;
    assert.ok(last === 'CANCELED' || last === 'canceled', String(last));
    await until('the agent has stopped', () => isStill(subject));
  });

  contractTest('a reader that leaves stops the work, too', async (subject) => {
    const parts = [{ data: { count: 100_000, delayMs: 10, file: subject.file } }];
    let seen = 0;
    for await (const event of subject.executor.execute(createInvocation(subject, { skill: 'chunks', parts }))) {
      if (event.kind === 'artifact' && ++seen === 3) break;
    }
    await until('the agent has stopped', () => isStill(subject));
  });
}

interface Answers extends AsyncIterable<Message> {
  give(text: string): void;
}

function createAnswers(): Answers {
  const waiting: Message[] = [];
  let wake = (): void => {};
  return {
    give(text) {
      waiting.push({ messageId: createId(), role: 'user', parts: [{ text }] });
      wake();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const next = waiting.shift();
        if (next) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

function createTask(contextId: string = createId()): NonNullable<Invocation['task']> {
  return { id: createId(), contextId, messageId: createId(), metadata: {} };
}

function createInvocation({ agentId }: ExecutorSubject, change: Partial<Invocation>): Invocation {
  return {
    id: createId(),
    agentId,
    skill: undefined,
    parts: [],
    task: undefined,
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: 'token',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: (async function* () {})(),
    trace: { correlationId: createId() },
    ...change,
  };
}

async function collect(subject: ExecutorSubject, change: Partial<Invocation>): Promise<readonly ExecutionEvent[]> {
  const parts: readonly Part[] = [{ data: {} }];
  const events: ExecutionEvent[] = [];
  for await (const event of subject.executor.execute(createInvocation(subject, { parts, ...change })))
    events.push(event);
  return events;
}

/** How the call ended: its last state, or the code of what it threw. */
async function drain(events: AsyncIterable<ExecutionEvent>): Promise<string | undefined> {
  try {
    let state: string | undefined;
    for await (const event of events) if (event.kind === 'end') state = event.state;
    return state;
  } catch (thrown) {
    return ParleyError.from(thrown).code;
  }
}

function partsOf(events: readonly ExecutionEvent[]): readonly Part[] {
  return events.flatMap((event) => (event.kind === 'artifact' ? event.artifact.parts : []));
}

function dataOf(events: readonly ExecutionEvent[]): Record<string, unknown> | undefined {
  const part = partsOf(events).find((candidate) => 'data' in candidate);
  return part && 'data' in part && isObject(part.data) ? part.data : undefined;
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => ('text' in part ? part.text : '')).join('');
}

async function isStill({ size }: ExecutorSubject): Promise<boolean> {
  const before = size();
  await new Promise((resolve) => setTimeout(resolve, 150));
  return size() === before;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`Waited 30 s, but not: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
