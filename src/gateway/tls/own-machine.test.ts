import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFromThisMachine } from './own-machine.ts';

test('a caller over loopback, or over an address that both ends have, is on this machine; any other is not', () => {
  const ends = (remoteAddress: string | undefined, localAddress: string): boolean =>
    isFromThisMachine({ remoteAddress, localAddress });
  assert.ok(ends('127.0.0.1', '127.0.0.1'));
  assert.ok(ends('::1', '::1'));
  assert.ok(ends('::ffff:127.0.0.5', '::ffff:127.0.0.1'));
  assert.ok(ends('192.0.2.7', '192.0.2.7'));
  assert.ok(!ends('192.0.2.8', '192.0.2.7'));
  assert.ok(!ends('::ffff:192.0.2.8', '::ffff:192.0.2.7'));
  assert.ok(!ends('fe80::1', '::1'));
  assert.ok(!ends(undefined, '127.0.0.1'));
});
