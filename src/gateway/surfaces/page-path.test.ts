import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isApiPath, readPagePath } from './page-path.ts';

test('a path below the base names a file', () => {
  assert.deepEqual(readPagePath('/', '/'), { kind: 'file', name: '' });
  assert.deepEqual(readPagePath('/a%20b/c.js', '/'), { kind: 'file', name: 'a b/c.js' });
  assert.deepEqual(readPagePath('/app/x.js', '/app/'), { kind: 'file', name: 'x.js' });
  assert.deepEqual(readPagePath('/docs/', '/'), { kind: 'file', name: 'docs/' });
  assert.deepEqual(readPagePath('/.well-known/x', '/'), { kind: 'file', name: '.well-known/x' });
});

test('the base without its slash leads to the one with it', () => {
  assert.deepEqual(readPagePath('', '/'), { kind: 'redirect', path: '/' });
  assert.deepEqual(readPagePath('/app', '/app'), { kind: 'redirect', path: '/app/' });
});

test('what is outside the base, hidden, or leads elsewhere names none', () => {
  assert.equal(readPagePath('/apple', '/app'), undefined);
  const escapes = [
    '/..',
    '/../x',
    '/a/../../x',
    '/%2e%2e/x',
    '/a/%2e%2e%2fx',
    '/..%5cx',
    '/.env',
    '/a/.git/x',
    '//etc/x',
    '/%zz',
  ];
  for (const path of [...escapes, '/x%00', '/a//b', '/./x', '/.'])
    assert.equal(readPagePath(path, '/'), undefined, path);
});

test('the API is what lies below /api, and nothing that only begins like it', () => {
  assert.deepEqual(['/api', '/api/x', '/apis', '/x/api'].map(isApiPath), [true, true, false, false]);
});
