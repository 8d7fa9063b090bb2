import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { createManualClock, type ManualClock } from '../../testing/index.ts';
import { LogWatch } from './log-watch.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly watch: LogWatch;
  readonly counts: { asked: number; back: number };
  /** How the log answers from now on. */
  set(answer: () => Promise<void>): void;
}

const away = (): Promise<void> => Promise.reject(new ParleyError('UNAVAILABLE', 'The log is away.'));
const never = (): Promise<void> => new Promise(() => {});

function createBench(context: TestContext): Bench {
  const [clock, counts] = [createManualClock(), { asked: 0, back: 0 }];
  let answer = (): Promise<void> => Promise.resolve();
  const check = (): Promise<void> => {
    counts.asked++;
    return answer();
  };
  const watch = new LogWatch({ check, onBack: () => void counts.back++, clock });
  context.after(() => watch.stop());
  return { clock, watch, counts, set: (next) => (answer = next) };
}

test('a log that answers is there from its first answer on, and is not asked twice a second', async (context) => {
  const { watch, clock, counts } = createBench(context);
  assert.equal(watch.sight.fromMs, Number.POSITIVE_INFINITY);
  await Promise.all([watch.ask(), watch.ask()]);
  assert.deepEqual(watch.sight, { heardAtMs: clock.now(), fromMs: clock.now() });
  await clock.advance(999);
  await watch.ask();
  assert.equal(counts.asked, 1);
  await clock.advance(1);
  await watch.ask();
  assert.deepEqual(counts, { asked: 2, back: 1 });
});

test('one that refuses is away until it answers, and those at its other end have time to come back', async (context) => {
  const { watch, clock, counts, set } = createBench(context);
  await watch.ask();
  set(away);
  await clock.advance(1_000);
  await watch.ask();
  assert.equal(watch.sight.fromMs, Number.POSITIVE_INFINITY);
  await clock.advance(60_000);
  assert.equal(watch.sight.fromMs, Number.POSITIVE_INFINITY);
  set(() => Promise.resolve());
  await clock.advance(500);
  assert.deepEqual(watch.sight, { heardAtMs: clock.now(), fromMs: clock.now() + 15_000 });
  assert.equal(counts.back, 2);
});

test('one that hangs is away after two seconds, and nobody waits for it longer', async (context) => {
  const { watch, clock, set } = createBench(context);
  await watch.ask();
  const { promise, resolve } = Promise.withResolvers<void>();
  set(() => promise);
  await clock.advance(1_000);
  const asked = watch.ask();
  await clock.advance(1_999);
  assert.notEqual(watch.sight.fromMs, Number.POSITIVE_INFINITY);
  await clock.advance(1);
  await asked;
  assert.equal(watch.sight.fromMs, Number.POSITIVE_INFINITY);
  await watch.ask();
  resolve();
  await clock.advance(0);
  assert.equal(watch.sight.heardAtMs, clock.now());
});

test('a log that takes a record is there', async (context) => {
  const { watch, clock, counts, set } = createBench(context);
  set(never);
  void watch.ask();
  await clock.advance(2_000);
  watch.heard();
  assert.deepEqual(watch.sight, { heardAtMs: clock.now(), fromMs: clock.now() });
  assert.equal(counts.back, 1);
});

test('whoever asks when the node stops is not kept', async (context) => {
  const { watch, set } = createBench(context);
  set(never);
  const asked = watch.ask();
  await watch.stop();
  await asked;
});
