import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Component, startAll, stopAll } from './lifecycle.ts';

function recorder(seen: string[], name: string, fails: { start?: boolean; stop?: boolean } = {}): Component {
  return {
    name,
    async start() {
      seen.push(`start ${name}`);
      if (fails.start) throw new Error(`${name} cannot start`);
    },
    async stop() {
      seen.push(`stop ${name}`);
      if (fails.stop) throw new Error(`${name} cannot stop`);
    },
  };
}

const never = new AbortController().signal;

test('components start in order and stop in reverse', async () => {
  const seen: string[] = [];
  const components = [recorder(seen, 'store'), recorder(seen, 'runtime'), recorder(seen, 'tasks')];
  await startAll(components);
  assert.deepEqual(await stopAll(components, never), []);
  assert.deepEqual(seen, ['start store', 'start runtime', 'start tasks', 'stop tasks', 'stop runtime', 'stop store']);
});

test('when one cannot start, those before it are stopped, it and those behind it are not', async () => {
  const seen: string[] = [];
  const components = [recorder(seen, 'store'), recorder(seen, 'runtime', { start: true }), recorder(seen, 'tasks')];
  await assert.rejects(startAll(components), { code: 'INTERNAL', message: 'runtime cannot start' });
  assert.deepEqual(seen, ['start store', 'start runtime', 'stop store']);
});

test('one that cannot stop does not keep the others from stopping, and is reported', async () => {
  const seen: string[] = [];
  const failures = await stopAll([recorder(seen, 'store'), recorder(seen, 'tasks', { stop: true })], never);
  assert.deepEqual(seen, ['stop tasks', 'stop store']);
  assert.deepEqual(
    failures.map((failure) => failure.message),
    ['tasks cannot stop'],
  );
});

test('one that does not end is left behind once its time is over, and is reported', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const seen: string[] = [];
  const stuck: Component = { ...recorder(seen, 'tasks'), stop: () => new Promise(() => {}) };
  const hurry = new AbortController();
  const stopped = stopAll([recorder(seen, 'store'), stuck], hurry.signal);
  t.mock.timers.tick(60_000);
  assert.deepEqual(seen, [], 'until it is told to hurry it has all the time that it needs');
  hurry.abort();
  t.mock.timers.tick(10_000);
  assert.deepEqual(
    (await stopped).map(({ code }) => code),
    ['DEADLINE_EXCEEDED'],
  );
  assert.deepEqual(seen, ['stop store']);
});
