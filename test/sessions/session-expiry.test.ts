import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, hasCode, systemClock } from '../../src/base/index.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createExecution, openSessions } from './session-fixture.ts';

const minute = 60_000;
const signal = new AbortController().signal;

test(
  'a session ends when nobody has used it for 90 minutes, and each use begins them anew',
  requires('python3'),
  async (t) => {
    const manual = createManualClock();
    // What waits for processes of this machine takes real time.
    const clock: Clock = {
      now: () => manual.now(),
      schedule: (delayMs, run) => (delayMs < minute ? systemClock : manual).schedule(delayMs, run),
    };
    const sessions = await openSessions(t, { clock, idleMs: 90 * minute });
    await sessions.execute(createExecution('x = 1'), () => undefined);
    await manual.advance(89 * minute);
    const { createdAtMs, lastAccessedAtMs } = await sessions.readState('s', signal);
    assert.equal(lastAccessedAtMs - createdAtMs, 89 * minute);
    await manual.advance(89 * minute);
    assert.equal((await sessions.execute(createExecution('y = x'), () => undefined)).error, undefined);
    await manual.advance(91 * minute);
    await waitUntil('the session is gone', () =>
      sessions.readState('s', signal).then(
        () => false,
        (thrown: unknown) => hasCode(thrown, 'NOT_FOUND'),
      ),
    );
  },
);
