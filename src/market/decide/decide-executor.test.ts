import assert from 'node:assert/strict';
import { test } from 'node:test';
import { award, describe, request, response, threadOf } from '../market.fixture.ts';
import type { MarketMessage } from '../wire/records.ts';
import { decideExecutor, type ExecutorContext } from './decide-executor.ts';

const context: ExecutorContext = {
  ...{ nowMs: 2_000, executorId: 'e', isInPool: true, workingFence: null },
};
const decide = (messages: readonly MarketMessage[], given: Partial<ExecutorContext> = {}): readonly string[] =>
  describe(decideExecutor(threadOf(messages), { ...context, ...given }));

const awarded = [request(), response('p', 'NEGOTIATING', { counterOffer: 9 }), award(1, 'p', { price: 9 })];
const accepted = [...awarded, response('p', 'ACCEPTED', { award: 1 })];
const own = [...awarded, response('p', 'ACCEPTED', { award: 1, executes: true })];
const running = [...accepted, response('f', 'RUNNING', { award: 1 })];
const done = [...running, response('f', 'COMPLETED', { award: 1 })];
const gone = award(2, 'p', { withdrawn: true, code: 'CANCELED' });
const work = { workingFence: 1 };

type Row = readonly [what: string, messages: readonly MarketMessage[], given: Partial<ExecutorContext>, does: string];

const rows: readonly Row[] = [
  ['a request', [request()], {}, ''],
  ['an award that is not confirmed', awarded, {}, ''],
  ['a confirmed award', accepted, {}, 'execute 1'],
  ['a confirmed award, and it is in no pool', accepted, { isInPool: false }, ''],
  ['an award whose provider works itself', own, {}, ''],
  ['its own award', own, { executorId: 'p', isInPool: false }, 'execute 1'],
  ['an award after its deadline', [request({ deadline: 1_999 }), ...accepted.slice(1)], {}, ''],
  ['an award on which another one works', running, {}, ''],
  ['an award that it has begun before it was restarted', running, { executorId: 'f' }, ''],
  ['an award that it works on', running, { ...work, executorId: 'f' }, ''],
  ['the next award while it works on the last', [...running, award(2, 'q')], work, 'stop 1'],
  ['the end of what it works on', [...running, gone], work, 'stop 1'],
  ['what it has done itself', done, { ...work, executorId: 'f' }, ''],
  ['what another has done first', done, work, 'stop 1'],
  ['what is over', done, {}, ''],
  ['what was taken back', [...accepted, gone], {}, ''],
  [
    'an award by who may not',
    [request(), award(1, 'p', { requesterId: 'x' }), response('p', 'ACCEPTED', { award: 1 })],
    {},
    '',
  ],
  ['a bare ACCEPTED where somebody awards', [request(), response('p', 'ACCEPTED')], {}, ''],
  [
    'the first ACCEPTED where nobody awards',
    [request({ awardedBy: null }), response('p', 'ACCEPTED')],
    {},
    'execute 1',
  ],
];

for (const [what, messages, given, does] of rows) {
  test(`to ${what} an executor does ${does === '' ? 'nothing' : does}`, () => {
    assert.deepEqual(decide(messages, given), does === '' ? [] : [does]);
  });
}

test('what is to be done comes with all that an executor needs', () => {
  const asked = request({ description: 'Do it', input: '[{"text":"x"}]', priority: 4, deadline: 9_000 });
  const { actions } = decideExecutor(threadOf([asked, ...accepted.slice(1)]), context);
  assert.deepEqual(actions, [
    {
      ...{ kind: 'execute', taskId: 't-1', fence: 1, idempotencyKey: 'award/t-1/1', providerId: 'p' },
      ...{ description: 'Do it', input: '[{"text":"x"}]', priority: 4, deadline: 9_000, sinceMs: 1_300 },
    },
  ]);
});

test('no stranger’s priority is beyond what ageing overtakes', () => {
  for (const [priority, bounded] of [
    [2_147_483_647, 10],
    [-5, 0],
  ] as const) {
    const [action] = decideExecutor(threadOf([request({ priority }), ...accepted.slice(1)]), context).actions;
    assert.equal(action?.kind === 'execute' && action.priority, bounded);
  }
});
