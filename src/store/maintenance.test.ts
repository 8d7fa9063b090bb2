import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, ParleyError, silentLogger } from '../base/index.ts';
import { createManualClock } from '../testing/index.ts';
import { startMaintenance } from './maintenance.ts';

test('a round goes on while there is more, then waits for the next second', async () => {
  const clock = createManualClock();
  const answers = [true, true, false, false];
  let batches = 0;
  const runBatch = async (): Promise<boolean> => answers[batches++] ?? false;
  const stop = startMaintenance({ clock, logger: silentLogger, runBatch });
  await clock.advance(999);
  assert.equal(batches, 0);
  await clock.advance(1);
  assert.equal(batches, 3);
  await clock.advance(1_000);
  assert.equal(batches, 4);
  stop();
  await clock.advance(5_000);
  assert.equal(batches, 4);
});

test('a round that fails is reported and does not end the rounds; a closed store is no news', async () => {
  const clock = createManualClock();
  const reports: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (_message, fields) => void reports.push(JSON.stringify(fields)),
  };
  const failures = [new ParleyError('STORE_FULL', 'no room'), new ParleyError('STORE_CLOSED', 'closed')];
  let batches = 0;
  const runBatch = (): Promise<boolean> => Promise.reject(failures[batches++]);
  const stop = startMaintenance({ clock, logger, runBatch });
  await clock.advance(1_000);
  await clock.advance(1_000);
  stop();
  assert.equal(batches, 2);
  assert.deepEqual(reports, ['{"code":"STORE_FULL","reason":"no room"}']);
});
