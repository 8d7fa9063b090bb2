import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveLimits } from './resolve-limits.ts';

const none = { memoryBytes: undefined, cpus: undefined };

test('a deploy request wins over what the package and the settings say', () => {
  const limits = resolveLimits({
    asked: { memoryBytes: 900, cpus: 3 },
    manifest: { memoryBytes: 100, cpus: 1 },
    settings: { memoryBytes: 200, cpus: 2 },
  });
  assert.deepEqual(limits, { memoryBytes: 900, cpus: 3 });
});

test('a package may lower what the settings say, and not raise it', () => {
  const settings = { memoryBytes: 200, cpus: 2 };
  const lowered = resolveLimits({ asked: none, manifest: { memoryBytes: 100, cpus: 1 }, settings });
  assert.deepEqual(lowered, { memoryBytes: 100, cpus: 1 });
  const raised = resolveLimits({ asked: none, manifest: { memoryBytes: 300, cpus: 4 }, settings });
  assert.deepEqual(raised, settings);
});

test('each limit comes from whoever has one', () => {
  const limits = resolveLimits({ asked: none, manifest: { memoryBytes: 100 }, settings: { ...none, cpus: 2 } });
  assert.deepEqual(limits, { memoryBytes: 100, cpus: 2 });
  assert.deepEqual(resolveLimits({ asked: none, manifest: {}, settings: none }), none);
});
