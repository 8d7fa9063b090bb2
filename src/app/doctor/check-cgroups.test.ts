import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkControlGroups } from './check-cgroups.ts';

test('what control groups there are is told, and that none is used', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'parley-cgroups-'));
  t.after(() => rmSync(root, { recursive: true }));
  const tell = async (): Promise<string> => (await checkControlGroups(root)).finding;
  assert.match(await tell(), /^Not used: .* none\.$/);
  mkdirSync(join(root, 'memory'));
  mkdirSync(join(root, 'cpu'));
  assert.match(await tell(), /^Not used: .* version 1, with cpu, memory\.$/);
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory pids\n');
  assert.match(await tell(), /^Not used: .* version 2, with cpu, memory, pids\.$/);
});
