import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { findReachable } from './find-reachable.ts';

const uids = { mode: 'auto', first: 50_000, count: 10 } as const;

test('the first command in PATH that others may run is found, links included', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'parley-reach-'));
  t.after(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  const [closed, linked, open] = ['closed', 'linked', 'open'].map((name) => join(root, name));
  assert.ok(closed && linked && open);
  for (const folder of [closed, linked, open]) mkdirSync(folder);
  for (const folder of [closed, open]) writeFileSync(join(folder, 'snake'), '', { mode: 0o755 });
  symlinkSync(join(closed, 'snake'), join(linked, 'snake'));
  chmodSync(closed, 0o700);
  const path = [closed, linked, open].join(delimiter);
  assert.equal(findReachable('snake', path, uids), join(open, 'snake'));
  chmodSync(join(open, 'snake'), 0o700);
  assert.equal(findReachable('snake', path, uids), 'snake');
  chmodSync(closed, 0o755);
  assert.equal(findReachable('snake', path, uids), join(closed, 'snake'));
});

test('a path is taken as it stands', () => {
  assert.equal(findReachable('/no/such/python', '/usr/bin', uids), '/no/such/python');
});
