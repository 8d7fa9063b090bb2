import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExecutionEvent, Invocation } from '../../agents/index.ts';
import type { JsonObject } from '../../base/index.ts';
import type { Part, Task } from '../../protocol/index.ts';
import { readAssignment } from './from-assignment.ts';
import { isProgress, readResult } from './from-result.ts';
import { formatTaskMessage, parseTaskMessage, type TaskMessage } from './task-message.ts';
import { createAssignment } from './to-assignment.ts';
import { createFailure, createResult } from './to-result.ts';

const nowMs = new Date(2026, 10, 21, 10, 0, 0, 7).getTime();

function createInvocation(parts: readonly Part[]): Invocation {
  return {
    id: 'invocation-1',
    agentId: 'sonnet-1',
    skill: 'coding',
    parts,
    task: { id: 'task-1', contextId: 'context-1', messageId: 'message-1', metadata: { tag: 'x' } },
    caller: { id: 'key:ci', roles: ['dev'], path: ['concierge'] },
    callToken: 'a-secret-token',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: (async function* () {})(),
    trace: { correlationId: 'correlation-1', traceparent: '00-1-2-01' },
  };
}

function assign(parts: readonly Part[]): TaskMessage {
  const options = {
    id: 'a2a_task_00000001',
    replyAgent: 'a2a_bridge-one',
    agentId: 'sonnet-1',
    nowMs,
    timeoutMs: 30_000,
  };
  return createAssignment(createInvocation(parts), options);
}

test('an A2A message becomes an assignment, field by field, without the call token', () => {
  const message = assign([{ text: 'write a test' }]);
  assert.deepEqual(message, {
    id: 'a2a_task_00000001',
    type: 'task_assignment',
    from_agent: 'a2a_bridge-one',
    to_agent: 'sonnet-1',
    timestamp: '2026-11-21T10:00:00.007000',
    payload: {
      description: 'write a test',
      context_id: 'context-1',
      timeout: 30,
      task_id: 'a2a_task_00000001',
      parent: 'a2a_bridge-one',
      skill: 'coding',
      a2a: {
        invocation_id: 'invocation-1',
        task_id: 'task-1',
        message_id: 'message-1',
        metadata: { tag: 'x' },
        caller: 'key:ci',
        path: ['concierge'],
        correlation_id: 'correlation-1',
        traceparent: '00-1-2-01',
      },
    },
    retry_count: 0,
  });
  assert.doesNotMatch(formatTaskMessage(message), /a-secret-token/);
});

test('data lies beside the description, where Redis agents look for it, and cannot take the place of what the bridge says', () => {
  const { payload } = assign([{ data: { description: 'd', priority: 'high', task_id: 'x', parent: 'y', timeout: 1 } }]);
  assert.deepEqual(
    [payload['description'], payload['priority'], payload['task_id'], payload['parent'], payload['timeout']],
    ['d', 'high', 'a2a_task_00000001', 'a2a_bridge-one', 30],
  );
});

test('every part goes through both ways, whatever it is', () => {
  const parts: readonly Part[] = [
    { text: 'look', metadata: { a: 1 } },
    { data: [1, { two: 2 }], mediaType: 'application/json' },
    { raw: Buffer.from([0, 255, 7]), filename: 'x.bin', mediaType: 'application/octet-stream' },
    { url: 'https://example.com/x', filename: 'x' },
  ];
  const { request } = readAssignment(parseTaskMessage(formatTaskMessage(assign(parts))));
  assert.deepEqual(request.message.parts, parts);
  assert.deepEqual([request.message.contextId, request.message.metadata?.['skill']], ['context-1', 'coding']);
  assert.equal(request.message.metadata?.['tag'], 'x');
});

function result(payload: JsonObject): TaskMessage {
  const rest = { from_agent: 'sonnet-1', to_agent: 'a2a_bridge-one', timestamp: 't', retry_count: 0 };
  return { id: 'r-1', type: 'task_result', payload, ...rest };
}

function summarize(events: readonly ExecutionEvent[]): unknown {
  return events.map((event) => {
    if (event.kind === 'artifact') return event.artifact.parts;
    if (event.kind === 'end') return event.parts === undefined ? event.state : [event.state, event.parts[0]];
    return event.kind === 'status' ? ['working', event.parts] : event.kind;
  });
}

test('a result becomes what the agent says', () => {
  const cases: readonly [JsonObject, unknown][] = [
    [{ status: 'completed', result: 'text' }, [[{ text: 'text' }], 'completed']],
    [{ status: 'COMPLETED', result: { a: 1 } }, [[{ data: { a: 1 } }], 'completed']],
    [{ status: 'completed', output: 'o', description: 'd', timestamp: 1.5 }, [[{ text: 'o' }], 'completed']],
    [{ result: 0 }, [[{ data: 0 }], 'completed']],
    [{ status: 'completed', task_id: 'x', processed_by: 'y' }, ['completed']],
    [{ status: 'success', files: ['a'] }, [[{ data: { files: ['a'] } }], 'completed']],
    [{ status: 'completed', result: 'x', parts: [{ raw: 'AAE=' }] }, [[{ raw: Buffer.from([0, 1]) }], 'completed']],
    [{ status: 'completed', result: 'x', parts: ['odd'] }, [[{ text: 'x' }], 'completed']],
    [{ status: 'failed', error: 'why' }, [['failed', { text: 'why' }]]],
    [{ status: 'error', error: { message: 'why' } }, [['failed', { text: 'why' }]]],
    [{ error: 'why' }, [['failed', { text: 'why' }]]],
    [{ status: 'failed' }, [['failed', { text: 'sonnet-1 did not say why.' }]]],
    [{ status: 'rejected', result: 'no' }, [['rejected', { text: 'no' }]]],
    [{ status: 'cancelled', message: 'm' }, [['canceled', { text: 'm' }]]],
    [{ status: 'in_progress', result: 'half' }, [['working', [{ text: 'half' }]]]],
  ];
  for (const [payload, expected] of cases) {
    assert.deepEqual(summarize(readResult(result(payload))), expected, JSON.stringify(payload));
  }
  assert.throws(() => readResult(result({ status: 'blue' })), { code: 'INVALID_AGENT_RESPONSE' });
});

test('what else a result says is kept beside it', () => {
  const payload = { status: 'completed', result: 'x', processed_by: 'sonnet-1', cost: 3, task_id: 'a' };
  const [event] = readResult(result(payload));
  assert.ok(event?.kind === 'artifact');
  assert.deepEqual(event.artifact.metadata?.['redis'], {
    ...{ id: 'r-1', from_agent: 'sonnet-1', to_agent: 'a2a_bridge-one', timestamp: 't', retry_count: 0 },
    payload: { status: 'completed', processed_by: 'sonnet-1', cost: 3, task_id: 'a' },
  });
  const [end] = readResult(result({ status: 'failed', error: 'why', cost: 3 }));
  assert.ok(end?.kind === 'end');
  assert.deepEqual(end.parts, [{ text: 'why' }, { data: { cost: 3 } }]);
});

function assignment(payload: JsonObject, more: Partial<TaskMessage> = {}): TaskMessage {
  const rest = { from_agent: 'producer-1', to_agent: 'analyst', timestamp: 't', retry_count: 0 };
  return { id: 'm-1', type: 'task_assignment', payload, ...rest, ...more };
}

test('an assignment becomes a message for an agent of the fabric', () => {
  const cases: readonly [JsonObject, unknown][] = [
    [{ description: 'count' }, [{ text: 'count' }]],
    [{ description: 'count', priority: 'high' }, [{ text: 'count' }]],
    [{ description: 'count', parameters: { a: 1 } }, [{ data: { a: 1 } }, { text: 'count' }]],
    [{ parameters: [1] }, [{ data: [1] }]],
    [{ rows: 3 }, [{ data: { rows: 3 } }]],
    [{ description: { a: 1 } }, [{ text: '{"a":1}' }]],
    [{}, [{ data: {} }]],
  ];
  for (const [payload, parts] of cases) {
    assert.deepEqual(readAssignment(assignment(payload)).request.message.parts, parts, JSON.stringify(payload));
  }
  const payload = {
    description: 'd',
    capability: 'sum',
    context_id: 'c',
    timeout: 2.5,
    priority: 'high',
    task_id: 'p',
  };
  const { request, timeoutMs } = readAssignment(assignment(payload));
  const { messageId, contextId, metadata } = request.message;
  assert.deepEqual([messageId, contextId, timeoutMs, metadata?.['skill']], ['m-1', 'c', 2_500, 'sum']);
  assert.deepEqual(metadata?.['redis'], {
    ...{ id: 'm-1', from_agent: 'producer-1', to_agent: 'analyst' },
    payload: { capability: 'sum', context_id: 'c', priority: 'high', task_id: 'p' },
  });
});

test('an assignment that is sent once more is the same message', () => {
  const first = readAssignment(assignment({ description: 'd' }));
  const again = readAssignment(assignment({ description: 'd' }, { timestamp: 'later', retry_count: 1 }));
  assert.deepEqual(again.request, first.request);
});

const task: Task = {
  id: 't-1',
  contextId: 'c-1',
  status: { state: 'completed', timestamp: '' },
  artifacts: [],
  history: [],
};

test('the answer of an agent goes to its producer in the form that it knows', () => {
  const options = { assignment: assignment({ task_id: 'p-1' }), agentId: 'analyst', nowMs };
  const artifact = (...parts: Part[]): Task => ({ ...task, artifacts: [{ artifactId: 'a', parts }] });
  const message = createResult({ kind: 'task', task: artifact({ text: 'a' }, { text: 'b' }) }, options);
  assert.deepEqual(message, {
    id: 'result_m-1',
    type: 'task_result',
    from_agent: 'analyst',
    to_agent: 'producer-1',
    timestamp: '2026-11-21T10:00:00.007000',
    payload: {
      task_id: 'm-1',
      original_task_id: 'p-1',
      status: 'completed',
      result: 'a\nb',
      a2a: { task_id: 't-1', context_id: 'c-1', state: 'completed' },
      processed_by: 'analyst',
      timestamp: '2026-11-21T10:00:00.007000',
    },
    retry_count: 0,
  });
  const mixed = createResult({ kind: 'task', task: artifact({ data: 1 }, { raw: Buffer.from('x') }) }, options);
  assert.deepEqual([mixed.payload['result'], mixed.payload['parts']], [1, [{ data: 1 }, { raw: 'eA==' }]]);
});

test('what was not completed is failed for its producer, with the reason', () => {
  const options = { assignment: assignment({}), agentId: 'analyst', nowMs };
  const said = { messageId: 'x', role: 'agent' as const, parts: [{ text: 'why' }], metadata: { code: 'AGENT_ERROR' } };
  for (const state of ['failed', 'rejected', 'canceled'] as const) {
    const ended: Task = { ...task, status: { state, timestamp: '', message: said } };
    const { payload } = createResult({ kind: 'task', task: ended }, options);
    assert.deepEqual([payload['status'], payload['error'], payload['code']], ['failed', 'why', 'AGENT_ERROR']);
  }
  const asking: Task = { ...task, status: { state: 'input-required', timestamp: '', message: said } };
  const asked = createResult({ kind: 'task', task: asking }, options);
  assert.match(String(asked.payload['error']), /asks something that a queue cannot answer: why/);
  const { payload } = createFailure(new Error('boom'), options);
  assert.deepEqual([payload['status'], payload['error'], payload['original_task_id']], ['failed', 'boom', 'm-1']);
});

test('no payload breaks the translator', () => {
  const payload = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
  const fields = fc.record(
    {
      status: fc.jsonValue(),
      result: fc.jsonValue(),
      parts: fc.jsonValue(),
      a2a: fc.jsonValue(),
      timeout: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(payload, fields, (one, more) => {
      const any = { ...one, ...more } as JsonObject;
      const { request, timeoutMs } = readAssignment(assignment(any));
      assert.ok(request.message.parts.length > 0);
      assert.ok(timeoutMs === undefined || timeoutMs > 0);
      isProgress(result(any));
      try {
        assert.ok(readResult(result(any)).length > 0);
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'INVALID_AGENT_RESPONSE');
      }
    }),
  );
});
