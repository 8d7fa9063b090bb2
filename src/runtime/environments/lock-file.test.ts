import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { readLockFile } from './lock-file.ts';

function lock(entry: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'a' }, 'node_modules/b': entry } });
}

test('modules from a registry and from files of the package are taken', () => {
  assert.deepEqual(readLockFile(lock({ resolved: 'https://example.com/b-1.0.0.tgz' }), 'a@1').files, []);
  assert.deepEqual(readLockFile(lock({ resolved: 'file:vendor/b.tgz' }), 'a@1').files, ['vendor/b.tgz']);
});

test('repositories, folders, files outside and what is no lock file are refused', () => {
  const texts = [
    lock({ resolved: 'git+ssh://git@example.com/b.git#00' }),
    lock({ resolved: 'b', link: true }),
    lock({ resolved: 'file:../b.tgz' }),
    lock({ resolved: 'file:/tmp/b.tgz' }),
    'no lock',
    '{"lockfileVersion": 1, "dependencies": {}}',
  ];
  for (const text of texts)
    assert.throws(
      () => readLockFile(text, 'a@1'),
      (thrown) => hasCode(thrown, 'ENVIRONMENT_FAILED'),
    );
});
