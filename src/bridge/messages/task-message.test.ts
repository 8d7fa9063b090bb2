import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/index.ts';
import { formatTaskMessage, parseTaskMessage, taskMessageTypes } from './task-message.ts';

const whole = {
  id: 'a2a_task_0a1b2c3d',
  type: 'task_assignment' as const,
  from_agent: 'a2a_bridge',
  to_agent: 'sonnet-1',
  timestamp: '2026-11-21T10:00:00.123456',
  payload: { description: 'write', timeout: 30 },
  retry_count: 2,
};

test('a message is read as it was written, and has seven fields and no others', () => {
  const raw = formatTaskMessage({ ...whole, more: 1 } as typeof whole);
  assert.deepEqual(Object.keys(JSON.parse(raw)), Object.keys(whole));
  assert.deepEqual(parseTaskMessage(raw), whole);
});

test('what agents write differently is understood', () => {
  const cases: readonly [object, object][] = [
    [{ type: 'MessageType.TASK_RESULT' }, { type: 'task_result' }],
    [{ type: 'AGENT_HEARTBEAT' }, { type: 'agent_heartbeat' }],
    [
      { from_agent: null, to_agent: undefined },
      { from_agent: '', to_agent: '' },
    ],
    [{ timestamp: 1_700_000_000.5 }, { timestamp: '1700000000.5' }],
    [
      { timestamp: undefined, retry_count: undefined },
      { timestamp: '', retry_count: 0 },
    ],
    [{ retry_count: -1 }, { retry_count: 0 }],
    [{ payload: null }, { payload: {} }],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(parseTaskMessage(JSON.stringify({ ...whole, ...given })), { ...whole, ...expected });
  }
});

test('what no work can be made of is refused with what is wrong', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /not JSON/],
    ['{"id":', /not JSON/],
    ['[]', /not a JSON object/],
    ['"x"', /not a JSON object/],
    [`{"id":"x","payload":${'['.repeat(300)}${']'.repeat(300)}}`, /nested/],
    [JSON.stringify({ ...whole, id: 7 }), /"id"/],
    [JSON.stringify({ ...whole, id: '' }), /"id"/],
    [JSON.stringify({ ...whole, id: 'x'.repeat(513) }), /"id"/],
    [JSON.stringify({ ...whole, type: 'task' }), /"type" must be one of task_assignment/],
    [JSON.stringify({ ...whole, payload: 'x' }), /"payload"/],
    [JSON.stringify({ ...whole, from_agent: {} }), /"from_agent"/],
  ];
  for (const [raw, problem] of cases) {
    assert.throws(
      () => parseTaskMessage(raw),
      (thrown: unknown) => {
        assert.ok(hasCode(thrown, 'VALIDATION_FAILED'), raw);
        assert.match(thrown.message, problem);
        return true;
      },
    );
  }
});

test('any message that can be written is read back the same', () => {
  const id = fc.string({ minLength: 1, maxLength: 40 });
  const message = fc.record({
    id,
    type: fc.constantFrom(...taskMessageTypes),
    from_agent: fc.string({ maxLength: 40 }),
    to_agent: fc.string({ maxLength: 40 }),
    timestamp: fc.string({ maxLength: 40 }),
    payload: fc.dictionary(fc.string(), fc.jsonValue()),
    retry_count: fc.nat(),
  });
  fc.assert(
    fc.property(message, (one) => {
      const written = JSON.parse(JSON.stringify(one));
      assert.deepEqual(JSON.parse(formatTaskMessage(parseTaskMessage(formatTaskMessage(one as never)))), written);
    }),
  );
});
