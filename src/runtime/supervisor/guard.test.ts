import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, deferred, silentLogger, systemClock } from '../../base/index.ts';
import { Guard, restartDelayMs } from './guard.ts';
import { ProcessGroup } from './process-group.ts';

function startSleeper(guard: Guard): Promise<ProcessGroup> {
  return ProcessGroup.start({
    command: '/bin/sh',
    args: ['-c', 'sleep 600 & wait'],
    cwd: '/',
    environment: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'ignore'],
    guard,
    clock: systemClock,
  });
}

test('the guard ends the groups that are registered when its pipe closes, and no others', {
  timeout: 20_000,
}, async () => {
  const guard = new Guard({ clock: systemClock, logger: silentLogger });
  await guard.start();
  const kept = await startSleeper(guard);
  const ended = await startSleeper(guard);
  guard.remove(kept.pid);
  await guard.stop();
  await ended.gone;
  assert.equal(kept.child.signalCode, null);
  await kept.end(1_000);
});

test('a guard that dies is started again and knows the groups', { timeout: 20_000 }, async () => {
  const again = deferred<void>();
  const clock: Clock = {
    now: () => 0,
    schedule(delayMs, run) {
      if (delayMs !== restartDelayMs) return () => {};
      run();
      again.resolve();
      return () => {};
    },
  };
  const guard = new Guard({ clock, logger: silentLogger });
  await guard.start();
  const first = guard.pid;
  assert.ok(first);
  const sleeper = await startSleeper(guard);
  process.kill(first, 'SIGKILL');
  await again.promise;
  assert.notEqual(guard.pid, first);
  await guard.stop();
  assert.equal((await sleeper.exited).signal, 'SIGTERM');
  await sleeper.gone;
});
