import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocalTime, parseLocalTime } from '../messages/local-time.ts';
import { DeadBridges } from './dead-bridges.ts';
import { judgeHeartbeat } from './heartbeat.ts';
import { formatRedisAgent, parseRedisAgent } from './redis-agent.ts';
import { refuseId, toAgentRecord } from './to-agent-record.ts';

const nowMs = new Date(2026, 10, 21, 10, 0, 0).getTime();
const time = { nowMs, staleAfterMs: 300_000 };

test('times without a zone are local, as Python writes and reads them', () => {
  assert.equal(formatLocalTime(nowMs + 5), '2026-11-21T10:00:00.005000');
  assert.equal(parseLocalTime('2026-11-21T10:00:00.123456'), nowMs + 123);
  assert.equal(parseLocalTime('2026-11-21T10:00:00'), nowMs);
  assert.equal(parseLocalTime('2026-11-21T10:00:00+00:00'), Date.UTC(2026, 10, 21, 10));
  for (const text of ['', 'yesterday', '12', '2026-99-99T10:00:00']) assert.equal(parseLocalTime(text), undefined);
});

test('an agent lives with a recent heartbeat, or with one that changes, whatever its zone', () => {
  const fresh = judgeHeartbeat(undefined, formatLocalTime(nowMs - 299_000), time);
  assert.equal(fresh.isFresh, true);
  assert.equal(judgeHeartbeat(undefined, formatLocalTime(nowMs - 301_000), time).isFresh, false);
  assert.equal(judgeHeartbeat(undefined, '', time).isFresh, false);
  const elsewhere = judgeHeartbeat(undefined, formatLocalTime(nowMs + 8 * 3_600_000), time);
  assert.equal(elsewhere.isFresh, false);
  const beats = judgeHeartbeat(elsewhere.sighting, formatLocalTime(nowMs + 8 * 3_600_000 + 30_000), time);
  assert.equal(beats.isFresh, true);
  const later = { ...time, nowMs: nowMs + 300_001 };
  assert.equal(judgeHeartbeat(beats.sighting, beats.sighting.heartbeat, later).isFresh, false);
});

test('a hash is read however its capabilities are written', () => {
  const cases: readonly [string | undefined, readonly string[]][] = [
    ['["a", "b", 7, ""]', ['a', 'b']],
    ['{"a": true}', ['a']],
    ['a, b', ['a', 'b']],
    ['[broken', []],
    ['null', []],
    [undefined, []],
  ];
  for (const [capabilities, expected] of cases) {
    const hash = { type: 'sonnet', status: 'active', ...(capabilities !== undefined && { capabilities }) };
    assert.deepEqual(parseRedisAgent('x', hash).capabilities, expected, capabilities);
  }
  const agent = { id: 'x', type: 't', capabilities: ['a'], status: 'active', lastHeartbeat: 'h', servedBy: 'b' };
  assert.deepEqual(parseRedisAgent('x', formatRedisAgent(agent)), agent);
});

test('capabilities become skills, and an agent without any takes tasks', () => {
  const agent = {
    id: 'x',
    type: 'opus',
    capabilities: ['task_breakdown', 'management'],
    status: 'active',
    lastHeartbeat: '',
  };
  const { skills, defaultSkill } = toAgentRecord(agent, 30_000);
  assert.deepEqual([skills.map(({ id }) => id), defaultSkill], [agent.capabilities, 'task_breakdown']);
  assert.deepEqual([skills[0]?.timeouts, skills[0]?.idempotent], [{ totalMs: 30_000 }, true]);
  assert.deepEqual(
    toAgentRecord({ ...agent, capabilities: [] }, 1).skills.map(({ id }) => id),
    ['task'],
  );
});

test('ids that addresses cannot carry are refused', () => {
  for (const id of ['sonnet-1', 'a.b_c', 'X']) assert.equal(refuseId(id), undefined);
  for (const id of ['', '../x', 'a b', 'a/b', 'health', 'x'.repeat(129)]) assert.notEqual(refuseId(id), undefined);
});

test('a bridge whose heartbeat stays away is dead; agents are no bridges', () => {
  const dead = new DeadBridges(1_000);
  const bridge = {
    id: 'a2a_bridge-one',
    type: 'bridge',
    capabilities: [],
    status: 'bridge',
    servedBy: 'a2a_bridge-one',
  };
  const agent = { ...bridge, id: 'sonnet-1', lastHeartbeat: '' };
  const at = (ms: number, heartbeat: string): readonly string[] => {
    return dead.find([{ ...bridge, lastHeartbeat: heartbeat }, agent], ms);
  };
  const beat = formatLocalTime(nowMs);
  assert.deepEqual(at(nowMs, beat), []);
  assert.deepEqual(at(nowMs + 4_000, beat), []);
  assert.deepEqual(at(nowMs + 4_001, beat), ['one']);
  assert.deepEqual(at(nowMs + 4_002, formatLocalTime(nowMs + 4_001)), []);
  assert.deepEqual(at(nowMs + 4_003, ''), ['one']);
});
