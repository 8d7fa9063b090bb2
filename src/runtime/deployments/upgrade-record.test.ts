import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upgradeRecord } from './upgrade-record.ts';

/** As version 0.1.0 wrote it. */
const stored = JSON.stringify({
  spec: {
    key: 'a-1',
    id: 'a-1',
    agentId: 'a',
    source: { kind: 'folder', path: '/a' },
    replicas: 3,
    restart: { mode: 'always', delayMs: 1, multiplier: 1, maxDelayMs: 1, maxRestarts: 1, windowMs: 1 },
    createdAtMs: 1,
  },
  agent: { id: 'a' },
  warnings: [],
  state: { status: 'stopped', installed: { folder: '/p', packageId: 'a@1.0.0', digest: 'd', warnings: [] } },
  changedAtMs: 2,
  turn: 1,
  version: 5,
});

test('a record of an earlier version gets what it lacks, and keeps what it has', () => {
  const record = upgradeRecord(JSON.parse(stored));
  assert.deepEqual(record.settings, { replicas: 3, weight: 1, enabled: true });
  assert.deepEqual([record.exclusive, record.state.served, record.version], [true, true, 5]);
  assert.deepEqual(
    [record.spec.strategy, record.spec.allowBuild, record.spec.limits.cpus],
    ['replace', false, undefined],
  );
  assert.equal('replicas' in record.spec, false);
});

test('a record as it is written now stays as it is', () => {
  const record = upgradeRecord(JSON.parse(stored));
  const changed = { ...record, exclusive: false, settings: { replicas: 1, weight: 0, enabled: false } };
  const asStored: unknown = JSON.parse(JSON.stringify(changed));
  const read = upgradeRecord(JSON.parse(JSON.stringify(changed)));
  assert.deepEqual(JSON.parse(JSON.stringify(read)), asStored);
});
