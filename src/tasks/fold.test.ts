import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubmittedEvent, TaskEvent } from './events.ts';
import { applyEvent, createTaskState, hasEnded, type TaskState, toTask } from './fold.ts';
import { recoveryAction } from './recovery.ts';

const submitted: SubmittedEvent = {
  type: 'submitted',
  at: 1_000,
  agentId: 'analyst',
  owner: 'anonymous',
  contextId: 'c-1',
  skill: 'sum',
  message: { messageId: 'm-1', role: 'user', parts: [{ text: 'go' }] },
  correlationId: 'x',
  origin: 'anonymous',
  path: [],
};

const dispatched = (idempotent: boolean): TaskEvent => ({
  type: 'dispatched',
  at: 1_001,
  invocationId: 'i-1',
  endpointId: 'dep-1',
  attempt: 1,
  idempotent,
});

const chunk = (text: string, append: boolean): TaskEvent => ({
  type: 'artifact',
  at: 1_002,
  artifact: { artifactId: 'a', name: 'out', parts: [{ text }] },
  append,
  lastChunk: false,
});

function fold(...events: TaskEvent[]): TaskState {
  const state = createTaskState('t-1', submitted);
  for (const event of events) applyEvent(state, event);
  return state;
}

test('chunks go behind those before them; a first chunk replaces what an earlier attempt made', () => {
  const state = fold(
    dispatched(true),
    chunk('a', false),
    chunk('b', true),
    dispatched(true),
    chunk('A', false),
    chunk('B', true),
  );
  const parts = toTask(state).artifacts.map((artifact) => artifact.parts);
  assert.deepEqual(parts, [[{ text: 'A' }, { text: 'B' }]]);
});

test('the version is the number of events', () => {
  assert.equal(fold(dispatched(false), chunk('a', false)).version, 3);
});

test('a task shown is not changed by what happens afterwards', () => {
  const state = fold(dispatched(false), chunk('a', false));
  const shown = toTask(state);
  applyEvent(state, chunk('b', true));
  assert.equal(shown.artifacts[0]?.parts.length, 1);
});

test('historyLength shows the newest messages, and 0 none', () => {
  const answer: TaskEvent = {
    type: 'message',
    at: 1_003,
    message: { messageId: 'm-2', role: 'user', parts: [{ text: '4' }] },
  };
  const state = fold(dispatched(false), answer);
  assert.deepEqual(
    toTask(state, 1).history.map(({ messageId }) => messageId),
    ['m-2'],
  );
  assert.deepEqual(toTask(state, 0).history, []);
  assert.equal(toTask(state).history.length, 2);
});

test('a reply ends the task and is its last message', () => {
  const message = { messageId: 'r', role: 'agent' as const, parts: [{ text: 'hello' }] };
  const state = fold(dispatched(false), { type: 'reply', at: 1_004, message });
  assert.ok(hasEnded(state));
  assert.equal(toTask(state).status.message, message);
});

const cases: readonly [string, TaskEvent[], string][] = [
  ['was not handed out', [], 'dispatch'],
  ['was handed out and may be done twice', [dispatched(true)], 'dispatch'],
  ['was handed out and may not be done twice', [dispatched(false)], 'unknown'],
  ['was to be cancelled', [dispatched(true), { type: 'cancel', at: 1_002, by: 'anonymous' }], 'cancel'],
  ['has ended', [dispatched(false), { type: 'status', at: 1_002, state: 'completed' }], 'none'],
];

for (const [what, events, action] of cases) {
  test(`after a crash, a task that ${what}: ${action}`, () => assert.equal(recoveryAction(fold(...events)), action));
}
