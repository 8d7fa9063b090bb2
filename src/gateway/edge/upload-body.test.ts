import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Clock } from '../../base/index.ts';
import { readUpload, UploadTime } from './upload-body.ts';

/** A clock whose timers run when the test says so. */
function createManualClock(): Clock & { pass(): void } {
  let timers: (() => void)[] = [];
  return {
    now: () => 0,
    schedule(_, run) {
      timers.push(run);
      return () => {
        timers = timers.filter((timer) => timer !== run);
      };
    },
    pass() {
      for (const run of timers.splice(0)) run();
    },
  };
}

test('the bytes come as they are sent, and who stops reading leaves the connection as it is', async () => {
  const body = new PassThrough();
  const chunks = readUpload(body, createManualClock());
  for (const text of ['a', 'b']) {
    body.write(text);
    assert.equal((await chunks.next()).value?.toString(), text);
  }
  await chunks.return();
  assert.equal(body.destroyed, false);
});

test('an upload that stands still is given up', async () => {
  const clock = createManualClock();
  const next = readUpload(new PassThrough(), clock).next();
  await Promise.resolve();
  clock.pass();
  await assert.rejects(next, { code: 'DEADLINE_EXCEEDED' });
});

test('an upload that is broken off says so', async () => {
  const body = new PassThrough();
  const next = readUpload(body, createManualClock()).next();
  body.destroy(new Error('aborted'));
  await assert.rejects(next, { code: 'CANCELED' });
});

test('what is no stream of bytes is refused', async () => {
  await assert.rejects(readUpload(Buffer.from('{}'), createManualClock()).next(), {
    code: 'CONTENT_TYPE_NOT_SUPPORTED',
  });
});

test('while uploads come in requests may take longer to arrive, and no longer than that', () => {
  const server = createServer();
  const time = new UploadTime(server, 30_000);
  const [end, endOther] = [time.begin(), time.begin()];
  assert.ok(server.requestTimeout > 60_000);
  end();
  assert.ok(server.requestTimeout > 60_000);
  endOther();
  assert.equal(server.requestTimeout, 30_000);
});
