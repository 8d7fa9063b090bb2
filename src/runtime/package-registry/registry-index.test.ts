import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRegistryIndex } from './registry-index.ts';

const sha256 = 'A'.repeat(64);
const base = 'https://user:pass@example.com/registry/index.json?token=1';

function parse(...packages: unknown[]): ReturnType<typeof parseRegistryIndex> {
  return parseRegistryIndex(JSON.stringify({ packages }), base);
}

test('addresses are relative to the index, and a signature is kept as its text', () => {
  const { entries, problems } = parse(
    { name: 'mine', version: '1.0.0', url: 'mine-1.0.0.apkg', sha256 },
    { name: 'mine', version: '1.1.0', url: 'https://elsewhere.example/m.apkg', sha256, signature: { keyId: 'k' } },
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(entries, [
    {
      name: 'mine',
      version: '1.0.0',
      source: { kind: 'url', url: 'https://user:pass@example.com/registry/mine-1.0.0.apkg' },
      sha256: 'a'.repeat(64),
      signature: undefined,
    },
    {
      name: 'mine',
      version: '1.1.0',
      source: { kind: 'url', url: 'https://elsewhere.example/m.apkg' },
      sha256: 'a'.repeat(64),
      signature: '{"keyId":"k"}',
    },
  ]);
});

test('an entry that is none is left out by its number, and the others are kept', () => {
  const good = { name: 'mine', version: '1.0.0', url: 'm.apkg', sha256 };
  const bad = [
    null,
    'mine',
    { ...good, name: '../up' },
    { ...good, version: '' },
    { ...good, sha256: 'abc' },
    { ...good, url: 'file:///etc/passwd' },
    { ...good, url: undefined },
  ];
  const { entries, problems } = parse(...bad, good);
  assert.equal(entries.length, 1);
  assert.equal(problems.length, bad.length);
  assert.match(problems[5] ?? '', /packages\[5\] is left out: its url is no http address/);
});

test('what is no index, or too long, is refused', () => {
  for (const text of ['', '[]', '{}', '{"packages":{}}', '<html>']) {
    assert.throws(() => parseRegistryIndex(text, base), { code: 'VALIDATION_FAILED' }, text);
  }
  assert.throws(() => parse(...Array.from({ length: 10_001 }, () => 1)), { code: 'VALIDATION_FAILED' });
});
