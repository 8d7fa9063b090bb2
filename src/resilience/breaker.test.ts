import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admit, type BreakerState, type CallVerdict, closedBreaker, type Passage, settle } from './breaker.ts';

const rule = { failures: 5, openMs: 300_000, probes: 1 };
const passing: Passage = { turn: undefined };

function fail(state: BreakerState, nowMs: number, passage: Passage = passing): BreakerState {
  return settle(state, { passage, verdict: 'failure', reason: 'it is gone', nowMs, turn: nowMs }, rule);
}

function failOften(count: number): BreakerState {
  let state: BreakerState = closedBreaker;
  for (let i = 0; i < count; i++) state = fail(state, i);
  return state;
}

test('five failures in a row open it for 300 s', () => {
  assert.equal(failOften(4).phase, 'closed');
  const open = failOften(5);
  assert.deepEqual([open.phase, open.phase === 'open' && open.untilMs], ['open', 300_004]);
  assert.equal(admit(open, 300_003, rule).passage, undefined);
  assert.notEqual(admit(open, 300_004, rule).passage, undefined);
});

test('a success in between begins the count anew', () => {
  const success = { passage: passing, verdict: 'success', reason: '', nowMs: 4, turn: 4 } as const;
  assert.equal(fail(settle(failOften(4), success, rule), 5).phase, 'closed');
});

test('half open lets one probe through, whose success closes it and whose failure opens it again', () => {
  const asked = admit(failOften(5), 400_000, rule);
  assert.ok(asked.passage);
  assert.equal(admit(asked.state, 400_001, rule).passage, undefined);
  const probe = { passage: asked.passage, reason: '', nowMs: 400_002, turn: 400_002 };
  assert.deepEqual(settle(asked.state, { ...probe, verdict: 'success' }, rule), closedBreaker);
  const again = fail(asked.state, 400_002, asked.passage);
  assert.equal(again.phase === 'open' && again.untilMs, 700_002);
});

test('a probe that says nothing gives its place to the next one', () => {
  const asked = admit(failOften(5), 400_000, rule);
  assert.ok(asked.passage);
  const probe = { passage: asked.passage, verdict: 'neither', reason: '', nowMs: 400_002, turn: 400_002 } as const;
  assert.notEqual(admit(settle(asked.state, probe, rule), 400_003, rule).passage, undefined);
});

test('what an operator opened without an end stays open', () => {
  const state: BreakerState = {
    ...{ phase: 'open', turn: 1, openedAtMs: 1, untilMs: undefined, by: 'operator', reason: 'by hand' },
  };
  assert.equal(admit(state, Number.MAX_SAFE_INTEGER, rule).passage, undefined);
});

/** One step of a run: time passes, a call asks, or one of the calls under way ends. */
type Step = { readonly waitMs: number } | 'ask' | { readonly ends: number; readonly verdict: CallVerdict };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ waitMs: fc.integer({ min: 1, max: 400_000 }) }),
    fc.constant('ask' as const),
    fc.constant('ask' as const),
    fc.record({ ends: fc.nat(20), verdict: fc.constantFrom<CallVerdict>('success', 'failure', 'failure', 'neither') }),
  ),
  { maxLength: 200 },
);

const rules: fc.Arbitrary<typeof rule> = fc.record({
  failures: fc.integer({ min: 1, max: 6 }),
  openMs: fc.integer({ min: 1, max: 300_000 }),
  probes: fc.integer({ min: 1, max: 3 }),
});

test('whatever happens: nothing passes before its time, no more probes than allowed, never stuck', () => {
  fc.assert(
    fc.property(steps, rules, (run, anyRule) => {
      const bench = createRun(anyRule);
      for (const step of run) bench.take(step);
      bench.finish();
    }),
    { numRuns: 500 },
  );
});

/** A breaker on a clock of its own, with what must hold at every step. */
function createRun(anyRule: typeof rule): { take(step: Step): void; finish(): void } {
  let nowMs = 0;
  let state: BreakerState = closedBreaker;
  let inARow = 0;
  const underWay: Passage[] = [];
  const end = (index: number, verdict: CallVerdict): void => {
    const [passage] = underWay.splice(index % underWay.length, 1);
    if (!passage) return;
    const before = state;
    state = settle(state, { passage, verdict, reason: 'x', nowMs, turn: nowMs }, anyRule);
    if (before.phase === 'closed' && passage.turn === undefined) {
      inARow = verdict === 'success' ? 0 : verdict === 'failure' ? inARow + 1 : inARow;
      assert.equal(state.phase, inARow >= anyRule.failures ? 'open' : 'closed');
    }
    if (state.phase !== 'closed') inARow = 0;
  };
  const ask = (): void => {
    const before = state;
    const asked = admit(state, nowMs, anyRule);
    state = asked.state;
    if (before.phase === 'open' && nowMs < (before.untilMs ?? 0)) assert.equal(asked.passage, undefined);
    if (before.phase === 'closed') assert.equal(asked.passage?.turn, undefined);
    if (state.phase === 'half-open') assert.ok(state.probing <= anyRule.probes);
    if (asked.passage) underWay.push(asked.passage);
  };
  return {
    take(step) {
      nowMs++;
      if (step === 'ask') ask();
      else if ('waitMs' in step) nowMs += step.waitMs;
      else if (underWay.length > 0) end(step.ends, step.verdict);
    },
    finish() {
      while (underWay.length > 0) end(0, 'neither');
      nowMs += anyRule.openMs + 1;
      assert.notEqual(admit(state, nowMs, anyRule).passage, undefined, 'once all have ended, a call may pass again');
    },
  };
}
