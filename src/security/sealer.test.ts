import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSealer } from './sealer.ts';

test('a sealed text is opened under its key, shows nothing, and is never the same twice', () => {
  const sealer = createSealer('key');
  for (const text of ['', 'hunter2', 'ключ 🔑', 'x'.repeat(100_000)]) {
    const sealed = sealer.seal(text);
    assert.equal(sealer.open(sealed), text);
    assert.notEqual(sealer.seal(text), sealed);
  }
  assert.ok(!sealer.seal('hunter2').includes('hunter2'));
});

test('an altered, cut or foreign sealed text is refused', () => {
  const sealer = createSealer('key');
  const sealed = sealer.seal('hunter2');
  const altered = sealed.slice(0, 10) + (sealed[10] === 'A' ? 'B' : 'A') + sealed.slice(11);
  for (const bad of ['', 'ps1.', sealed.slice(0, 20), altered, createSealer('other').seal('hunter2')]) {
    assert.throws(() => sealer.open(bad), { code: 'CONFIG_INVALID' });
  }
});
